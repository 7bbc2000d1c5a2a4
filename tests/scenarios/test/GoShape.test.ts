/** The Go operator can read every status that we write, and continue its plan. */
import { assert, describe, it } from "@effect/vitest"
import type { CallLog } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as Shape from "../takeover/Shape.ts"
import * as TaskIds from "../takeover/TaskIds.ts"

type Calls = ReadonlyArray<CallLog.Call>

const isStatusWrite = ({ result, verb }: CallLog.Call) => verb === "patchStatus" && result === "ok"
const statusAfter = ({ after }: CallLog.Call) => NodeCluster.asJson(after?.status)
const planAfter = (call: CallLog.Call) => NodeCluster.asObject(statusAfter(call).plan)

/** Everything in the recorded calls that the Go operator would not understand, one sentence each. */
const mistakes = (calls: Calls): ReadonlyArray<string> => [
  ...calls
    .filter(isStatusWrite)
    .flatMap((call) => [
      ...[Shape.mistake(statusAfter(call))].filter((each) => each !== undefined),
      ...NodeCluster.tasks(planAfter(call)).flatMap(({ id, type }, index) =>
        id === TaskIds.of(String(planAfter(call).id), String(type), index)
          ? []
          : [`${id} is not the id of ${type}/${index}`]
      )
    ]),
  ...calls.flatMap((call) => unrecorded(calls, call))
]

/** A submitted task, except mark-ready, has to be stored as pending with the time of its submission. */
const unrecorded = (calls: Calls, { index, sent, verb }: CallLog.Call): ReadonlyArray<string> => {
  const { id, type } = NodeCluster.asJson(sent)
  if (verb !== "submit" || type === "mark-ready") return []
  const write = calls.findLast((each) => isStatusWrite(each) && each.index < index)
  const task = write === undefined ? {} : NodeCluster.tasks(planAfter(write)).find((each) => each.id === id)
  return task?.status === "Pending" && task.submittedAt !== undefined
    ? []
    : [`${type} was sent before its submission was stored`]
}

const wrong = "sei:wrong"

interface Situation {
  readonly name: string
  /** Text that only this situation writes. */
  readonly writes: string
  readonly reach: (cluster: NodeCluster.NodeCluster) => Effect.Effect<unknown, unknown>
}

const situations: ReadonlyArray<Situation> = [
  {
    name: "a task that fails for good",
    writes: '"reason":"PlanFailed"',
    reach: (cluster) => {
      cluster.agents.script("config-apply", { failures: 9, error: "disk full" })
      return NodeCluster.converged(cluster)
    }
  },
  {
    name: "a task that is retried",
    writes: '"retryAt":',
    reach: (cluster) => {
      cluster.agents.script("configure-genesis", { failures: 1 })
      return NodeCluster.converged(cluster)
    }
  },
  {
    name: "an update that fails and is planned again",
    writes: '"attempt":1',
    reach: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-patch", { failures: 1 })
        yield* NodeCluster.converged(cluster)
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: () => cluster.plan().attempt === 1 })
        cluster.agents.script("config-patch", {})
        yield* cluster.converge()
      })
  },
  {
    name: "an image that is corrected before it was pulled",
    writes: '"supersedes":',
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.create({ image: wrong })
        yield* cluster.converge({ until: NodeCluster.isStuck(cluster) })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
      })
  },
  {
    name: "an edit that has to wait",
    writes: '"reason":"SupersessionHeld"',
    reach: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-apply", { durationMs: 60_000 })
        yield* NodeCluster.until(cluster, NodeCluster.submitted(cluster, "config-apply"))
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
      })
  },
  {
    name: "a wait past its deadline",
    writes: '"reason":"WaitOverdue"',
    reach: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
        yield* NodeCluster.until(cluster, NodeCluster.submitted(cluster, "config-apply"))
        yield* TestClock.adjust("3 hours")
        yield* cluster.reconcile
      })
  },
  {
    name: "an edit that is rejected",
    writes: '"reason":"PlanRefused"',
    reach: (cluster) =>
      Effect.andThen(
        NodeCluster.converged(cluster),
        Effect.andThen(cluster.edit({ chainId: "atlantic-2" }), cluster.converge())
      )
  },
  {
    name: "too few state syncers",
    writes: '"reason":"NoSyncersConfigured"',
    reach: (cluster) => Effect.andThen(cluster.create({ fullNode: { snapshot: { stateSync: {} } } }), cluster.reconcile)
  },
  {
    name: "a pause",
    writes: '"reason":"Paused"',
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* NodeCluster.converged(cluster)
        yield* cluster.edit({ paused: true })
        yield* cluster.converge()
        yield* cluster.edit({ paused: false })
        yield* cluster.converge()
      })
  },
  {
    name: "a sidecar that forgot its tasks",
    writes: '"reason":"NotReady"',
    reach: (cluster) =>
      Effect.gen(function* () {
        yield* NodeCluster.converged(cluster)
        cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: false })
        yield* cluster.converge()
      })
  }
]

describe("the status that is written for", () => {
  for (const each of Cases.cases) {
    it.effect(`${each.name}, from creation through an image change to deletion, has the Go operator's shape`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.converge()
        assert.deepStrictEqual(mistakes(yield* cluster.calls), [])
      })
    )
  }

  for (const { name, reach, writes } of situations) {
    it.effect(`${name} has the Go operator's shape and our own fields`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* reach(cluster)
        const calls = yield* cluster.calls
        assert.deepStrictEqual(mistakes(calls), [])
        assert.isTrue(calls.filter(isStatusWrite).some((call) => JSON.stringify(statusAfter(call)).includes(writes)))
      })
    )
  }
})

describe("the Go operator's shape", () => {
  it.each([...Corpus.plans, ...Corpus.running, Corpus.failed])("is that of the recorded status: $name", (recorded) => {
    const status = { ...Corpus.statusOf(recorded), statefulSet: { name: NodeCluster.NAME, uid: "a" } }
    assert.isUndefined(Shape.mistake(status))
  })

  it("rejects unknown fields and reasons", () => {
    const condition = {
      type: "Paused",
      status: "False",
      reason: "NotPaused",
      message: "",
      lastTransitionTime: "2026-08-04T09:00:00Z",
      observedGeneration: 1
    }
    assert.isUndefined(Shape.mistake({ conditions: [condition] }))
    assert.isString(Shape.mistake({ conditions: [{ ...condition, reason: "Asleep" }] }))
    assert.isString(Shape.mistake({ conditions: [{ ...condition, severity: "low" }] }))
    assert.isString(Shape.mistake({ unknown: "field" }))
  })

  it.each([
    ["test-plan-retry", "configure-genesis", 0, "52870ba7-7f29-5143-8fa9-c17316f83728"],
    ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "ensure-data-pvc", 0, "92f1e14c-2a7d-5fab-aa68-4d817362faa0"],
    ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "mark-ready", 7, "7d09e9a5-1c35-521c-9898-1a3b9a389f27"]
  ] as const)("gives the task of %s/%s/%i the id that every controller gives it", (plan, type, index, id) => {
    assert.strictEqual(TaskIds.of(plan, type, index), id)
  })
})
