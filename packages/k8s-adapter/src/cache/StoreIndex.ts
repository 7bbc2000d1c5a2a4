/** Objects of one kind by namespace and name, and by those labels that someone asked for. */
import { ObjectMeta } from "@portolan/planner"

export interface Selection {
  readonly namespace?: string
  readonly labels?: ObjectMeta.LabelSelector
}

export interface StoreIndex {
  readonly get: (namespace: string, name: string) => ObjectMeta.KubernetesObject | undefined
  readonly put: (object: ObjectMeta.KubernetesObject) => ObjectMeta.KubernetesObject
  readonly remove: (object: ObjectMeta.KubernetesObject) => void
  /** In order of namespace and name. The first question about a label builds its index; later ones are cheap. */
  readonly list: (selection: Selection) => ReadonlyArray<ObjectMeta.KubernetesObject>
}

/** Told of every object that is put or removed, as it is now and as it was; it must not fail. */
export type Changed = (
  object: ObjectMeta.KubernetesObject | undefined,
  previous: ObjectMeta.KubernetesObject | undefined
) => void

type Objects = Map<string, ObjectMeta.KubernetesObject>

export const make = (changed: Changed = () => undefined): StoreIndex => {
  const namespaces = new Map<string, Objects>()
  const labels = new Map<string, Map<string, Objects>>()

  const label = (label: string, byValue: Map<string, Objects>, object: ObjectMeta.KubernetesObject) => {
    const value = object.metadata.labels?.[label]
    if (value !== undefined) under(byValue, value).set(fullName(object), object)
  }
  const unlabel = (object: ObjectMeta.KubernetesObject) => {
    for (const [label, byValue] of labels) drop(byValue, object.metadata.labels?.[label] ?? "", fullName(object))
  }
  const get = (namespace: string, name: string) => namespaces.get(namespace)?.get(name)
  const indexed = (wanted: string): Map<string, Objects> => {
    const known = labels.get(wanted)
    if (known !== undefined) return known
    const byValue = new Map<string, Objects>()
    for (const objects of namespaces.values()) for (const object of objects.values()) label(wanted, byValue, object)
    labels.set(wanted, byValue)
    return byValue
  }
  return {
    get,
    put: (object) => {
      const known = get(object.metadata.namespace ?? "", object.metadata.name)
      if (known !== undefined) unlabel(known)
      under(namespaces, object.metadata.namespace ?? "").set(object.metadata.name, object)
      for (const [wanted, byValue] of labels) label(wanted, byValue, object)
      changed(object, known)
      return object
    },
    remove: (object) => {
      unlabel(object)
      drop(namespaces, object.metadata.namespace ?? "", object.metadata.name)
      changed(undefined, object)
    },
    list: ({ labels: wanted = {}, namespace }) => {
      const first = Object.entries(wanted).find((pair): pair is [string, string] => pair[1] !== true)
      const candidates =
        first !== undefined
          ? [...(indexed(first[0]).get(first[1])?.values() ?? [])]
          : namespace !== undefined
            ? [...(namespaces.get(namespace)?.values() ?? [])]
            : [...namespaces.values()].flatMap((objects) => [...objects.values()])
      return candidates
        .filter(
          ({ metadata }) =>
            (namespace === undefined || (metadata.namespace ?? "") === namespace) &&
            ObjectMeta.selects(wanted, metadata.labels)
        )
        .sort(byName)
    }
  }
}

const under = (map: Map<string, Objects>, key: string): Objects => {
  const objects = map.get(key) ?? new Map<string, ObjectMeta.KubernetesObject>()
  map.set(key, objects)
  return objects
}

const drop = (map: Map<string, Objects>, key: string, name: string): void => {
  const objects = map.get(key)
  objects?.delete(name)
  if (objects?.size === 0) map.delete(key)
}

const fullName = ({ metadata }: ObjectMeta.KubernetesObject): string => `${metadata.namespace ?? ""}/${metadata.name}`

const byName = (left: ObjectMeta.KubernetesObject, right: ObjectMeta.KubernetesObject): number =>
  compare(left.metadata.namespace ?? "", right.metadata.namespace ?? "") ||
  compare(left.metadata.name, right.metadata.name)

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
