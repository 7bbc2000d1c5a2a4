/**
 * Things that go wrong, as layers over layers: they wrap whoever keeps the promises and need to know nothing about it.
 */
import { EventRecorder, KubernetesApi, StatusWriter, TaskAgent } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"

/** The process is gone: power cut, OOM kill, eviction. Nothing it would have done next happens. */
export class ProcessKilled extends Data.TaggedError("ProcessKilled")<{
  readonly call: number
  readonly when: "before" | "after"
}> {}

/** Where a process dies: before its nth call (from 0) is sent, or after it took effect and before its answer came. */
export interface Crash {
  readonly call: number
  readonly when: "before" | "after"
}

/** The promises by which a process touches the world. */
export type Promises =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | TaskAgent.TaskAgent
  | EventRecorder.EventRecorder

/** How many calls have been made through a crashing layer. */
export class CallCount extends Context.Service<CallCount, { readonly made: () => number }>()(
  "@portolan/testkit/Faults/CallCount"
) {}

/**
 * The promises in view, and a process that dies at one of their calls. Reads of the cache are no calls. `undefined`
 * never dies, and only counts.
 */
export const crashing = (crash: Crash | undefined): Layer.Layer<Promises | CallCount, never, Promises> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const status = yield* StatusWriter.StatusWriter
      const agent = yield* TaskAgent.TaskAgent
      const events = yield* EventRecorder.EventRecorder
      const { around, made } = boundary(crash)
      return Context.make(CallCount, { made }).pipe(
        Context.add(KubernetesApi.KubernetesApi, {
          get: (key) => around(api.get(key)),
          list: (kind, selection) => around(api.list(kind, selection)),
          create: (key, body) => around(api.create(key, body)),
          apply: (key, body) => around(api.apply(key, body)),
          delete: (key, preconditions) => around(api.delete(key, preconditions))
        }),
        Context.add(StatusWriter.StatusWriter, {
          patchStatus: (key, expected, patch) => around(status.patchStatus(key, expected, patch)),
          setFinalizers: (key, expected, finalizers) => around(status.setFinalizers(key, expected, finalizers))
        }),
        Context.add(TaskAgent.TaskAgent, {
          submit: (address, task) => around(agent.submit(address, task)),
          poll: (address, id) => around(agent.poll(address, id)),
          health: (address) => around(agent.health(address))
        }),
        Context.add(EventRecorder.EventRecorder, {
          record: (kind, about, note) => around(events.record(kind, about, note))
        })
      )
    })
  )

/** Runs something as a process that may be killed: `true` when it was. Any other defect stays one. */
export const survives = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<boolean, E, R> =>
  Effect.flatMap(Effect.exit(run), (exit) => {
    if (Exit.isSuccess(exit)) return Effect.succeed(false)
    const killed = Cause.squash(exit.cause) instanceof ProcessKilled
    return killed ? Effect.succeed(true) : Effect.failCause(exit.cause)
  })

const boundary = (crash: Crash | undefined) => {
  let made = 0
  const around = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      const index = made++
      if (crash?.call !== index) return call
      const killed = Effect.die(new ProcessKilled({ call: index, when: crash.when }))
      return crash.when === "before" ? killed : Effect.andThen(Effect.exit(call), killed)
    })
  return { around, made: () => made }
}
