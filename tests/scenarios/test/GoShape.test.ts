/** Whatever we write into a node's status, the controller that was there before could read it and go on with it. */
import { assert, describe, it } from "@effect/vitest"
import type { CallLog } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../harness/Cases.ts"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as Shape from "../takeover/Shape.ts"
import * as TaskIds from "../takeover/TaskIds.ts"

type Calls = ReadonlyArray<CallLog.Call>

const isWritten = ({ result, verb }: CallLog.Call) => verb === "patchStatus" && result === "ok"
const statusAfter = ({ after }: CallLog.Call) => TestCluster.asObject(TestCluster.asJson(after?.status))
const planAfter = (call: CallLog.Call) => TestCluster.asObject(statusAfter(call).plan)

/** Everything in a ledger that would not be understood there. */
const mistakes = (calls: Calls): ReadonlyArray<string> => [
  ...calls
    .filter(isWritten)
    .flatMap((call) => [
      ...[Shape.mistake(statusAfter(call))].filter((each) => each !== undefined),
      ...TestCluster.tasks(planAfter(call)).flatMap(({ id, type }, index) =>
        id === TaskIds.of(String(planAfter(call).id), String(type), index) ? [] : [`${id} is no id of ${type}/${index}`]
      )
    ]),
  ...calls.flatMap((call) => unclaimed(calls, call))
]

/** A task that was submitted, but for a signal, is stored as pending with the time of its submission. */
const unclaimed = (calls: Calls, { index, sent, verb }: CallLog.Call): ReadonlyArray<string> => {
  const { id, type } = TestCluster.asObject(TestCluster.asJson(sent))
  if (verb !== "submit" || type === "mark-ready") return []
  const write = calls.findLast((each) => isWritten(each) && each.index < index)
  const task = write === undefined ? {} : TestCluster.tasks(planAfter(write)).find((each) => each.id === id)
  return task?.status === "Pending" && task.submittedAt !== undefined ? [] : [`${type} was sent and not claimed`]
}

const wrong = "sei:wrong"

interface Trouble {
  readonly name: string
  /** What only this trouble writes. */
  readonly writes: string
  readonly meet: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown, TestCluster.Services>
}

const troubles: ReadonlyArray<Trouble> = [
  {
    name: "a task that fails for good",
    writes: '"reason":"PlanFailed"',
    meet: (cluster) => {
      cluster.agents.script("config-apply", { failures: 9, error: "disk full" })
      return TestCluster.converged(cluster)
    }
  },
  {
    name: "a task that is tried again",
    writes: '"retryAt":',
    meet: (cluster) => {
      cluster.agents.script("configure-genesis", { failures: 1 })
      return TestCluster.converged(cluster)
    }
  },
  {
    name: "an update that fails and is built again",
    writes: '"attempt":1',
    meet: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-patch", { failures: 1 })
        yield* TestCluster.converged(cluster)
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge({ until: Effect.sync(() => cluster.plan().attempt === 1) })
        cluster.agents.script("config-patch", {})
        yield* cluster.converge()
      })
  },
  {
    name: "an image that is edited before it could be pulled",
    writes: '"supersedes":',
    meet: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.create({ image: wrong })
        yield* cluster.converge({
          until: Effect.sync(() => JSON.stringify(cluster.pod() ?? "").includes("ImagePullBackOff"))
        })
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
      })
  },
  {
    name: "an edit that has to wait",
    writes: '"reason":"SupersessionHeld"',
    meet: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-apply", { durationMs: 60_000 })
        yield* TestCluster.until(cluster, TestCluster.submitted(cluster, "config-apply"))
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
      })
  },
  {
    name: "a wait that lasts too long",
    writes: '"reason":"WaitOverdue"',
    meet: (cluster) =>
      Effect.gen(function* () {
        cluster.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
        yield* TestCluster.until(cluster, TestCluster.submitted(cluster, "config-apply"))
        yield* TestClock.adjust("3 hours")
        yield* cluster.reconcile
      })
  },
  {
    name: "an edit that is refused",
    writes: '"reason":"PlanRefused"',
    meet: (cluster) =>
      Effect.andThen(
        TestCluster.converged(cluster),
        Effect.andThen(cluster.edit({ chainId: "atlantic-2" }), cluster.converge())
      )
  },
  {
    name: "too few state syncers",
    writes: '"reason":"NoSyncersConfigured"',
    meet: (cluster) => Effect.andThen(cluster.create({ fullNode: { snapshot: { stateSync: {} } } }), cluster.reconcile)
  },
  {
    name: "a pause",
    writes: '"reason":"Paused"',
    meet: (cluster) =>
      Effect.gen(function* () {
        yield* TestCluster.converged(cluster)
        yield* cluster.edit({ paused: true })
        yield* cluster.converge()
        yield* cluster.edit({ paused: false })
        yield* cluster.converge()
      })
  },
  {
    name: "a sidecar that lost its memory",
    writes: '"reason":"NotReady"',
    meet: (cluster) =>
      Effect.gen(function* () {
        yield* TestCluster.converged(cluster)
        cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: false })
        yield* cluster.converge()
      })
  }
]

describe("what is written of", () => {
  for (const each of Cases.cases) {
    it.effect(`${each.name}, from nothing through an image change and away, has the shape that was there before`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* Cases.begin(cluster, each)
        yield* cluster.converge()
        yield* cluster.edit({ image: "sei:v2" })
        yield* cluster.converge()
        yield* cluster.remove
        yield* cluster.converge()
        assert.deepStrictEqual(mistakes(yield* cluster.calls), [])
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }

  for (const { meet, name, writes } of troubles) {
    it.effect(`${name} has the shape that was there before, with fields of ours`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* meet(cluster)
        const calls = yield* cluster.calls
        assert.deepStrictEqual(mistakes(calls), [])
        assert.isTrue(calls.filter(isWritten).some((call) => JSON.stringify(statusAfter(call)).includes(writes)))
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})

describe("the shape itself", () => {
  it.each([...Corpus.plans, ...Corpus.running, Corpus.failed])("is that of what was found: $name", (left) => {
    const status = { ...Corpus.statusOf(left), statefulSet: { name: TestCluster.NAME, uid: "a" } }
    assert.isUndefined(Shape.mistake(status))
  })

  it("refuses fields and reasons that are nobody's", () => {
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
    assert.isString(Shape.mistake({ mood: "good" }))
  })

  it.each([
    ["test-plan-retry", "configure-genesis", 0, "52870ba7-7f29-5143-8fa9-c17316f83728"],
    ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "ensure-data-pvc", 0, "92f1e14c-2a7d-5fab-aa68-4d817362faa0"],
    ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "mark-ready", 7, "7d09e9a5-1c35-521c-9898-1a3b9a389f27"]
  ] as const)("names the task of %s/%s/%i as every controller does", (plan, type, index, id) => {
    assert.strictEqual(TaskIds.of(plan, type, index), id)
  })
})
