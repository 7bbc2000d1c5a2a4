/**
 * The two writes that only the turn may make on the object it is about. No task can require this promise.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { JsonObject, KubernetesObject, ObjectKey, ResourceVersion } from "../model/ObjectMeta.ts"
import type { KubernetesError } from "./KubernetesApi.ts"

export class StatusWriter extends Context.Service<
  StatusWriter,
  {
    /**
     * Merges `patch` (RFC 7386) into `.status`, only if the object is still at `expected`; otherwise fails with
     * `Conflict` and changes nothing (INV-3). Returns the object as stored.
     */
    readonly patchStatus: (
      key: ObjectKey,
      expected: ResourceVersion,
      patch: JsonObject
    ) => Effect.Effect<KubernetesObject, KubernetesError>

    /**
     * Replaces the list of finalizers, only if the object is still at `expected`. Returns the object as stored, also
     * when removing the last finalizer ended it.
     */
    readonly setFinalizers: (
      key: ObjectKey,
      expected: ResourceVersion,
      finalizers: ReadonlyArray<string>
    ) => Effect.Effect<KubernetesObject, KubernetesError>
  }
>()("@portolan/planner/services/StatusWriter") {}
