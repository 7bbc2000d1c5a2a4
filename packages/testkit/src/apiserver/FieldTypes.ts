/**
 * How values merge: which lists are maps or sets, which maps are one value, and how a list item is named.
 */
import type { Json, JsonObject } from "./Json.ts"
import { canonical, isObject, own } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"

/** Field names from the root; list items do not show in it. */
export type Path = ReadonlyArray<string>

export type ListType =
  | { readonly type: "map"; readonly keys: ReadonlyArray<string>; readonly keyDefaults?: JsonObject }
  | { readonly type: "set" }
  | { readonly type: "atomic" }

export interface FieldTypes {
  readonly list: (path: Path) => ListType
  readonly isAtomicMap: (path: Path) => boolean
}

export const typesOf = (kind: ServedKind): FieldTypes => (kind.custom === undefined ? builtIn : customTypes(kind))

const atomic: ListType = { type: "atomic" }
const set: ListType = { type: "set" }
const mapBy = (...keys: ReadonlyArray<string>): ListType => ({ type: "map", keys })
const tcp = { protocol: "TCP" }

/** Merging lists of built-in kinds by field name; all others are one value. */
const builtInLists: { readonly [field: string]: ListType } = {
  conditions: mapBy("type"),
  containers: mapBy("name"),
  env: mapBy("name"),
  ephemeralContainers: mapBy("name"),
  finalizers: set,
  hostAliases: mapBy("ip"),
  imagePullSecrets: mapBy("name"),
  initContainers: mapBy("name"),
  ownerReferences: mapBy("uid"),
  podIPs: mapBy("ip"),
  resourceClaims: mapBy("name"),
  schedulingGates: mapBy("name"),
  secrets: mapBy("name"),
  topologySpreadConstraints: mapBy("topologyKey", "whenUnsatisfiable"),
  volumeDevices: mapBy("devicePath"),
  volumeMounts: mapBy("mountPath"),
  volumes: mapBy("name")
}

const servicePorts: ListType = { type: "map", keys: ["port", "protocol"], keyDefaults: tcp }
const containerPorts: ListType = { type: "map", keys: ["containerPort", "protocol"], keyDefaults: tcp }

const builtInList = (path: Path): ListType => {
  const field = path[path.length - 1] ?? ""
  if (field === "ports") {
    if (path.length === 2) return servicePorts
    return path[path.length - 2]?.toLowerCase().endsWith("containers") === true ? containerPorts : atomic
  }
  if (field === "finalizers" && path[0] === "spec") return atomic
  return Object.hasOwn(builtInLists, field) ? (builtInLists[field] ?? atomic) : atomic
}

const atomicMaps = new Set([
  "claimRef",
  "configMapKeyRef",
  "dataSource",
  "fieldRef",
  "fileKeyRef",
  "involvedObject",
  "labelSelector",
  "namespaceSelector",
  "nodeSelector",
  "preference",
  "related",
  "resourceFieldRef",
  "secretKeyRef",
  "selector",
  // Items of lists by key that are one value each.
  "imagePullSecrets",
  "ownerReferences",
  "secrets"
])

/** How values of every built-in kind merge. */
export const builtIn: FieldTypes = {
  list: builtInList,
  isAtomicMap: (path) => {
    const field = path[path.length - 1] ?? ""
    return atomicMaps.has(field) || (field === "required" && path.includes("nodeAffinity"))
  }
}

const customTypes = (kind: ServedKind): FieldTypes => ({
  list: (path) => {
    if (path[0] === "metadata") return builtInList(path)
    return kind.custom?.schema.listMapKeys(path) ?? atomic
  },
  isAtomicMap: (path) =>
    path[0] === "metadata"
      ? path[path.length - 1] === "ownerReferences"
      : kind.custom?.schema.isAtomicMap(path) === true
})

/** How `fieldsV1` names an item of a list; `undefined` when the item has no such name. */
export const elementOf = (type: ListType, item: Json): string | undefined => {
  if (type.type === "set") return `v:${JSON.stringify(item)}`
  if (type.type === "atomic" || !isObject(item)) return undefined
  const keys: Record<string, Json> = {}
  for (const key of type.keys) {
    const value = own(item, key) ?? type.keyDefaults?.[key]
    if (value !== undefined) keys[key] = value
  }
  return `k:${canonical(keys)}`
}
