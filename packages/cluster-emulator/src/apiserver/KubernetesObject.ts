/**
 * Kubernetes objects: raw JSON with a known `metadata`. Fields that the emulator does not know stay where they are.
 *
 * The types are structurally identical to those of `@portolan/planner`, so objects pass between the two packages
 * without conversion, and neither package imports the other.
 */
import type { Json, JsonObject } from "./Json.ts"
import { objectOf } from "./Json.ts"

/**
 * The version of one object or list, as text.
 *
 * The brand is a phantom: it exists in the type only, costs nothing at run time, and is the one that
 * `Schema.brand("ResourceVersion")` of Effect declares, so a `ResourceVersion` of the emulator is one of the planner.
 */
export type ResourceVersion = string & { readonly "~effect/Brand": { readonly ResourceVersion: "ResourceVersion" } }

/** A type alias, not an interface: TypeScript assigns only type aliases to {@link JsonObject}. */
export type OwnerReference = {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

/** `metadata` of a stored object. */
export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid: string
  readonly resourceVersion: ResourceVersion
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: { readonly [key: string]: string }
  readonly annotations?: { readonly [key: string]: string }
  readonly finalizers?: ReadonlyArray<string>
  readonly ownerReferences?: ReadonlyArray<OwnerReference>
}

/** A stored object. `spec`, `status`, `data` and every other field are JSON under their own names. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta & JsonObject
  readonly [field: string]: Json
}

/** A resource as its path names it, with its kind: enough to build the path without discovery. */
export interface ObjectKind {
  /** `v1`, or `group/version`. */
  readonly apiVersion: string
  readonly kind: string
  /** Lower-case plural, as in the path: `statefulsets`. */
  readonly plural: string
  readonly scope: "Namespaced" | "Cluster"
}

/** A namespaced kind. */
export const namespaced = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Namespaced"
})

/** A cluster-scoped kind. */
export const clusterScoped = (apiVersion: string, kind: string, plural: string): ObjectKind => ({
  apiVersion,
  kind,
  plural,
  scope: "Cluster"
})

/**
 * True for an object with the identity that only the server assigns: name, uid and resource version.
 *
 * Admission has validated the other fields of `metadata` before an object reaches the storage, so they are not checked
 * again.
 */
export const isKubernetesObject = (object: JsonObject): object is KubernetesObject => {
  const metadata = objectOf(object.metadata)
  return (
    typeof object.apiVersion === "string" &&
    typeof object.kind === "string" &&
    typeof metadata.name === "string" &&
    typeof metadata.uid === "string" &&
    typeof metadata.resourceVersion === "string"
  )
}

/** `status` of an object; empty when the object has none. */
export const statusOf = (object: KubernetesObject): JsonObject => objectOf(object.status)

/** The owner reference with `controller: true`, if any. Validation allows at most one. */
export const controllerOf = (object: KubernetesObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

/** True when `owner` is the controller of `object`. Compares uids, because a name can be reused. */
export const isControlledBy = (object: KubernetesObject, owner: KubernetesObject): boolean =>
  controllerOf(object)?.uid === owner.metadata.uid

/** The owner reference that makes `owner` the controller of a dependent. The garbage collector follows it. */
export const controllerReference = (owner: KubernetesObject): OwnerReference => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  controller: true,
  blockOwnerDeletion: true
})
