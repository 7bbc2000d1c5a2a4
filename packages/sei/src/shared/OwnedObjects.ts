/** Writes to generated objects, with respect to who owns the object that has their name now. */
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Ownership from "./Ownership.ts"

type Stored = ObjectMeta.KubernetesObject
type Failure = Task.TaskImpossible | Task.TaskDeferred

/** Server-side apply with force: the generated fields belong to this controller. Returns the stored object. */
export const apply = (key: ObjectMeta.ObjectKey, manifest: ObjectMeta.Manifest) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    return yield* api.apply(key, manifest)
  }).pipe(Effect.mapError(Task.fromKubernetes))

/** Deletes the object only at the observed uid and resource version (INV-11). */
export const remove = (key: ObjectMeta.ObjectKey, { metadata }: Stored) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    yield* api.delete(key, { uid: metadata.uid, resourceVersion: metadata.resourceVersion })
  }).pipe(Effect.mapError(Task.fromKubernetes))

/**
 * Runs `then` when no object has the name, or `owner` owns it. An object of a deleted owner of the same name is
 * deleted first (INV-11). An object of any other owner makes the task impossible.
 */
export const ifOwned = <R>(
  owner: Stored,
  key: ObjectMeta.ObjectKey,
  existing: Stored | undefined,
  then: Effect.Effect<Task.Progress, Failure, R>
): Effect.Effect<Task.Progress, Failure, R | KubernetesApi.KubernetesApi> => {
  if (existing === undefined || ObjectMeta.controls(owner, existing)) return then
  const object = `${key.kind.kind} ${key.name}`
  if (!Ownership.hasPreviousOwner(owner, existing)) {
    return Effect.fail(
      new Task.TaskImpossible({
        reason: "NotOwned",
        message: `${object} already exists and is not owned by this ${owner.kind}`
      })
    )
  }
  const waiting = Task.waiting({
    reason: "PreviousObjectExists",
    message: `${object} of a deleted ${owner.kind} of this name is being deleted`
  })
  return existing.metadata.deletionTimestamp === undefined
    ? Effect.as(remove(key, existing), waiting)
    : Effect.succeed(waiting)
}

/** A task that applies a manifest, unless another owner has an object of its name. */
export const applyOwned = (
  owner: Stored,
  key: ObjectMeta.ObjectKey,
  existing: Stored | undefined,
  manifest: ObjectMeta.Manifest
) => ifOwned(owner, key, existing, Effect.as(apply(key, manifest), Task.done))
