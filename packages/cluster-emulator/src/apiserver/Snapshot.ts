/** The state of an API server as JSON, so that a later process can continue with it. */
import type { Json, JsonObject } from "./Json.ts"
import { at, isArray, isObject, objectOf, stringsOf } from "./Json.ts"
import { Kinds } from "./Kinds.ts"
import { isKubernetesObject } from "./KubernetesObject.ts"
import type { Stored } from "./Storage.ts"
import { Storage } from "./Storage.ts"

/** Everything but the history: watches and continue tokens from before the snapshot expire. */
export interface Snapshot {
  readonly apiVersion: typeof API_VERSION
  readonly kind: typeof KIND
  /** The resource version of the latest write. */
  readonly resourceVersion: string
  /** How many uids and name suffixes the server has generated. */
  readonly generated: Generated
  /** The uids of stored objects that the next write changes even when its request does not. */
  readonly nonCanonical: ReadonlyArray<string>
  /** The stored objects in their storage version, by resource: `pods`, `statefulsets.apps`. */
  readonly objects: { readonly [resource: string]: ReadonlyArray<Stored> }
}

export interface Generated {
  uids: number
  suffixes: number
}

/** The parts of a server that a snapshot holds. */
export interface Parts {
  readonly storage: Storage
  readonly kinds: Kinds
  readonly generated: Generated
  readonly nonCanonical: WeakSet<Stored>
}

const API_VERSION = "cluster-emulator/v1"
const KIND = "ClusterState"

export const take = ({ generated, nonCanonical, storage }: Omit<Parts, "kinds">): Snapshot => {
  const contents = [...storage.contents()].filter(([, objects]) => objects.length > 0)
  const all = contents.flatMap(([, objects]) => objects)
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    resourceVersion: `${storage.revision}`,
    generated: { ...generated },
    nonCanonical: all.filter((object) => nonCanonical.has(object)).map(({ metadata }) => metadata.uid),
    objects: Object.fromEntries(contents.map(([key, objects]) => [resourceOf(key), objects]))
  }
}

export const restore = (snapshot: Snapshot, historyCapacity: number): Parts => {
  const entries = Object.entries(snapshot.objects)
  const contents = new Map(entries.map(([resource, objects]) => [storageKeyOf(resource), objects]))
  const kinds = new Kinds()
  for (const definition of snapshot.objects["customresourcedefinitions.apiextensions.k8s.io"] ?? []) {
    kinds.install(definition)
  }
  const uids = new Set(snapshot.nonCanonical)
  const all = entries.flatMap(([, objects]) => objects)
  return {
    storage: Storage.restore(historyCapacity, Number(snapshot.resourceVersion), contents),
    kinds,
    generated: { ...snapshot.generated },
    nonCanonical: new WeakSet(all.filter(({ metadata }) => uids.has(metadata.uid)))
  }
}

/** Checks that JSON is a snapshot. Throws an `Error` that names the field that is wrong. */
export const parse = (json: Json): Snapshot => {
  if (!isObject(json) || json.kind !== KIND) throw new Error(`not a saved cluster: kind is not "${KIND}"`)
  if (json.apiVersion !== API_VERSION) {
    throw new Error(`apiVersion: ${JSON.stringify(json.apiVersion ?? null)} is not supported (want "${API_VERSION}")`)
  }
  const { resourceVersion } = json
  if (typeof resourceVersion !== "string" || !/^[1-9]\d{0,14}$/u.test(resourceVersion)) {
    throw new Error("resourceVersion: must be a positive integer, as a string")
  }
  const objects = Object.entries(objectOf(json.objects)).map(([resource, list]) => [
    resource,
    objectsOf(`objects["${resource}"]`, list)
  ])
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    resourceVersion,
    generated: { uids: countOf(json, "uids"), suffixes: countOf(json, "suffixes") },
    nonCanonical: stringsOf(json.nonCanonical),
    objects: Object.fromEntries(objects)
  }
}

const countOf = (json: JsonObject, field: string): number => {
  const count = at(json, "generated", field)
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw new Error(`generated.${field}: must be a count`)
  }
  return count
}

const objectsOf = (field: string, list: Json): ReadonlyArray<Stored> => {
  if (!isArray(list)) throw new Error(`${field}: must be a list`)
  return list.map((object, index) => {
    if (isObject(object) && isKubernetesObject(object)) return object
    throw new Error(`${field}[${index}]: must be an object with apiVersion, kind, name, uid and resourceVersion`)
  })
}

/** `apps/statefulsets` → `statefulsets.apps`, `/pods` → `pods`. */
const resourceOf = (key: string): string => {
  const [group = "", plural = ""] = key.split("/")
  return group === "" ? plural : `${plural}.${group}`
}

const storageKeyOf = (resource: string): string => {
  const [plural = "", ...group] = resource.split(".")
  return `${group.join(".")}/${plural}`
}
