/**
 * All controllers of the cluster: they create the pods of StatefulSets and Jobs, run pods, bind volumes and collect
 * garbage. Deterministic: the same steps at the same times make the same changes. A step looks only at objects that
 * changed or are due.
 */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { Clock } from "../Clock.ts"
import type { ClusterController } from "./ClusterController.ts"
import * as GarbageCollectorController from "./GarbageCollectorController.ts"
import * as JobController from "./JobController.ts"
import * as Kubelet from "./Kubelet.ts"
import * as StatefulSetController from "./StatefulSetController.ts"
import * as VolumeBinder from "./VolumeBinder.ts"

export type Options = Kubelet.Options & VolumeBinder.Options

export interface ClusterControllers {
  /** Does everything that is due, until nothing changes any more. */
  readonly step: (nowMs: number) => { readonly changed: boolean; readonly nextDueMs: number | undefined }
  /** Ends the subscription to the server's changes. */
  readonly stop: () => void
}

/** The rounds of one step. A cluster that needs more never becomes steady. */
const ROUNDS_MAX = 20

export const make = (server: ApiServer, options: Options = {}): ClusterControllers => {
  const controllers: ReadonlyArray<ClusterController> = [
    VolumeBinder.make(server, options),
    StatefulSetController.make(server),
    JobController.make(server),
    Kubelet.make(server, options),
    GarbageCollectorController.make(server)
  ]
  const stop = server.subscribe((event) => {
    for (const controller of controllers) controller.receive(event)
  })
  return {
    stop,
    step: (nowMs) => {
      const start = server.resourceVersion
      let nextDueMs: number | undefined
      for (let round = 0; round < ROUNDS_MAX; round++) {
        const before = server.resourceVersion
        const times = controllers.map((controller) => controller.step(nowMs)).filter((time) => time !== undefined)
        nextDueMs = times.length === 0 ? undefined : Math.min(...times)
        if (server.resourceVersion === before) break
      }
      return { changed: server.resourceVersion !== start, nextDueMs }
    }
  }
}

/**
 * Runs the controllers on a clock: a step now, after every change, and when something is due. Returns a function that
 * stops them.
 */
export const run = (server: ApiServer, clock: Clock, options: Options = {}): (() => void) => {
  const controllers = make(server, options)
  const nothing = () => {}
  let cancel = nothing
  const stepAfter = (millis: number): void => {
    cancel()
    cancel = clock.after(millis, step)
  }
  const step = (): void => {
    cancel = nothing
    const now = clock.now()
    const { changed, nextDueMs } = controllers.step(now)
    if (!changed && nextDueMs !== undefined) stepAfter(Math.max(0, nextDueMs - now))
  }
  const unsubscribe = server.subscribe(() => stepAfter(0))
  stepAfter(0)
  return () => {
    unsubscribe()
    controllers.stop()
    cancel()
  }
}
