/**
 * Kubernetes object metadata: kinds, keys, versions, owners, finalizers, label selectors.
 *
 * Objects are raw JSON with typed `metadata`. Unknown fields survive (INV-13).
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
 * The version of one object or list. Opaque by the API conventions, but an integer that only grows within one kind, so that
 * two reads of a kind can be ordered.
 */
export const ResourceVersion = Schema.String.pipe(Schema.brand("ResourceVersion"))
export type ResourceVersion = typeof ResourceVersion.Type

/** True when `left` was written after `right`. Both must be of the same kind on the same API server. */
export const isNewer = (left: ResourceVersion, right: ResourceVersion): boolean =>
  left.length === right.length ? left > right : left.length > right.length

/** A kind with its REST resource: enough to build its path without discovery. */
export interface ObjectKind {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string
  readonly kind: string
  /** Lower-case plural, as in the path: `statefulsets`. */
  readonly plural: string
  readonly scope: "Namespaced" | "Cluster"
}

/** `apps/v1/statefulsets`: the group, version and resource of a kind. */
export const resourceText = ({ apiVersion, plural }: ObjectKind): string => `${apiVersion}/${plural}`

export const isSameKind = (left: ObjectKind, right: ObjectKind): boolean =>
  left === right || (left.plural === right.plural && left.apiVersion === right.apiVersion)

/** The key of one object. Two keys are equal when {@link identityText} prints the same. */
export interface ObjectKey {
  readonly kind: ObjectKind
  /** Empty for a cluster-scoped kind. */
  readonly namespace: string
  readonly name: string
}

/** A namespaced kind. */
export const namespaced = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Namespaced"
})

/** A cluster-scoped kind. */
export const clusterWide = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Cluster"
})

export const key = (kind: ObjectKind, namespace: string, name: string): ObjectKey => ({ kind, namespace, name })

/** `StatefulSet sei/node-0`: a key in messages, unique within one API group. */
export const keyText = ({ kind, name, namespace }: ObjectKey): string =>
  namespace === "" ? `${kind.kind} ${name}` : `${kind.kind} ${namespace}/${name}`

/** `apps/v1/statefulsets sei/node-0`: identifies an object in the cluster, for keys of maps. */
export const identityText = ({ kind, name, namespace }: ObjectKey): string =>
  `${resourceText(kind)} ${namespace}/${name}`

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

/** `metadata` of a stored object. */
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

/** One stored object: typed metadata; `spec`, `status`, `data` and all other fields are raw JSON. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta & JsonObject
  readonly [field: string]: Schema.Json
}

/** An object to create or apply: without the metadata that only the API server sets, and without status (INV-2). */
export interface Manifest {
  readonly status?: never
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
 * True when a value is a stored object: it has a name, a uid and a resource version. JSON from an API server is validated
 * here, and nowhere else.
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

/** The raw status of an object; empty when it has none. */
export const statusOf = (object: KubernetesObject): JsonObject => (isJsonObject(object.status) ? object.status : {})

export const keyOf = (
  kind: ObjectKind,
  object: { readonly metadata: { readonly name: string; readonly namespace?: string } }
): ObjectKey => key(kind, object.metadata.namespace ?? "", object.metadata.name)

/** The controller owner reference of an object, of which there is at most one. */
export const controllerOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

/** True when `owner` controls `object`, by uid: an object of the same name may have been created since. */
export const controls = (owner: KubernetesObject, object: KubernetesObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid

/** The controller owner reference to `owner`, for objects that it creates; the garbage collector follows it. */
export const controllerReference = (owner: KubernetesObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true
})

/** Labels that an object must carry, each with its value, or with any value when it is `true`. Empty selects everything. */
export interface LabelSelector {
  readonly [label: string]: string | true
}

export const selects = (selector: LabelSelector, labels: { readonly [key: string]: string } | undefined): boolean =>
  Object.entries(selector).every(([label, value]) =>
    value === true ? labels?.[label] !== undefined : labels?.[label] === value
  )

/** `app=x,sei.io/node`: a selector as a `labelSelector` parameter; empty when it selects everything. */
export const selectorText = (selector: LabelSelector): string =>
  Object.entries(selector)
    .map(([label, value]) => (value === true ? label : `${label}=${value}`))
    .join(",")
