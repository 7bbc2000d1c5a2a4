/**
 * The typed schema of `structured-merge-diff`: the types of an object's fields, and how they merge.
 *
 * Field ownership depends on it: which lists are associative (`listType` map or set), which maps are atomic, and which
 * fields are declared.
 */
import type { Type } from "./BuiltInFields.ts"
import * as BuiltInFields from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { canonical, isArray, isObject } from "./Json.ts"

export type Shape = ListShape | MapShape | Scalar | Untyped

/** A field without schema. Maps in it are granular, lists are atomic. */
interface Untyped {
  readonly _tag: "Untyped"
}

interface Scalar {
  readonly _tag: "Scalar"
  readonly is: "any scalar" | "boolean" | "numeric" | "string"
}

export interface MapShape {
  readonly _tag: "Map"
  /** `mapType: atomic`: the map has one owner. */
  readonly isAtomic: boolean
  /** The shape of a declared field. */
  readonly named: (name: string) => Shape | undefined
  /** The shape of all other fields; absent when no others are allowed. */
  readonly others?: Shape
}

export interface ListShape {
  readonly _tag: "List"
  readonly list: ListType
  readonly items: Shape
}

/** `listType`: items are identified by their keys, by their value, or not at all. */
export type ListType =
  | { readonly type: "map"; readonly keys: ReadonlyArray<string>; readonly keyDefaults?: JsonObject }
  | { readonly type: "set" }
  /** `patchMergeKey`: a strategic merge patch merges items by this key, although server-side apply does not. */
  | { readonly type: "atomic"; readonly patchKey?: string }

export const untyped: Shape = { _tag: "Untyped" }

export const scalar = (is: Scalar["is"]): Shape => ({ _tag: "Scalar", is })

const atomicList: ListShape = { _tag: "List", list: { type: "atomic" }, items: untyped }
const freeMap: MapShape = { _tag: "Map", isAtomic: false, named: () => undefined, others: untyped }

/** The shape of a value. Without a schema, the value decides. */
export const at = (shape: Shape, value: Json | undefined): Exclude<Shape, Untyped> => {
  if (shape._tag !== "Untyped") return shape
  if (isArray(value)) return atomicList
  return isObject(value) || value === null ? freeMap : { _tag: "Scalar", is: "any scalar" }
}

/** The shape of a field; untyped when neither declared nor covered by `others`. */
export const fieldOf = (map: MapShape, name: string): Shape => map.named(name) ?? map.others ?? untyped

/** The `fieldsV1` path element of a list item; `undefined` for atomic lists. A key that is `null` is not defaulted. */
export const elementOf = (type: ListType, item: Json): string | undefined => {
  if (type.type === "set") return `v:${JSON.stringify(item)}`
  if (type.type === "atomic" || !isObject(item)) return undefined
  const keys: Record<string, Json> = {}
  for (const key of type.keys) {
    const value = Object.hasOwn(item, key) ? item[key] : type.keyDefaults?.[key]
    if (value !== undefined) keys[key] = value
  }
  return `k:${canonical(keys)}`
}

/** The part of a served kind that decides its shape. */
export interface ShapedKind extends BuiltInFields.KindName {
  readonly custom?: { readonly schema: { readonly shape: Shape } }
}

/** The shape of the objects of a kind. */
export const ofKind = (kind: ShapedKind): Shape => {
  if (kind.custom !== undefined) return kind.custom.schema.shape
  const struct = BuiltInFields.structOf(kind)
  return struct === undefined ? untyped : ofStruct(struct)
}

/** The shape of a struct of `BuiltInFields`. */
export const ofStruct = (struct: string): MapShape => {
  const memoized = structs.get(struct)
  if (memoized !== undefined) return memoized
  const fields = BuiltInFields.fieldsOf(struct)
  const shapes = new Map<string, Shape>()
  const shape: MapShape = {
    _tag: "Map",
    isAtomic: atomicStructs.has(struct),
    named: (name) => {
      const field = fields.get(name)
      if (field !== undefined && !shapes.has(name)) shapes.set(name, ofField(field.type, `${struct}.${name}`))
      return shapes.get(name)
    }
  }
  structs.set(struct, shape)
  return shape
}

const structs = new Map<string, MapShape>()

const ofField = (type: Type, path: string): Shape => {
  switch (type._tag) {
    case "Any":
      return untyped
    case "Struct":
      return ofStruct(type.struct)
    case "List":
      return { _tag: "List", list: lists[path] ?? { type: "atomic" }, items: ofField(type.of, path) }
    case "Map":
      return { _tag: "Map", isAtomic: atomicMaps.has(path), named: () => undefined, others: ofField(type.of, path) }
    case "Bool":
      return scalar("boolean")
    case "Integer":
      return scalar("numeric")
    case "Bytes":
    case "String":
      return scalar("string")
    default:
      return scalar("any scalar")
  }
}

/** Structs with `structType: atomic`: references and selectors. */
const atomicStructs = new Set([
  "ConfigMapKeySelector",
  "FileKeySelector",
  "LabelSelector",
  "LocalObjectReference",
  "NodeSelector",
  "NodeSelectorTerm",
  "ObjectFieldSelector",
  "ObjectReference",
  "OwnerReference",
  "ResourceFieldSelector",
  "SecretKeySelector",
  "SecretReference",
  "TypedLocalObjectReference"
])

const atomicMaps = new Set(["PodSpec.nodeSelector", "ServiceSpec.selector"])

const set: ListType = { type: "set" }
const mapBy = (...keys: ReadonlyArray<string>): ListType => ({ type: "map", keys })
const mapByPortAndProtocol = (key: string): ListType => ({
  type: "map",
  keys: [key, "protocol"],
  keyDefaults: { protocol: "TCP" }
})
const atomicPatchedBy = (patchKey: string): ListType => ({ type: "atomic", patchKey })

const containerLists = (struct: string): { readonly [path: string]: ListType } => ({
  [`${struct}.env`]: mapBy("name"),
  [`${struct}.ports`]: mapByPortAndProtocol("containerPort"),
  [`${struct}.volumeDevices`]: mapBy("devicePath"),
  [`${struct}.volumeMounts`]: mapBy("mountPath")
})

/** The associative lists. All other lists are atomic. */
const lists: { readonly [path: string]: ListType } = {
  ...containerLists("Container"),
  ...containerLists("EphemeralContainer"),
  "ContainerStatus.allocatedResourcesStatus": mapBy("name"),
  "ContainerStatus.volumeMounts": mapBy("mountPath"),
  "JobStatus.conditions": atomicPatchedBy("type"),
  "NamespaceStatus.conditions": mapBy("type"),
  "ObjectMeta.finalizers": set,
  "ObjectMeta.ownerReferences": mapBy("uid"),
  "PersistentVolumeClaimStatus.conditions": mapBy("type"),
  "PodFailurePolicyOnExitCodesRequirement.values": set,
  "PodSpec.containers": mapBy("name"),
  "PodSpec.ephemeralContainers": mapBy("name"),
  "PodSpec.hostAliases": mapBy("ip"),
  "PodSpec.imagePullSecrets": mapBy("name"),
  "PodSpec.initContainers": mapBy("name"),
  "PodSpec.resourceClaims": mapBy("name"),
  "PodSpec.schedulingGates": mapBy("name"),
  "PodSpec.topologySpreadConstraints": mapBy("topologyKey", "whenUnsatisfiable"),
  "PodSpec.volumes": mapBy("name"),
  "PodStatus.conditions": mapBy("type"),
  "PodStatus.hostIPs": atomicPatchedBy("ip"),
  "PodStatus.podIPs": mapBy("ip"),
  "PodStatus.resourceClaimStatuses": mapBy("name"),
  "ResourceRequirements.claims": mapBy("name"),
  "ResourceStatus.resources": mapBy("resourceID"),
  "ServiceAccount.imagePullSecrets": mapBy("name"),
  "ServiceAccount.secrets": mapBy("name"),
  "ServiceSpec.ports": mapByPortAndProtocol("port"),
  "ServiceStatus.conditions": mapBy("type"),
  "StatefulSetStatus.conditions": mapBy("type"),
  "UncountedTerminatedPods.failed": set,
  "UncountedTerminatedPods.succeeded": set
}
