/**
 * The reconcile pass in which a call is made. The call log of testkit and the `Audit-ID` header of clients read it, so that
 * every request to the API server and to agents can be attributed to its pass, even in the audit log of a real API server.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { ObjectKey, ResourceVersion } from "../model/ObjectMeta.ts"

export interface Pass {
  readonly key: ObjectKey
  /** Eight hexadecimal digits that tell the reconcile function of this kind in this process from all others. */
  readonly process: string
  /** Counts the passes of the reconcile function from 1. */
  readonly number: number
  /** The version of the object that this pass read. */
  readonly observedVersion: ResourceVersion
}

/** The pass of the running fiber; `undefined` outside of a pass. */
export const CurrentReconcile = Context.Reference<Pass | undefined>("@portolan/planner/services/CurrentReconcile", {
  defaultValue: () => undefined
})

/** How many requests each pass has made. Every client of the process counts here, so that no two requests share an id. */
const requests = new WeakMap<Pass, number>()

/**
 * The headers that attribute a request to the current pass: `Audit-ID: <process>-<pass>-<n>`, where `n` counts the requests of
 * the pass from 1, to the API server and to agents together. Empty outside of a pass, where the API server generates an id.
 * Every request takes headers of its own, also a repetition.
 *
 * **Example** (A client of an agent)
 *
 * ```ts
 * const poll = (url: string) =>
 *   Effect.flatMap(CurrentReconcile.requestHeaders, (headers) => Effect.promise(() => fetch(url, { headers })))
 * ```
 */
export const requestHeaders: Effect.Effect<{ readonly [name: string]: string }> = Effect.map(
  CurrentReconcile,
  (pass) => {
    if (pass === undefined) return {}
    const n = (requests.get(pass) ?? 0) + 1
    requests.set(pass, n)
    return { "Audit-ID": `${pass.process}-${pass.number}-${n}` }
  }
)
