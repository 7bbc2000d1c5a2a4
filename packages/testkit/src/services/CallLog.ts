/**
 * Every call that the code under test made through planner's services, in order, with its reconcile pass and process.
 * Tests assert the state of the cluster first, and calls only where the calls themselves matter.
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

/** How a call ended at the server. The caller knows it, unless the response {@link Call.isLost}. */
export type CallResult = "ok" | "conflict" | "rejected" | "unavailable"

export interface Call {
  /** Position in the call log, from 0, in the order in which calls were made. */
  readonly index: number
  /** When, in milliseconds of the current `Clock`. */
  readonly at: number
  readonly verb: Verb
  /** The key text of an object, or the address of an agent. */
  readonly target: string
  /** The reconcile pass that made the call; `undefined` for calls outside of any. */
  readonly pass: CurrentReconcile.Pass | undefined
  /** The process that made the call. A restart and a second replica are processes of their own. */
  readonly process: string
  /** Made by somebody else: a user, another controller. It shows how an object changed. `process` is the name of the user. */
  readonly isForeign?: true
  /** What was sent: a manifest, a status patch, preconditions, a submission, an event. */
  readonly sent: unknown
  /**
   * The version that a write of an existing object requires: `None` when it takes effect whatever the version is. Absent for
   * other calls, and where the log does not show it.
   */
  readonly precondition?: ObjectMeta.ResourceVersion | "None"
  readonly result: CallResult
  /** The response was lost: the caller does not know whether the call took effect. */
  readonly isLost?: true
  /** The state of a task that an agent responded with, so that a checker knows what the caller observed. */
  readonly answer?: unknown
  /** The object just before a write, so that a checker sees what the write changed or deleted. */
  readonly before?: ObjectMeta.KubernetesObject
  /** The object right after a write. */
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
    /** For implementations of services: adds a call. Returns its index. */
    readonly record: (call: Omit<Call, "index" | "at">) => Effect.Effect<number>
    /** For faults: marks the responses of all calls from an index on as lost. */
    readonly markLost: (from: number) => Effect.Effect<void>
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
    markLost: (from) =>
      Effect.sync(() => {
        calls = calls.map((call) => (call.index < from ? call : { ...call, isLost: true }))
      })
  })
})

/** The process that makes the calls of this fiber. A test that runs two replicas gives each its own name. */
export const CurrentProcess = Context.Reference<string>("@portolan/testkit/CallLog/CurrentProcess", {
  defaultValue: () => "process-1"
})
