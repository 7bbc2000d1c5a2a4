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

/** Something that happens around each call of a process. */
export type Around = <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The promises in view, with something around each of their calls. Reads of the cache are no calls. */
export const around = (wrap: Around): Layer.Layer<Promises, never, Promises> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      const status = yield* StatusWriter.StatusWriter
      const agent = yield* TaskAgent.TaskAgent
      const events = yield* EventRecorder.EventRecorder
      return Context.make(KubernetesApi.KubernetesApi, {
        get: (key) => wrap(api.get(key)),
        list: (kind, selection) => wrap(api.list(kind, selection)),
        create: (key, body) => wrap(api.create(key, body)),
        apply: (key, body) => wrap(api.apply(key, body)),
        delete: (key, preconditions) => wrap(api.delete(key, preconditions)),
        removeFinalizer: (kind, seen, finalizer) => wrap(api.removeFinalizer(kind, seen, finalizer))
      }).pipe(
        Context.add(StatusWriter.StatusWriter, {
          patchStatus: (key, expected, patch) => wrap(status.patchStatus(key, expected, patch)),
          setFinalizers: (key, expected, finalizers) => wrap(status.setFinalizers(key, expected, finalizers))
        }),
        Context.add(TaskAgent.TaskAgent, {
          submit: (address, task) => wrap(agent.submit(address, task)),
          poll: (address, id) => wrap(agent.poll(address, id)),
          health: (address) => wrap(agent.health(address))
        }),
        Context.add(EventRecorder.EventRecorder, {
          record: (kind, about, note) => wrap(events.record(kind, about, note))
        })
      )
    })
  )

/** A process that dies at one of its calls. */
export const crashing = ({ call, when }: Crash): Layer.Layer<Promises, never, Promises> => {
  let made = 0
  return around((perform) =>
    Effect.suspend(() => {
      if (made++ !== call) return perform
      const killed = Effect.die(new ProcessKilled({ call, when }))
      return when === "before" ? killed : Effect.andThen(Effect.exit(perform), killed)
    })
  )
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
    const killed = Cause.squash(exit.cause) instanceof ProcessKilled
    return killed ? Effect.succeed(true) : Effect.failCause(exit.cause)
  })
