/**
 * Every call the code under test made, in order, with the turn it was made in. Assert the world first, the ledger second.
 */
import type { CurrentReconcile, ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export type Verb =
  | "get"
  | "list"
  | "create"
  | "apply"
  | "delete"
  | "removeFinalizer"
  | "patchStatus"
  | "setFinalizers"
  | "submit"
  | "poll"
  | "health"
  | "event"

/** How a call ended at the other side. What its caller learned is the same, unless the answer was {@link Call.isLost}. */
export type CallResult = "ok" | "conflict" | "rejected" | "unavailable"

export interface Call {
  /** Position in the ledger, from 0. Taken when the call was made. */
  readonly index: number
  /** When, in milliseconds of the clock in view. */
  readonly at: number
  readonly verb: Verb
  /** What the call was about: an object's key text, or an agent's address. */
  readonly target: string
  /** The turn it was made in; `undefined` for calls outside of any. */
  readonly pass: CurrentReconcile.Pass | undefined
  /** Which process made it, when a test runs several: a restart or a racing replica is another process. */
  readonly process: string
  /** What was sent: a manifest, a status patch, preconditions, a submission, a note. */
  readonly sent: unknown
  readonly result: CallResult
  /** The answer never came: whatever the call did, its caller does not know. */
  readonly isLost?: true
  /** What an agent said about a task, so that a checker knows what the caller had observed. */
  readonly answer?: unknown
  /** The object as the server had it just before a write, so that a checker can see what a write changed or deleted. */
  readonly before?: ObjectMeta.KubernetesObject
  /** The object as the server had it right after a write. */
  readonly after?: ObjectMeta.KubernetesObject
}

export class CallLog extends Context.Service<
  CallLog,
  {
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
    /** How many calls there are. */
    readonly size: () => number
    readonly count: (...verbs: ReadonlyArray<Verb>) => Effect.Effect<number>
    readonly clear: Effect.Effect<void>
    /** For keepers of promises: notes a call. Returns its index. */
    readonly record: (call: Omit<Call, "index" | "at">) => Effect.Effect<number>
    /** For faults: the answers of all calls from an index on were lost. */
    readonly lose: (from: number) => Effect.Effect<void>
  }
>()("@portolan/testkit/CallLog") {}

export const layer: Layer.Layer<CallLog> = Layer.sync(CallLog, () => {
  let calls: Array<Call> = []
  return CallLog.of({
    calls: Effect.sync(() => [...calls]),
    size: () => calls.length,
    count: (...verbs) => Effect.sync(() => calls.filter((call) => verbs.includes(call.verb)).length),
    clear: Effect.sync(() => {
      calls = []
    }),
    record: (call) => Effect.map(Clock.currentTimeMillis, (at) => calls.push({ ...call, at, index: calls.length }) - 1),
    lose: (from) =>
      Effect.sync(() => {
        calls = calls.map((call) => (call.index < from ? call : { ...call, isLost: true }))
      })
  })
})

/** The process that makes calls in this fiber. A test that runs two replicas gives each its own name. */
export const CurrentProcess = Context.Reference<string>("@portolan/testkit/CallLog/CurrentProcess", {
  defaultValue: () => "process-1"
})
