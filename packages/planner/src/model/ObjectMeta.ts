/**
 * What every Kubernetes object carries, and how the house names one: keys, versions, owners, finalizers.
 *
 * Objects are raw JSON with a known `metadata`. A field we do not know stays where it is (INV-13).
 */
import * as Schema from "effect/Schema"

/** Any JSON object, read-only. */
export interface JsonObject {
  readonly [field: string]: Schema.Json
}

/** Narrows JSON to an object; arrays and `null` are not. */
export const isJsonObject = (value: Schema.Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * The server's version of one object or list. Opaque to users, but an integer that only grows within one kind,
 * so that two reads of a kind can be ordered.
 */
export const ResourceVersion = Schema.String.pipe(Schema.brand("ResourceVersion"))
export type ResourceVersion = typeof ResourceVersion.Type

/** True when `left` was written after `right`. Both must come from the same kind on the same server. */
export const isNewer = (left: ResourceVersion, right: ResourceVersion): boolean =>
  left.length === right.length ? left > right : left.length > right.length

/** Where a kind lives in the API: enough to build its path without asking the server. */
export interface ObjectKind {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string
  readonly kind: string
  /** Lower-case plural, as in the path: `statefulsets`. */
  readonly plural: string
  readonly scope: "Namespaced" | "Cluster"
}

/** The name of one object. Two keys are the same object when {@link keyText} says the same. */
export interface ObjectKey {
  readonly kind: ObjectKind
  /** Empty for a cluster-scoped kind. */
  readonly namespace: string
  readonly name: string
}

/** A kind whose objects live in namespaces. */
export const namespaced = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Namespaced"
})

/** A kind whose objects belong to the cluster. */
export const clusterWide = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Cluster"
})

export const key = (kind: ObjectKind, namespace: string, name: string): ObjectKey => ({ kind, namespace, name })

/** `StatefulSet sei/node-0`: how a key reads in messages, and its identity in maps (within one API group). */
export const keyText = ({ kind, name, namespace }: ObjectKey): string =>
  namespace === "" ? `${kind.kind} ${name}` : `${kind.kind} ${namespace}/${name}`

export const OwnerReference = Schema.Struct({
  apiVersion: Schema.String,
  kind: Schema.String,
  name: Schema.String,
  uid: Schema.String,
  controller: Schema.optionalKey(Schema.Boolean),
  blockOwnerDeletion: Schema.optionalKey(Schema.Boolean)
})
export type OwnerReference = typeof OwnerReference.Type

const StringMap = Schema.Record(Schema.String, Schema.String)

/** `metadata` of an object that a server has stored. */
export const ObjectMeta = Schema.Struct({
  name: Schema.String,
  namespace: Schema.optionalKey(Schema.String),
  uid: Schema.String,
  resourceVersion: ResourceVersion,
  generation: Schema.optionalKey(Schema.Int),
  creationTimestamp: Schema.optionalKey(Schema.String),
  deletionTimestamp: Schema.optionalKey(Schema.String),
  labels: Schema.optionalKey(StringMap),
  annotations: Schema.optionalKey(StringMap),
  finalizers: Schema.optionalKey(Schema.Array(Schema.String)),
  ownerReferences: Schema.optionalKey(Schema.Array(OwnerReference))
})
export type ObjectMeta = typeof ObjectMeta.Type

/** One stored object, whole and raw: `spec`, `status`, `data` and all the rest are JSON under their own names. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta & JsonObject
  readonly [field: string]: Schema.Json
}

/** What we ask a server to hold: an object without what only a server can give it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: { readonly [key: string]: string }
    readonly annotations?: { readonly [key: string]: string }
    readonly ownerReferences?: ReadonlyArray<OwnerReference>
  }
  readonly [field: string]: unknown
}

const isMeta = Schema.is(ObjectMeta)

/**
 * True when a value is an object that a server stored: it has a name, a uid and a resource version.
 * The door through which JSON from a server enters the house.
 */
export const isKubernetesObject = (value: unknown): value is KubernetesObject =>
  typeof value === "object" &&
  value !== null &&
  "apiVersion" in value &&
  typeof value.apiVersion === "string" &&
  "kind" in value &&
  typeof value.kind === "string" &&
  "metadata" in value &&
  isMeta(value.metadata)

/** The status of an object, raw; empty when it has none. */
export const statusOf = (object: KubernetesObject): JsonObject => (isJsonObject(object.status) ? object.status : {})

export const keyOf = (
  kind: ObjectKind,
  object: { readonly metadata: { readonly name: string; readonly namespace?: string } }
): ObjectKey => key(kind, object.metadata.namespace ?? "", object.metadata.name)

/** The owner that manages an object, if any: at most one owner may be the controller. */
export const controllerOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

/** True when `owner` controls `object`. Identity is the uid; a name may be used again. */
export const controls = (owner: KubernetesObject, object: KubernetesObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid

/** The reference by which `owner` controls what it makes; the garbage collector follows it. */
export const controllerReference = (owner: KubernetesObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true
})

/** Labels that an object must carry: each with its value, or with any when it is `true`. Empty selects everything. */
export interface LabelSelector {
  readonly [label: string]: string | true
}

export const selects = (selector: LabelSelector, labels: { readonly [key: string]: string } | undefined): boolean =>
  Object.entries(selector).every(([label, value]) =>
    value === true ? labels?.[label] !== undefined : labels?.[label] === value
  )

/** `app=x,sei.io/node`: a selector as a query writes it; empty when it selects everything. */
export const selectorText = (selector: LabelSelector): string =>
  Object.entries(selector)
    .map(([label, value]) => (value === true ? label : `${label}=${value}`))
    .join(",")
