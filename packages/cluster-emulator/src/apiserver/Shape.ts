/**
 * How values merge at every place of an object, and of which type they are there: what a real server calls a typed schema.
 *
 * Which lists are maps or sets, which maps are one value, and which names are declared decide who owns what.
 */
import type { Type } from "./BuiltInFields.ts"
import * as BuiltInFields from "./BuiltInFields.ts"
import type { Json, JsonObject } from "./Json.ts"
import { canonical, isArray, isObject } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"

export type Shape = ListShape | MapShape | Scalar | Untyped

/** A place that takes whatever comes: maps merge field by field, lists are one value. */
interface Untyped {
  readonly _tag: "Untyped"
}

interface Scalar {
  readonly _tag: "Scalar"
  readonly is: "any scalar" | "boolean" | "numeric" | "string"
}

export interface MapShape {
  readonly _tag: "Map"
  /** The map is one value to whoever applies. */
  readonly isAtomic: boolean
  /** What is under a declared name. */
  readonly named: (name: string) => Shape | undefined
  /** What is under all other names; without it there are none. */
  readonly others?: Shape
}

export interface ListShape {
  readonly _tag: "List"
  readonly list: ListType
  readonly items: Shape
}

/** What names an item: some of its fields, its value, or nothing but the whole list. */
export type ListType =
  | { readonly type: "map"; readonly keys: ReadonlyArray<string>; readonly keyDefaults?: JsonObject }
  | { readonly type: "set" }
  /** A strategic patch may still merge it, by a key. */
  | { readonly type: "atomic"; readonly patchKey?: string }

export const untyped: Shape = { _tag: "Untyped" }

export const scalar = (is: Scalar["is"]): Shape => ({ _tag: "Scalar", is })

const atomicList: ListShape = { _tag: "List", list: { type: "atomic" }, items: untyped }
const freeMap: MapShape = { _tag: "Map", isAtomic: false, named: () => undefined, others: untyped }

/** The shape that a value has at a place: a place that takes anything is what the value makes of it. */
export const at = (shape: Shape, value: Json | undefined): Exclude<Shape, Untyped> => {
  if (shape._tag !== "Untyped") return shape
  if (isArray(value)) return atomicList
  return isObject(value) || value === null ? freeMap : { _tag: "Scalar", is: "any scalar" }
}

/** What is under a name; anything goes where the shape has nothing to say. */
export const fieldOf = (map: MapShape, name: string): Shape => map.named(name) ?? map.others ?? untyped

/** How `fieldsV1` names an item of a list; `undefined` when it has no such name. A key that is `null` has no default. */
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

/** The shape of whole objects of a kind. */
export const ofKind = ({ custom, ...kind }: ServedKind): Shape => {
  if (custom !== undefined) return custom.schema.shape
  const struct = BuiltInFields.structOf(kind)
  return struct === undefined ? untyped : ofStruct(struct)
}

/** The shape of a struct that `BuiltInFields` knows. */
export const ofStruct = (struct: string): MapShape => {
  const known = structs.get(struct)
  if (known !== undefined) return known
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

const ofField = (type: Type, place: string): Shape => {
  switch (type._tag) {
    case "Any":
      return untyped
    case "Struct":
      return ofStruct(type.struct)
    case "List":
      return { _tag: "List", list: lists[place] ?? { type: "atomic" }, items: ofField(type.of, place) }
    case "Map":
      return { _tag: "Map", isAtomic: atomicMaps.has(place), named: () => undefined, others: ofField(type.of, place) }
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

/** References and selectors are one value wherever they are. */
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
const by = (...keys: ReadonlyArray<string>): ListType => ({ type: "map", keys })
const byProtocolAnd = (key: string): ListType => ({
  type: "map",
  keys: [key, "protocol"],
  keyDefaults: { protocol: "TCP" }
})
const atomicPatchedBy = (patchKey: string): ListType => ({ type: "atomic", patchKey })

const containerLists = (struct: string): { readonly [place: string]: ListType } => ({
  [`${struct}.env`]: by("name"),
  [`${struct}.ports`]: byProtocolAnd("containerPort"),
  [`${struct}.volumeDevices`]: by("devicePath"),
  [`${struct}.volumeMounts`]: by("mountPath")
})

/** The lists that merge; all others are one value. */
const lists: { readonly [place: string]: ListType } = {
  ...containerLists("Container"),
  ...containerLists("EphemeralContainer"),
  "ContainerStatus.allocatedResourcesStatus": by("name"),
  "ContainerStatus.volumeMounts": by("mountPath"),
  "JobStatus.conditions": atomicPatchedBy("type"),
  "NamespaceStatus.conditions": by("type"),
  "ObjectMeta.finalizers": set,
  "ObjectMeta.ownerReferences": by("uid"),
  "PersistentVolumeClaimStatus.conditions": by("type"),
  "PodFailurePolicyOnExitCodesRequirement.values": set,
  "PodSpec.containers": by("name"),
  "PodSpec.ephemeralContainers": by("name"),
  "PodSpec.hostAliases": by("ip"),
  "PodSpec.imagePullSecrets": by("name"),
  "PodSpec.initContainers": by("name"),
  "PodSpec.resourceClaims": by("name"),
  "PodSpec.schedulingGates": by("name"),
  "PodSpec.topologySpreadConstraints": by("topologyKey", "whenUnsatisfiable"),
  "PodSpec.volumes": by("name"),
  "PodStatus.conditions": by("type"),
  "PodStatus.hostIPs": atomicPatchedBy("ip"),
  "PodStatus.podIPs": by("ip"),
  "PodStatus.resourceClaimStatuses": by("name"),
  "ResourceRequirements.claims": by("name"),
  "ResourceStatus.resources": by("resourceID"),
  "ServiceAccount.imagePullSecrets": by("name"),
  "ServiceAccount.secrets": by("name"),
  "ServiceSpec.ports": byProtocolAnd("port"),
  "ServiceStatus.conditions": by("type"),
  "StatefulSetStatus.conditions": by("type"),
  "UncountedTerminatedPods.failed": set,
  "UncountedTerminatedPods.succeeded": set
}
