/**
 * The faults that can be injected around calls of planner's services. They work over the services in memory and over a
 * real API server alike. {@link all} lists those that sweeps and the simulator choose from; the emulator's `HttpFaults`
 * are the same for HTTP requests.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { CurrentReconcile } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as TestClock from "effect/testing/TestClock"
import { CurrentProcess } from "../services/CallLog.ts"
import { resourceOf } from "../services/Resources.ts"
import { around, type CallSite, type FaultableServices } from "./Around.ts"
import type { Fault, FaultContext } from "./Fault.ts"
import * as Refusals from "./Refusals.ts"

export { type Around, around, type CallSite, type FaultableServices as Services, wrapServices } from "./Around.ts"
export type { Fault, FaultContext } from "./Fault.ts"
export {
  forbidden,
  forbiddenLasting,
  invalid,
  invalidLasting,
  longer as lastingRefusals,
  notFound,
  notFoundLasting,
  serverError,
  single as refusals,
  spuriousConflict,
  throttled,
  unauthorized,
  unavailable
} from "./Refusals.ts"

/** The process is killed, like by a power cut, an OOM kill or an eviction: it does nothing after this. */
export class ProcessKilled extends Data.TaggedError("ProcessKilled")<{ readonly when: "before" | "after" }> {}

/**
 * Kills a process before its call n (from 0) is sent, or after the call took effect and before its response arrives.
 */
export interface Crash {
  readonly call: number
  readonly when: "before" | "after"
}

/** The services of a process that is killed at one of its calls. */
export const crashing = ({ call, when }: Crash): Layer.Layer<FaultableServices, never, FaultableServices> => {
  let calls = 0
  return around((perform) => Effect.suspend(() => (calls++ === call ? killed(perform, when) : perform)))
}

const killed = <A, E, R>(call: Effect.Effect<A, E, R>, when: "before" | "after"): Effect.Effect<A, E, R> => {
  const kill = Effect.die(new ProcessKilled({ when }))
  return when === "before" ? kill : Effect.andThen(Effect.exit(call), kill)
}

/** Services that count the calls of a process. */
export const counting = () => {
  let calls = 0
  const layer = around((perform) =>
    Effect.suspend(() => {
      calls++
      return perform
    })
  )
  return { layer, calls: () => calls }
}

/** Runs the work of a process that may be killed. True when it was killed; any other defect stays a defect. */
export const wasKilled = <A, E, R>(work: Effect.Effect<A, E, R>): Effect.Effect<boolean, E, R> =>
  Effect.flatMap(Effect.exit(work), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.succeed(false)
    return isKilled(exit.cause) ? Effect.succeed(true) : Effect.failCause(exit.cause)
  })

const isKilled = (cause: Cause.Cause<unknown>): boolean => Cause.squash(cause) instanceof ProcessKilled

const isToAgent = ({ key }: CallSite<unknown>): boolean => key === undefined
const everyCall = () => true
const canFail = ({ unavailable }: CallSite<unknown>): boolean => unavailable !== undefined

export const killedBefore: Fault = {
  name: "killed before",
  description: "the process is killed (power cut, OOM kill, eviction) before it sends the request",
  appliesTo: everyCall,
  around: (call) => killed(call, "before")
}

export const killedAfter: Fault = {
  name: "killed after",
  description: "the process is killed after the request took effect and before it reads the response",
  appliesTo: everyCall,
  around: (call) => killed(call, "after")
}

export const answerLost: Fault = {
  name: "answer lost",
  description: "the request takes effect, then a load balancer or the network drops the connection",
  appliesTo: canFail,
  around: (call, site, context) => withoutResponse(call, site, context, "connection reset by peer")
}

/** When the caller of a request gives up. */
const TIMEOUT_MS = 30_000

export const timedOut: Fault = {
  name: "timed out",
  description: "the request takes effect on an overloaded server, but the caller times out after 30 seconds",
  appliesTo: canFail,
  around: (call, site, context) =>
    withoutResponse(Effect.ensuring(call, moveClock(TIMEOUT_MS)), site, context, "context deadline exceeded")
}

export const refused: Fault = {
  name: "refused",
  description: "the server restarts or is unreachable; the request does not arrive",
  appliesTo: canFail,
  around: withoutArriving("connection refused")
}

export const conflict: Fault = {
  name: "conflict",
  description: "another writer changes the object between the read of the pass and its write",
  appliesTo: ({ verb }) => verb === "patchStatus" || verb === "setFinalizers" || verb === "removeFinalizer",
  around: (call, site, { server }) =>
    Effect.suspend(() => {
      touch(site, server)
      return call
    })
}

/** How long a cache stays behind. */
const BEHIND_MS = 20_000
/** How many changes older the cache becomes. */
const OLDER_BY = 20

export const cacheFrozen: Fault = {
  name: "cache frozen",
  description: "the watch stays open but delivers nothing for 20 seconds: a stalled proxy or watch cache",
  appliesTo: everyCall,
  around: behind(
    ({ cache }) => cache.freeze(),
    ({ cache }) => cache.thaw()
  )
}

export const cacheOlder: Fault = {
  name: "cache older",
  description: "the informer relists from another API server, whose watch cache is older",
  appliesTo: everyCall,
  around: behind(
    ({ cache }) => cache.rewind(OLDER_BY),
    ({ cache }) => cache.thaw()
  )
}

export const deletedLost: Fault = {
  name: "DELETED lost",
  description:
    "the watch breaks, its history is compacted and the informer relists; it never receives the DELETED event",
  appliesTo: everyCall,
  around: behind(
    ({ cache }) => cache.freeze(),
    ({ cache }) => cache.relist()
  )
}

export const agentRestarted: Fault = {
  name: "agent restarted",
  description: "the agent's container restarts and reads its tasks from disk",
  appliesTo: isToAgent,
  around: restarting(true)
}

export const agentForgot: Fault = {
  name: "agent forgot",
  description: "the agent's pod is recreated, or restarts with its tasks only in memory",
  appliesTo: isToAgent,
  around: restarting(false)
}

export const leaseLost: Fault = {
  name: "lease lost",
  description: "the leader is paused (stopped machine, long GC), another one takes over, then the first one resumes",
  appliesTo: everyCall,
  around: (call, _, { otherLeader }) => Effect.andThen(otherLeader, call)
}

export const clockForward: Fault = {
  name: "clock forward",
  description: "the clock jumps forward one hour: the machine was suspended, or its clock is corrected",
  appliesTo: everyCall,
  around: (call) => Effect.ensuring(call, moveClock(3_600_000))
}

export const clockBack: Fault = {
  name: "clock back",
  description: "NTP steps the clock back two seconds",
  appliesTo: everyCall,
  around: (call) => Effect.ensuring(call, moveClock(-2_000))
}

/**
 * The agent accepts a task of this type, and this run of it fails. Not in {@link all}: a plan whose failure is final does not
 * converge after it without an edit. For simulations of kinds that retry the task or its plan.
 */
export const taskFailing = (type: string): Fault => ({
  name: `${type} fails`,
  description: `the agent runs ${type} and reports an error: its disk is full, or its workload crashed`,
  appliesTo: ({ sent, verb }) => verb === "submit" && Predicate.hasProperty(sent, "type") && sent.type === type,
  around: (call, { target }, { agents }) =>
    Effect.suspend(() => {
      const agent = agents.at(target)
      const behaviour = agent.behaviourOf(type)
      agent.script(type, { ...behaviour, failures: Number.POSITIVE_INFINITY })
      return Effect.ensuring(
        call,
        Effect.sync(() => agent.script(type, behaviour))
      )
    })
})

/** Every fault, in the order in which a sweep tries them. */
export const all: ReadonlyArray<Fault> = [
  killedBefore,
  killedAfter,
  answerLost,
  timedOut,
  refused,
  conflict,
  ...Refusals.single,
  ...Refusals.longer,
  cacheFrozen,
  cacheOlder,
  deletedLost,
  agentRestarted,
  agentForgot,
  leaseLost,
  clockForward,
  clockBack
]

/** The fault with a name; `undefined` if there is none. */
export const named = (name: string): Fault | undefined => all.find((fault) => fault.name === name)

/** The call takes effect, and its caller gets an error instead of the response. */
function withoutResponse<A, E, R>(
  call: Effect.Effect<A, E, R>,
  { unavailable }: CallSite<E>,
  { callLog }: FaultContext,
  message: string
) {
  return Effect.gen(function* () {
    const size = callLog.size()
    const exit = yield* Effect.exit(call)
    yield* callLog.markLost(size)
    return yield* unavailable === undefined ? exit : Effect.fail(unavailable(message))
  })
}

/** The call does not arrive. It is in the call log all the same, as `unavailable`. */
function withoutArriving(message: string): Fault["around"] {
  return (call, { sent, target, unavailable, verb }, { callLog }) =>
    unavailable === undefined
      ? call
      : Effect.gen(function* () {
          const [pass, process] = [yield* CurrentReconcile.CurrentReconcile, yield* CurrentProcess]
          yield* callLog.record({ verb, target, pass, process, sent, result: "unavailable" })
          return yield* Effect.fail(unavailable(message))
        })
}

/** The cache of the process falls behind before the call, and catches up {@link BEHIND_MS} later. */
function behind(
  fallBehind: (context: FaultContext) => void,
  catchUp: (context: FaultContext) => void
): Fault["around"] {
  return (call, _, context) =>
    Effect.suspend(() => {
      fallBehind(context)
      context.schedule(BEHIND_MS, () => catchUp(context))
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

const moveClock = (millis: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => TestClock.setTime(now + millis))

/** Another writer annotates the object, which only changes its version. */
const touch = ({ key }: CallSite<unknown>, server: ApiServer): void => {
  if (key === undefined) return
  const { kind, name, namespace } = key
  const target = { ...resourceOf(kind), namespace, name, user: "test-user" }
  const body = { metadata: { annotations: { touched: server.resourceVersion } } }
  server.handle({ ...target, verb: "patch", patchFormat: "merge", query: {}, body })
}
