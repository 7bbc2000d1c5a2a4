/** Making an object of a node's, whoever has its name now. */
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import type { Observation } from "../plan/Observation.ts"
import { hasPreviousOwner } from "../plan/Preconditions.ts"

type Stored = ObjectMeta.KubernetesObject

/** Applies by force, because what is said is ours to say. Returns the object as stored. */
export const apply = (key: ObjectMeta.ObjectKey, manifest: ObjectMeta.Manifest) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    return yield* api.apply(key, manifest)
  }).pipe(Effect.mapError(Task.fromKubernetes))

/** Asks for exactly this object to go. */
export const remove = (key: ObjectMeta.ObjectKey, { metadata }: Stored) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    yield* api.delete(key, { uid: metadata.uid, resourceVersion: metadata.resourceVersion })
  }).pipe(Effect.mapError(Task.fromKubernetes))

/**
 * Goes on when the name is free or the object is the node's own. One that a former node of the same name left behind goes
 * first, and only that one: the delete carries its uid and version (INV-11). One that is somebody else's makes the task
 * impossible.
 */
export const ifOwned = <R>(
  observation: Observation,
  key: ObjectMeta.ObjectKey,
  existing: Stored | undefined,
  then: Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R>
): Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R | KubernetesApi.KubernetesApi> => {
  if (existing === undefined || ObjectMeta.controls(observation.node.object, existing)) return then
  const what = `${key.kind.kind} ${key.name}`
  if (!hasPreviousOwner(observation, existing)) {
    return Effect.fail(
      new Task.TaskImpossible({ reason: "NotOwned", message: `${what} already exists and is not owned by this node` })
    )
  }
  const gone = Task.waiting({
    reason: "PreviousObjectExists",
    message: `${what} of a deleted node of this name is being deleted`
  })
  return existing.metadata.deletionTimestamp === undefined
    ? Effect.as(remove(key, existing), gone)
    : Effect.succeed(gone)
}
