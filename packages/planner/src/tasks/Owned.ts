/**
 * The objects that a reconciled object owns, as Deployments own ReplicaSets: with a controller reference to it.
 *
 * **Guarantees**
 *
 * - INV-11: nothing is deleted that the owner, or a deleted owner of its name, does not control.
 * - INV-17: an object of somebody else stays as it is, whatever the cache knows of it. The task waits with the reason
 *   `NotOwned` and a message that says whose the object is, and continues when the object is gone.
 * - INV-18: every object gets the controller reference, so the garbage collector deletes it with its owner.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import {
  controllerOf,
  controllerReference,
  controls,
  isJsonObject,
  type KubernetesObject,
  type Manifest,
  type ObjectKey
} from "../model/ObjectMeta.ts"
import type { WaitFor } from "../plan/Requeue.ts"
import { KubernetesApi, type KubernetesError } from "../services/KubernetesApi.ts"
import * as Task from "./Task.ts"

/** An object that `owner` owns or is about to own. */
export interface Owned {
  readonly owner: KubernetesObject
  readonly key: ObjectKey
  /**
   * The object of that name in the cache. Whether another one exists, which the cache does not select, the API server
   * decides when the object is created.
   */
  readonly existing: KubernetesObject | undefined
}

/** An object without the fields that follow from its key and owner, which are overwritten. */
export interface Content {
  readonly status?: never
  readonly metadata?: Pick<Manifest["metadata"], "labels" | "annotations">
  readonly [field: string]: unknown
}

type Failure = Task.TaskImpossible | Task.TaskDeferred
type Write<A> = Effect.Effect<A, Failure, KubernetesApi>
/** What happens to an object that the owner controls. */
type Keep = (object: KubernetesObject) => Write<Task.Progress>

/** The progress of a task whose object is stored. */
type Stored = (object: KubernetesObject) => Task.Progress

const isDone: Stored = () => Task.done

/**
 * Applies an object. Waits while it is being deleted, while an object of a previous owner is, which it deletes (INV-11),
 * and while somebody else has an object of that name (INV-17).
 */
export const ensure = (owned: Owned, content: Content, stored = isDone): Write<Task.Progress> => {
  const apply = (existing: KubernetesObject | undefined) =>
    KubernetesApi.use((api) => api.apply(owned.key, manifestOf(owned, content), existing)).pipe(Effect.map(stored))
  return write(owned, apply(undefined), (object) =>
    object.metadata.deletionTimestamp === undefined
      ? Effect.mapError(apply(object), Task.fromKubernetes)
      : Effect.succeed(Task.waiting(terminating(owned)))
  )
}

/**
 * Like {@link ensure}, for an object that is never changed: creates it, and keeps an existing one of this owner. Waits while
 * the cache lacks an object that exists, because the next pass would take it for deleted.
 */
export const create = (owned: Owned, content: Content, stored = isDone): Write<Task.Progress> =>
  write(
    owned,
    KubernetesApi.use((api) => api.create(owned.key, manifestOf(owned, content))).pipe(Effect.map(stored)),
    (object) => Effect.succeed(owned.existing === undefined ? Task.waiting(unobserved(owned)) : stored(object))
  )

/**
 * Deletes the object at the observed uid and resourceVersion (INV-11). Does nothing when it does not exist, is being
 * deleted, or belongs to somebody else.
 */
export const remove = ({ existing, key, owner }: Owned): Write<void> => {
  if (existing === undefined || existing.metadata.deletionTimestamp !== undefined) return Effect.void
  if (!controls(owner, existing) && !hasPreviousOwner(owner, existing)) return Effect.void
  const { resourceVersion, uid } = existing.metadata
  return KubernetesApi.use((api) => api.delete(key, { uid, resourceVersion })).pipe(
    Effect.mapError(Task.fromKubernetes)
  )
}

/** Whether the controller of an object is a deleted object of the same kind and name as `owner`. */
export const hasPreviousOwner = (owner: KubernetesObject, object: KubernetesObject): boolean => {
  const controller = controllerOf(object)
  return (
    controller !== undefined &&
    groupOf(controller.apiVersion) === groupOf(owner.apiVersion) &&
    controller.kind === owner.kind &&
    controller.name === owner.metadata.name &&
    controller.uid !== owner.metadata.uid
  )
}

/** The API group of an `apiVersion`; empty for the core group. */
const groupOf = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf("/")))

/** `controlled by Deployment web`, or which managers wrote the fields of an object without a controller. */
export const describeOwner = (object: KubernetesObject): string => {
  const controller = controllerOf(object)
  if (controller !== undefined) return `controlled by ${controller.kind} ${controller.name}`
  const { managedFields } = object.metadata
  const names = (Array.isArray(managedFields) ? managedFields : [])
    .map((entry) => (isJsonObject(entry) ? entry.manager : undefined))
    .filter((name) => typeof name === "string")
  const managers = [...new Set(names)].join(", ")
  return managers === "" ? "without a controller" : `without a controller, managed by ${managers}`
}

/**
 * Creates the object when the cache has none. When the API server has one, it is read and treated like an existing one.
 */
const write = Effect.fnUntraced(function* (
  owned: Owned,
  create: Effect.Effect<Task.Progress, KubernetesError, KubernetesApi>,
  keep: Keep
): Effect.fn.Return<Task.Progress, Failure, KubernetesApi> {
  const { existing, key } = owned
  if (existing !== undefined) return yield* ifControlled(owned, existing, keep)
  const created = yield* Effect.result(create)
  if (Result.isSuccess(created)) return created.success
  const error = created.failure
  const found = isTaken(error)
    ? yield* KubernetesApi.use((api) => api.get(key)).pipe(Effect.mapError(Task.fromKubernetes))
    : Option.none()
  return Option.isSome(found)
    ? yield* ifControlled(owned, found.value, keep)
    : yield* Effect.fail(Task.fromKubernetesCreate(error))
})

/** True when the name of a new object is taken. */
const isTaken = ({ reason }: KubernetesError): boolean =>
  reason._tag === "Conflict" || (reason._tag === "Rejected" && reason.code === "AlreadyExists")

const ifControlled = (owned: Owned, object: KubernetesObject, keep: Keep): Write<Task.Progress> => {
  if (controls(owned.owner, object)) return keep(object)
  return hasPreviousOwner(owned.owner, object)
    ? Effect.as(remove({ ...owned, existing: object }), Task.waiting(previous(owned)))
    : Effect.succeed(Task.waiting(notOwned(owned, object)))
}

const nameOf = ({ key: { kind, name } }: Owned): string => `${kind.kind} ${name}`

const terminating = (owned: Owned): WaitFor => ({
  reason: "ObjectTerminating",
  message: `${nameOf(owned)} is being deleted`
})

const unobserved = (owned: Owned): WaitFor => ({
  reason: "ObjectNotObserved",
  message: `${nameOf(owned)} exists, but the cache does not contain it yet`
})

const previous = (owned: Owned): WaitFor => ({
  reason: "PreviousObjectExists",
  message: `${nameOf(owned)} of a deleted ${owned.owner.kind} of this name is being deleted`
})

const notOwned = (owned: Owned, object: KubernetesObject): WaitFor => ({
  reason: "NotOwned",
  message: `${nameOf(owned)} exists and is ${describeOwner(object)}`,
  detail: `delete it, or give this ${owned.owner.kind} another name`
})

const manifestOf = ({ key: { kind, name, namespace }, owner }: Owned, content: Content): Manifest => ({
  ...content,
  apiVersion: kind.apiVersion,
  kind: kind.kind,
  metadata: {
    ...content.metadata,
    name,
    ...(namespace === "" ? {} : { namespace }),
    ownerReferences: [controllerReference(owner)]
  }
})
