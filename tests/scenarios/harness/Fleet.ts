/**
 * Many nodes in one TestCluster, and one process that reconciles several of them at once through the work queue of a real
 * controller. Equal fleets do the same at the same milliseconds of the test's clock.
 */
import { WorkQueue } from "@portolan/k8s-adapter"
import { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { type CallLog, type Faults, Invariants, TestCluster } from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "./Acts.ts"
import type { Json } from "./Json.ts"
import * as NodeController from "./NodeController.ts"

/** The step of time while passes run: the test's clock cannot say when the next sleeping fiber is due. */
const TICK_MS = 10

/** Calls by the node whose pass made them. */
export type Calls = ReadonlyMap<string, ReadonlyArray<CallLog.Call>>

/** An empty cluster, with a work queue that runs until the scope closes. */
export const make = Effect.gen(function* () {
  const cluster = yield* TestCluster.make(NodeController.controllerUnderTest())
  const { act, callLog, clusterControllers, server } = cluster
  const silence = silentSidecars()
  const { reconcile } = yield* cluster.startAnother(silence.around)
  const queue = yield* WorkQueue.make({
    grace: 0,
    run: (name) =>
      Effect.map(reconcile(ObjectMeta.key(SeiNode.resource, NodeController.NAMESPACE, name)), ({ requeue, wrote }) => ({
        next: requeue,
        progressed: wrote
      }))
  })

  /** Nodes that changed outside of their own passes. */
  const changed = new Set<string>()

  /** Runs the cluster's other controllers and enqueues the nodes of changed objects. Returns when something is due again. */
  const stepCluster = (nowMs: number) =>
    Effect.gen(function* () {
      const stop = server.subscribe(({ object }) => {
        const node = nodeOf(object)
        if (node !== undefined) changed.add(node)
      })
      const due = clusterControllers?.step(nowMs).nextDueMs
      stop()
      yield* Effect.forEach(changed, queue.add, { discard: true })
      changed.clear()
      return due
    })

  /** Runs every pass until it ends or waits for a silent sidecar. */
  const runPasses = Effect.gen(function* () {
    while (true) {
      yield* TestClock.adjust(0)
      const { queued, running } = yield* queue.statistics
      if (queued === 0 && running === silence.waiting()) return
    }
  })

  let [version, due]: [string, number | undefined] = ["", undefined]
  /** Lets time pass, and passes and controllers run when they are due. */
  const advance = (time: Duration.Input) =>
    Effect.gen(function* () {
      const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(time)
      while (true) {
        const now = yield* Clock.currentTimeMillis
        if (server.resourceVersion !== version || (due !== undefined && due <= now)) {
          due = yield* stepCluster(now)
          version = server.resourceVersion
        }
        yield* runPasses
        if (server.resourceVersion !== version) continue
        if (now >= end) return
        const isIdle = Object.values(yield* queue.statistics).every((count) => count === 0)
        yield* TestClock.setTime(Math.min(isIdle ? end : now + TICK_MS, due ?? end, end))
      }
    })

  return {
    advance,
    create: (name: string, spec: Json = {}) => {
      changed.add(name)
      return act(Acts.node(spec, { name }))
    },
    /** Merges into the spec of a node. */
    edit: (name: string, spec: Json) => {
      changed.add(name)
      return cluster.edit(name, { spec })
    },
    /** From now on the sidecar of a node accepts calls and never answers. Silence fewer than the queue runs at once. */
    silence: (name: string) => silence.add(NodeController.sidecarOf(name)),
    /** The number of nodes of each phase and image, with or without a plan. */
    phases: () => countOf(cluster.list(SeiNode.resource).map(ObjectMeta.statusOf)),
    /** Returns the calls since the last `take`, and clears the call log. */
    take: Effect.map(
      Effect.tap(callLog.calls, () => callLog.clear),
      (calls): Calls => Map.groupBy(calls, ({ pass }) => pass?.key.name ?? "")
    )
  }
})

/** Dies with the names of the invariants that the calls of any node violate. */
export const expectInvariants = (calls: Calls) =>
  Effect.suspend(() => {
    const violations = [...calls.values()].flatMap((each) => Invariants.check(each))
    return violations.length === 0 ? Effect.void : Effect.die(new Invariants.InvariantViolation({ violations }))
  })

/** The name of a node, or of the node that an object belongs to. */
const nodeOf = ({ kind, metadata }: ObjectMeta.KubernetesObject): string | undefined =>
  kind === SeiNode.resource.kind ? metadata.name : metadata.labels?.[Identity.NODE_LABEL]

/** Sidecars that never answer, so that each call of them ends at its deadline. */
const silentSidecars = () => {
  const addresses = new Set<string>()
  let waiting = 0
  const around: Faults.Around = (call, { target, unavailable, verb }) =>
    Effect.suspend(() => {
      if (unavailable === undefined || !addresses.has(target)) return call
      waiting += 1
      return Effect.sleep(verb === "health" ? "2 seconds" : "10 seconds").pipe(
        Effect.ensuring(Effect.sync(() => (waiting -= 1))),
        Effect.andThen(Effect.suspend(() => Effect.fail(unavailable("no answer in time"))))
      )
    })
  return {
    around,
    add: (address: string) => addresses.add(address),
    /** How many calls wait for their deadline. */
    waiting: () => waiting
  }
}

const countOf = (statuses: ReadonlyArray<Json>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { currentImage, phase, plan } of statuses) {
    const text = `${String(phase)} ${String(currentImage)}${plan === undefined ? "" : ", with a plan"}`
    counts[text] = (counts[text] ?? 0) + 1
  }
  return counts
}
