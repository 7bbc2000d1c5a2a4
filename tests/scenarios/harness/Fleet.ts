/**
 * Many nodes in one cluster in memory, and one process that controls them all: turns of different nodes run at once, in
 * the queue of a real controller. Equal fleets do the same at the same milliseconds of the test's clock.
 */
import { WorkQueue } from "@portolan/k8s-adapter"
import { ObjectMeta, Reconcile, TaskAgent } from "@portolan/planner"
import { Identity, NodeReconciler, SamplePlatform, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import {
  type ApiRequest,
  CallLog,
  ClusterControllers,
  InMemoryAgent,
  InMemoryKubernetes,
  Invariants
} from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as TestCluster from "./NodeCluster.ts"

/** How far time goes at once where nothing says when it is needed next: the clock does not tell who sleeps on it. */
const TICK_MS = 10

/** Calls by the node whose turn made them. */
export type Calls = ReadonlyMap<string, ReadonlyArray<CallLog.Call>>

/** An empty cluster, and a queue that works until the scope closes. */
export const make = Effect.gen(function* () {
  const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const agents = yield* InMemoryAgent.InMemoryAgent
  const callLog = yield* CallLog.CallLog
  const silence = silencing(yield* TaskAgent.TaskAgent)
  const reconcile = yield* Reconcile.make(NodeReconciler.make(SamplePlatform.sample))
  const queue = yield* WorkQueue.make({
    grace: 0,
    run: (name) =>
      reconcile(TestCluster.keyOf(name)).pipe(
        Effect.provideService(TaskAgent.TaskAgent, silence.agent),
        Effect.map(({ requeue, wrote }) => ({ next: requeue, progressed: wrote }))
      )
  })
  const isReady = ({ metadata }: ObjectMeta.KubernetesObject) =>
    agents.at(TestCluster.sidecarOf(metadata.labels?.[Identity.NODE_LABEL] ?? "")).isReady
  const controllers = ClusterControllers.make(server, { isReady })

  /** Nodes that something happened to which no turn of theirs did. */
  const concerned = new Set<string>()
  const user = (request: Parameters<typeof ask>[1]) =>
    Effect.suspend(() => {
      const { body, code } = ask(SeiNode.resource, { user: "somebody", namespace: TestCluster.NAMESPACE, ...request })
      return code < 300 ? Effect.void : Effect.die(new Error(`${code}: ${String(body.message)}`))
    })

  /** Everybody else does what is due, and whom it concerns is looked at. Returns when something is due again. */
  const others = (nowMs: number) =>
    Effect.gen(function* () {
      const stop = server.subscribe((event) => {
        follow(agents, event)
        const node = nodeOf(event.object)
        if (node !== undefined) concerned.add(node)
      })
      const { nextDueMs } = controllers.step(nowMs)
      stop()
      yield* Effect.forEach(concerned, queue.add, { discard: true })
      concerned.clear()
      return nextDueMs
    })

  /** Lets every turn go on until it ends or waits for a silent sidecar. */
  const quiet = Effect.gen(function* () {
    while (true) {
      yield* TestClock.adjust(0)
      const { queued, running } = yield* queue.statistics
      if (queued === 0 && running === silence.waiting()) return
    }
  })

  let [seen, due]: [string, number | undefined] = ["", undefined]
  /** Lets time pass, and everybody do what is due. */
  const pass = (time: Duration.Input) =>
    Effect.gen(function* () {
      const end = (yield* Clock.currentTimeMillis) + Duration.toMillis(time)
      while (true) {
        const now = yield* Clock.currentTimeMillis
        if (server.resourceVersion !== seen || (due !== undefined && due <= now)) {
          due = yield* others(now)
          seen = server.resourceVersion
        }
        yield* quiet
        if (server.resourceVersion !== seen) continue
        if (now >= end) return
        const isAtRest = Object.values(yield* queue.statistics).every((count) => count === 0)
        yield* TestClock.setTime(Math.min(isAtRest ? end : now + TICK_MS, due ?? end, end))
      }
    })

  return {
    pass,
    create: (name: string, spec: TestCluster.Json = {}) => {
      agents.setReachable(TestCluster.sidecarOf(name), false)
      concerned.add(name)
      return user({ verb: "create", body: Fixtures.manifest(spec, { name }) })
    },
    /** Merges into the spec of a node. */
    edit: (name: string, spec: TestCluster.Json) => {
      concerned.add(name)
      return user({ verb: "patch", patchFormat: "merge", name, body: { spec } })
    },
    /** From now on the sidecar of a node takes calls and never answers. Fewer than the queue runs at once. */
    silence: (name: string) => silence.of(TestCluster.sidecarOf(name)),
    /** How many nodes there are of each phase and image, and whether a plan is under way. */
    phases: () => countOf(server.peekAll(NODES, TestCluster.NAMESPACE).map(ObjectMeta.statusOf)),
    /** Calls since the last time this was asked; the ledger is empty again. */
    take: Effect.map(
      Effect.tap(callLog.calls, () => callLog.clear),
      (calls): Calls => Map.groupBy(calls, ({ pass }) => pass?.key.name ?? "")
    )
  }
})

const NODES = { group: SeiNode.kind.group, version: SeiNode.kind.version, plural: SeiNode.kind.plural }

/** Dies with the names of the laws that the calls of any node show broken. */
export const invariantsHold = (calls: Calls) =>
  Effect.suspend(() => {
    const violations = [...calls.values()].flatMap((each) => Invariants.check(each))
    return violations.length === 0 ? Effect.void : Effect.die(new Invariants.InvariantViolation({ violations }))
  })

/** The node that an object is, or belongs to. */
const nodeOf = ({ kind, metadata }: ObjectMeta.KubernetesObject): string | undefined =>
  kind === SeiNode.resource.kind ? metadata.name : metadata.labels?.[Identity.NODE_LABEL]

/** Agents of which some never answer, so that each call of them ends at its deadline. */
const silencing = (agent: TaskAgent.TaskAgent["Service"]) => {
  const silent = new Set<string>()
  let waiting = 0
  const ask = <A>(
    address: TaskAgent.AgentAddress,
    deadline: Duration.Input,
    call: Effect.Effect<A, TaskAgent.AgentError>
  ) =>
    Effect.suspend(() => {
      if (!silent.has(address)) return call
      waiting += 1
      return Effect.sleep(deadline).pipe(
        Effect.ensuring(Effect.sync(() => (waiting -= 1))),
        Effect.andThen(
          new TaskAgent.AgentError({
            address,
            reason: new TaskAgent.AgentUnreachable({ message: "no answer in time" })
          })
        )
      )
    })
  return {
    of: (address: string) => silent.add(address),
    /** Calls that wait for their deadline. */
    waiting: () => waiting,
    agent: TaskAgent.TaskAgent.of({
      submit: (address, task) => ask(address, "10 seconds", agent.submit(address, task)),
      poll: (address, id) => ask(address, "10 seconds", agent.poll(address, id)),
      health: (address) => ask(address, "2 seconds", agent.health(address))
    })
  }
}

/** The sidecar of a pod listens while the pod runs, and forgets with it what its node may start. */
const follow = (agents: InMemoryAgent.InMemoryAgent["Service"], { object, type }: ApiRequest.ApiEvent): void => {
  if (object.kind !== "Pod") return
  const address = TestCluster.sidecarOf(nodeOf(object) ?? "")
  const isRunning = TestCluster.asObject(object.status).phase === "Running"
  const isUp = isRunning && type !== "DELETED" && object.metadata.deletionTimestamp === undefined
  if (isUp === agents.listens(address)) return
  if (!isUp) agents.at(address).restart({ keepsTasks: true })
  agents.setReachable(address, isUp)
}

const countOf = (statuses: ReadonlyArray<TestCluster.Json>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { currentImage, phase, plan } of statuses) {
    const text = `${String(phase)} ${String(currentImage)}${plan === undefined ? "" : ", with a plan"}`
    counts[text] = (counts[text] ?? 0) + 1
  }
  return counts
}
