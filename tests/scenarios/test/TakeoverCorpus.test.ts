/** Whatever another controller was at when it stopped, we go on with it: what it sent is asked for, what it made is kept. */
import { assert, describe, it } from "@effect/vitest"
import type { CallLog } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as TestCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as TaskIds from "../takeover/TaskIds.ts"

const ids = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<string> =>
  calls.flatMap(({ sent, verb }) =>
    verb === "submit" ? [String(TestCluster.asObject(TestCluster.asJson(sent)).id)] : []
  )

const planIn = ({ after, verb }: CallLog.Call): TestCluster.Json =>
  verb === "patchStatus" ? TestCluster.asObject(TestCluster.asObject(TestCluster.asJson(after?.status)).plan) : {}

/** The plans that were stored beside the one that was found. */
const others = (calls: ReadonlyArray<CallLog.Call>, left: Corpus.Left): ReadonlyArray<TestCluster.Json> =>
  calls.map(planIn).filter(({ id, tasks }) => tasks !== undefined && id !== Corpus.planOf(left).id)

/** Requests that a turn of ours made. */
const requests = (calls: ReadonlyArray<CallLog.Call>) =>
  TestCluster.requests(calls.filter(({ pass }) => pass !== undefined))

const replicas = (cluster: TestCluster.TestCluster) => TestCluster.asObject(cluster.statefulSet()?.spec).replicas
const uids = (cluster: TestCluster.TestCluster) => ({
  claim: cluster.claim()?.metadata.uid,
  statefulSet: cluster.statefulSet()?.metadata.uid
})
const isBootstrapping = (cluster: TestCluster.TestCluster) =>
  cluster.server
    .peekAll({ group: "", version: "v1", plural: "pods" }, TestCluster.NAMESPACE)
    .some(({ metadata }) => metadata.labels?.["sei.io/component"] === "bootstrap")

/** Settles, and looks after every turn that the two pods that would have one volume never both may have it. */
const converge = (cluster: TestCluster.TestCluster) =>
  cluster.converge({
    until: Effect.sync(() => {
      if (isBootstrapping(cluster))
        assert.strictEqual(replicas(cluster), 0, "the StatefulSet stands beside a bootstrap pod")
      return false
    })
  })

/** The Job ends before anybody has heard that its node may start: what follows a bootstrap is planned anew. */
const isOvertaken = ({ done, left, sent }: Corpus.Moment): boolean =>
  sent === "sent, and not recorded" && TestCluster.types(Corpus.planOf(left))[done + 1] === "await-bootstrap-complete"

describe.each(Corpus.plans)("$name", (left) => {
  it("is in the stored form: a random plan id, and task ids that follow from it", () => {
    const { id } = Corpus.planOf(left)
    assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
    assert.deepStrictEqual(
      Corpus.tasksOf(left).map((task) => task.id),
      TestCluster.types(Corpus.planOf(left)).map((type, index) => TaskIds.of(String(id), type, index))
    )
  })

  for (const moment of Corpus.moments(left)) {
    it.effect(`INV-8: goes on from ${Corpus.describe(moment)}`, () =>
      Effect.gen(function* () {
        const cluster = yield* TestCluster.make()
        yield* Corpus.leave(cluster, moment)
        const known = cluster.agents.at(TestCluster.ADDRESS).all.map(({ id }) => id)
        const [before, pod] = [uids(cluster), cluster.pod()?.metadata.uid]
        yield* converge(cluster)
        const { currentImage, phase, plan, waiting } = cluster.status()
        assert.deepStrictEqual({ phase, plan, waiting }, { phase: "Running", plan: undefined, waiting: undefined })
        assert.strictEqual(currentImage, TestCluster.asObject(left.node.spec).image)
        assert.strictEqual(replicas(cluster), 1)
        assert.deepStrictEqual(
          { ...uids(cluster), ...(before.claim === undefined ? { claim: undefined } : {}) },
          before
        )
        const calls = yield* cluster.calls
        const open = Corpus.tasksOf(left).filter(
          ({ id, type }) => TestCluster.isRemote(String(type)) && !known.includes(String(id))
        )
        assert.deepStrictEqual(
          TestCluster.submissions(calls),
          open.map(({ type }) => String(type))
        )
        if (isOvertaken(moment)) {
          assert.isTrue(others(calls, left).every(({ supersedes }) => supersedes === Corpus.planOf(left).id))
        } else {
          assert.deepStrictEqual(others(calls, left), [])
          assert.deepStrictEqual(
            ids(calls),
            open.map(({ id }) => String(id))
          )
        }
        if (moment.done === Corpus.tasksOf(left).length) assert.strictEqual(cluster.pod()?.metadata.uid, pod)
        yield* cluster.invariantsHold
      }).pipe(Effect.provide(TestCluster.layer))
    )
  }
})

describe("a node that another controller left", () => {
  it.effect("Failed stays so: nothing is sent, nothing is made, and its plan stays to be read", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Corpus.leave(cluster, { left: Corpus.failed, done: 5, sent: "not begun" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.deepStrictEqual(cluster.plan(), Corpus.planOf(Corpus.failed))
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanFailed" })
      assert.deepStrictEqual(requests(yield* cluster.calls), { patchStatus: 1 })
      assert.deepStrictEqual(TestCluster.submissions(yield* cluster.calls), [])
      yield* cluster.invariantsHold
    }).pipe(Effect.provide(TestCluster.layer))
  )

  it.effect.each(Corpus.running)("at rest gets one status write of ours and then none: $name", (left) =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make()
      yield* Corpus.leave(cluster, { left, done: 0, sent: "not begun" })
      const [before, pod] = [uids(cluster), cluster.pod()?.metadata.uid]
      yield* cluster.converge()
      assert.deepStrictEqual(requests(yield* cluster.take), { patchStatus: 1 })
      yield* TestClock.adjust("1 hour")
      yield* cluster.reconcile
      assert.deepStrictEqual(requests(yield* cluster.calls), {})
      assert.deepStrictEqual({ ...uids(cluster), pod: cluster.pod()?.metadata.uid }, { ...before, pod })
    }).pipe(Effect.provide(TestCluster.layer))
  )
})
