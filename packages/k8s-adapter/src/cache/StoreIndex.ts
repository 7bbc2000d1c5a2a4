/**
 * Objects of one kind by namespace and name, with an index for each label that was listed by. It corresponds to
 * client-go's `Indexer`.
 */
import { ObjectMeta } from "@portolan/planner"
import { namespacedName } from "./Names.ts"

export interface Selection {
  readonly namespace?: string
  readonly labels?: ObjectMeta.LabelSelector
}

export interface StoreIndex {
  readonly get: (namespace: string, name: string) => ObjectMeta.KubernetesObject | undefined
  /** Adds an object, or replaces the one of the same name. Returns its argument. */
  readonly put: (object: ObjectMeta.KubernetesObject) => ObjectMeta.KubernetesObject
  readonly remove: (object: ObjectMeta.KubernetesObject) => void
  /** In order of namespace and name. The first list by a label builds the index of that label. */
  readonly list: (selection: Selection) => ReadonlyArray<ObjectMeta.KubernetesObject>
}

/**
 * Called after every `put` and `remove` with the new state, which is `undefined` after a removal, and the state before.
 * It must not throw.
 */
export type OnChange = (
  object: ObjectMeta.KubernetesObject | undefined,
  previous: ObjectMeta.KubernetesObject | undefined
) => void

type Objects = Map<string, ObjectMeta.KubernetesObject>

export const make = (onChange: OnChange = () => undefined): StoreIndex => {
  const namespaces = new Map<string, Objects>()
  /** Label → value → objects. */
  const labelIndexes = new Map<string, Map<string, Objects>>()

  const index = (label: string, byValue: Map<string, Objects>, object: ObjectMeta.KubernetesObject) => {
    const value = object.metadata.labels?.[label]
    if (value !== undefined) groupOf(byValue, value).set(namespacedName(object), object)
  }
  const unindex = (object: ObjectMeta.KubernetesObject) => {
    for (const [label, byValue] of labelIndexes) {
      removeFrom(byValue, object.metadata.labels?.[label] ?? "", namespacedName(object))
    }
  }
  const get = (namespace: string, name: string) => namespaces.get(namespace)?.get(name)
  const indexOf = (label: string): Map<string, Objects> => {
    const existing = labelIndexes.get(label)
    if (existing !== undefined) return existing
    const byValue = new Map<string, Objects>()
    for (const objects of namespaces.values()) for (const object of objects.values()) index(label, byValue, object)
    labelIndexes.set(label, byValue)
    return byValue
  }
  return {
    get,
    put: (object) => {
      const previous = get(object.metadata.namespace ?? "", object.metadata.name)
      if (previous !== undefined) unindex(previous)
      groupOf(namespaces, object.metadata.namespace ?? "").set(object.metadata.name, object)
      for (const [label, byValue] of labelIndexes) index(label, byValue, object)
      onChange(object, previous)
      return object
    },
    remove: (object) => {
      unindex(object)
      removeFrom(namespaces, object.metadata.namespace ?? "", object.metadata.name)
      onChange(undefined, object)
    },
    list: ({ labels = {}, namespace }) => {
      const indexed = Object.entries(labels).find((pair): pair is [string, string] => pair[1] !== true)
      const candidates =
        indexed !== undefined
          ? [...(indexOf(indexed[0]).get(indexed[1])?.values() ?? [])]
          : namespace !== undefined
            ? [...(namespaces.get(namespace)?.values() ?? [])]
            : [...namespaces.values()].flatMap((objects) => [...objects.values()])
      return candidates
        .filter(
          ({ metadata }) =>
            (namespace === undefined || (metadata.namespace ?? "") === namespace) &&
            ObjectMeta.selects(labels, metadata.labels)
        )
        .sort(byName)
    }
  }
}

const groupOf = (groups: Map<string, Objects>, key: string): Objects => {
  const objects = groups.get(key) ?? new Map<string, ObjectMeta.KubernetesObject>()
  groups.set(key, objects)
  return objects
}

const removeFrom = (groups: Map<string, Objects>, key: string, name: string): void => {
  const objects = groups.get(key)
  objects?.delete(name)
  if (objects?.size === 0) groups.delete(key)
}

const byName = (left: ObjectMeta.KubernetesObject, right: ObjectMeta.KubernetesObject): number =>
  compare(left.metadata.namespace ?? "", right.metadata.namespace ?? "") ||
  compare(left.metadata.name, right.metadata.name)

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
