/**
 * The rest of a cluster: who makes pods of StatefulSets and Jobs, runs them, binds volumes and collects garbage.
 * Deterministic; the same steps at the same times change the same things. A step looks at what changed and at what is
 * due, not at everything.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { ClusterController } from "./ClusterController.ts"
import * as Collector from "./GarbageCollectorController.ts"
import * as JobController from "./JobController.ts"
import * as Kubelet from "./Kubelet.ts"
import * as StatefulSetController from "./StatefulSetController.ts"
import * as VolumeBinder from "./VolumeBinder.ts"

export type Options = Kubelet.Options & VolumeBinder.Options

export interface ClusterControllers {
  /** Does everything that is due, until nothing more follows from it. */
  readonly step: (nowMs: number) => { readonly changed: boolean; readonly nextDueMs: number | undefined }
  /** They hear of no change any more. */
  readonly stop: () => void
}

/** Rounds in one step; a cluster that is not at rest after so many changes for ever. */
const ROUNDS = 20

export const make = (server: ApiServer, options: Options = {}): ClusterControllers => {
  const controllers: ReadonlyArray<ClusterController> = [
    VolumeBinder.make(server, options),
    StatefulSetController.make(server),
    JobController.make(server),
    Kubelet.make(server, options),
    Collector.make(server)
  ]
  const stop = server.subscribe((event) => {
    for (const controller of controllers) controller.receive(event)
  })
  return {
    stop,
    step: (nowMs) => {
      const start = server.resourceVersion
      let nextDueMs: number | undefined
      for (let round = 0; round < ROUNDS; round++) {
        const before = server.resourceVersion
        const times = controllers.map((controller) => controller.step(nowMs)).filter((time) => time !== undefined)
        nextDueMs = times.length === 0 ? undefined : Math.min(...times)
        if (server.resourceVersion === before) break
      }
      return { changed: server.resourceVersion !== start, nextDueMs }
    }
  }
}

/** Plays the actors on the clock in view until the scope closes: after every change, and when something is due. */
export const run = (server: ApiServer, options: Options = {}): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const controllers = yield* Effect.acquireRelease(
      Effect.sync(() => make(server, options)),
      ({ stop }) => Effect.sync(stop)
    )
    const changes = yield* Queue.sliding<void>(1)
    yield* Effect.acquireRelease(
      Effect.sync(() => server.subscribe(() => Queue.offerUnsafe(changes, undefined))),
      (stop) => Effect.sync(stop)
    )
    const loop = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { nextDueMs } = controllers.step(now)
      const woken = Queue.take(changes)
      yield* nextDueMs === undefined ? woken : Effect.timeoutOption(woken, Math.max(0, nextDueMs - now))
    })
    yield* Effect.forkScoped(Effect.forever(loop))
  })
