/** The two writes of the reconciled object, which only the pass itself may make. No task can require this service (INV-2). */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { JsonObject, KubernetesObject, ObjectKey, ResourceVersion } from "../model/ObjectMeta.ts"
import type { KubernetesError } from "./KubernetesApi.ts"

/**
 * The mark of a service through which status can be written. Tasks, observations and cleanups that require one do not
 * compile (INV-2). An HTTP client of the API server has the mark too.
 *
 * **Example** (A client that can send any request)
 *
 * ```ts
 * class Client extends Context.Service<Client, { readonly send: (path: string) => Effect.Effect<void> }>()("Client") {
 *   declare readonly "~writesStatus": true
 * }
 * ```
 */
export interface WritesStatus {
  readonly "~writesStatus": true
}

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
     * when the object was deleted with its last finalizer.
     */
    readonly setFinalizers: (
      key: ObjectKey,
      expected: ResourceVersion,
      finalizers: ReadonlyArray<string>
    ) => Effect.Effect<KubernetesObject, KubernetesError>
  }
>()("@portolan/planner/services/StatusWriter") {
  declare readonly "~writesStatus": true
}
