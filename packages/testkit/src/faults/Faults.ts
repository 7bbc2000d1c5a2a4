/**
 * Things that go wrong around calls. A fault knows nothing of who keeps a promise, so it works over memory and over a real
 * API server alike; {@link all} are those that a sweep and a simulator choose from. `HttpFaults` has the same for requests.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import { CurrentReconcile } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { CurrentProcess } from "../services/CallLog.ts"
import { around, type FaultableServices, type Site } from "./Around.ts"
import type { Fault, FaultContext } from "./Fault.ts"

export { type Around, around, type FaultableServices as Services, type Site, wrapped } from "./Around.ts"
export type { Fault, FaultContext as Stage } from "./Fault.ts"

/** The process is gone: power cut, OOM kill, eviction. Nothing it would have done next happens. */
export class ProcessKilled extends Data.TaggedError("ProcessKilled")<{ readonly when: "before" | "after" }> {}

/** Where a process dies: before its nth call (from 0) is sent, or after it took effect and before its answer came. */
export interface Crash {
  readonly call: number
  readonly when: "before" | "after"
}

/** A process that dies at one of its calls. */
export const crashing = ({ call, when }: Crash): Layer.Layer<FaultableServices, never, FaultableServices> => {
  let made = 0
  return around((perform) => Effect.suspend(() => (made++ === call ? killed(perform, when) : perform)))
}

const killed = <A, E, R>(call: Effect.Effect<A, E, R>, when: "before" | "after"): Effect.Effect<A, E, R> => {
  const death = Effect.die(new ProcessKilled({ when }))
  return when === "before" ? death : Effect.andThen(Effect.exit(call), death)
}

/** Counts the calls of a process. */
export const counting = () => {
  let made = 0
  const layer = around((perform) =>
    Effect.suspend(() => {
      made++
      return perform
    })
  )
  return { layer, made: () => made }
}

/** Runs something as a process that may be killed: `true` when it was. Any other defect stays one. */
export const survives = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<boolean, E, R> =>
  Effect.flatMap(Effect.exit(run), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.succeed(false)
    return isKilled(exit.cause) ? Effect.succeed(true) : Effect.failCause(exit.cause)
  })

/** Whether a process ended because it was killed. */
export const isKilled = (cause: Cause.Cause<unknown>): boolean => Cause.squash(cause) instanceof ProcessKilled

const toAgents = ({ key }: Site<unknown>): boolean => key === undefined
const everyCall = () => true
const canFail = ({ noAnswer }: Site<unknown>): boolean => noAnswer !== undefined

export const killedBefore: Fault = {
  name: "killed before",
  description: "a power cut, an OOM kill or an eviction just before a request leaves",
  appliesTo: everyCall,
  around: (call) => killed(call, "before")
}

export const killedAfter: Fault = {
  name: "killed after",
  description: "the same after the other side has done what was asked, before its answer is read",
  appliesTo: everyCall,
  around: (call) => killed(call, "after")
}

export const answerLost: Fault = {
  name: "answer lost",
  description: "a load balancer or a network that drops the connection after the other side has committed",
  appliesTo: canFail,
  around: (call, site, stage) => unanswered(call, site, stage, "connection reset by peer")
}

/** How long a caller waits before it gives up. */
const PATIENCE_MS = 30_000

export const timedOut: Fault = {
  name: "timed out",
  description: "an overloaded server that does what was asked when its caller has stopped waiting, half a minute later",
  appliesTo: canFail,
  around: (call, site, stage) =>
    unanswered(Effect.ensuring(call, passing(PATIENCE_MS)), site, stage, "context deadline exceeded")
}

export const refused: Fault = {
  name: "refused",
  description: "a server that restarts, or is not reached: nothing of the request gets there",
  appliesTo: canFail,
  around: refusing("connection refused")
}

export const throttled: Fault = {
  name: "throttled",
  description: "priority and fairness: 429 with Retry-After, when the client has given up repeating the request",
  appliesTo: canFail,
  around: refusing("429 Too Many Requests: retry after 1 s")
}

export const serverError: Fault = {
  name: "server error",
  description: "500 from a server whose storage has no leader, or whose webhook panics",
  appliesTo: canFail,
  around: refusing("500 Internal Server Error")
}

export const conflict: Fault = {
  name: "conflict",
  description: "somebody who writes the object between the turn's read and its write",
  appliesTo: ({ verb }) => verb === "patchStatus" || verb === "setFinalizers" || verb === "removeFinalizer",
  around: (call, site, { server }) =>
    Effect.suspend(() => {
      touch(site, server)
      return call
    })
}

/** How long a view of the server stays behind. */
const BEHIND_MS = 20_000
/** How many changes a view may lose that moves to an older server. */
const OLDER = 20

export const cacheFrozen: Fault = {
  name: "cache frozen",
  description: "a watch that is open and silent: an API server whose own watch cache has stopped, a stalled proxy",
  appliesTo: everyCall,
  around: behind(
    ({ view }) => view.freeze(),
    ({ view }) => view.thaw()
  )
}

export const cacheOlder: Fault = {
  name: "cache older",
  description: "an informer that lists anew from another API server, whose watch cache is older",
  appliesTo: everyCall,
  around: behind(
    ({ view }) => view.rewind(OLDER),
    ({ view }) => view.thaw()
  )
}

export const deletedLost: Fault = {
  name: "DELETED lost",
  description:
    "a watch that breaks and lists anew after its history was compacted: who was deleted between is never told",
  appliesTo: everyCall,
  around: behind(
    ({ view }) => view.freeze(),
    ({ view }) => view.relist()
  )
}

export const agentRestarted: Fault = {
  name: "agent restarted",
  description: "an agent's container that restarts and has its tasks on disk",
  appliesTo: toAgents,
  around: restarting(true)
}

export const agentForgot: Fault = {
  name: "agent forgot",
  description: "an agent's pod that is made anew, or one that keeps its tasks in memory",
  appliesTo: toAgents,
  around: restarting(false)
}

export const leaseLost: Fault = {
  name: "lease lost",
  description:
    "a leader that is paused (a full stop of its machine, a long GC) while another one takes over, and goes on",
  appliesTo: everyCall,
  around: (call, _, { concurrentWrite }) => Effect.andThen(concurrentWrite, call)
}

export const clockForward: Fault = {
  name: "clock forward",
  description: "a machine that slept, or whose clock is set right by an hour",
  appliesTo: everyCall,
  around: (call) => Effect.ensuring(call, passing(3_600_000))
}

export const clockBack: Fault = {
  name: "clock back",
  description: "NTP that steps a clock back by two seconds",
  appliesTo: everyCall,
  around: (call) => Effect.ensuring(call, passing(-2_000))
}

/** Every fault, in the order in which a sweep tries them. */
export const all: ReadonlyArray<Fault> = [
  killedBefore,
  killedAfter,
  answerLost,
  timedOut,
  refused,
  throttled,
  serverError,
  conflict,
  cacheFrozen,
  cacheOlder,
  deletedLost,
  agentRestarted,
  agentForgot,
  leaseLost,
  clockForward,
  clockBack
]

/** The fault of a name; `undefined` when there is none. */
export const named = (name: string): Fault | undefined => all.find((fault) => fault.name === name)

/** The call takes effect; its caller learns nothing. */
function unanswered<A, E, R>(
  call: Effect.Effect<A, E, R>,
  { noAnswer }: Site<E>,
  { callLog }: FaultContext,
  message: string
) {
  return Effect.gen(function* () {
    const size = callLog.size()
    const exit = yield* Effect.exit(call)
    yield* callLog.lose(size)
    return yield* noAnswer === undefined ? exit : Effect.fail(noAnswer(message))
  })
}

/** The call never takes effect; the ledger knows that it was tried. */
function refusing(message: string): Fault["around"] {
  return (call, { noAnswer, sent, target, verb }, { callLog }) =>
    noAnswer === undefined
      ? call
      : Effect.gen(function* () {
          const [pass, process] = [yield* CurrentReconcile.CurrentReconcile, yield* CurrentProcess]
          yield* callLog.record({ verb, target, pass, process, sent, result: "unavailable" })
          return yield* Effect.fail(noAnswer(message))
        })
}

function behind(falls: (stage: FaultContext) => void, catchesUp: (stage: FaultContext) => void): Fault["around"] {
  return (call, _, stage) =>
    Effect.suspend(() => {
      falls(stage)
      stage.later(BEHIND_MS, () => catchesUp(stage))
      return call
    })
}

function restarting(keepsTasks: boolean): Fault["around"] {
  return (call, { target }, { agents }) =>
    Effect.suspend(() => {
      agents.at(target).restart({ keepsTasks })
      return call
    })
}

const passing = (millis: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => TestClock.setTime(now + millis))

/** Somebody annotates the object; nobody but a conditional write minds. */
const touch = ({ key }: Site<unknown>, server: ApiServer): void => {
  if (key === undefined) return
  const { kind, name, namespace } = key
  const place = { ...parseApiVersion(kind.apiVersion), plural: kind.plural, namespace, name, user: "somebody" }
  const body = { metadata: { annotations: { touched: server.resourceVersion } } }
  server.handle({ ...place, verb: "patch", patchFormat: "merge", query: {}, body })
}
