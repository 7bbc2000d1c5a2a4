/**
 * At whatever point of a plan the Go operator stopped, we continue: submitted tasks are polled, existing objects are kept.
 */
import { assert, describe, it } from "@effect/vitest"
import type { CallLog } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as NodeCluster from "../harness/NodeCluster.ts"
import * as Corpus from "../takeover/Corpus.ts"
import * as TaskIds from "../takeover/TaskIds.ts"

const sentIds = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<string> =>
  NodeCluster.sentTasks(calls).map(({ id }) => String(id))

const planIn = ({ after, verb }: CallLog.Call): NodeCluster.Json =>
  verb === "patchStatus" ? NodeCluster.asObject(NodeCluster.asJson(after?.status).plan) : {}

/** The stored plans other than the operator's. */
const otherPlans = (calls: ReadonlyArray<CallLog.Call>, recorded: Corpus.Recorded): ReadonlyArray<NodeCluster.Json> =>
  calls.map(planIn).filter(({ id, tasks }) => tasks !== undefined && id !== Corpus.planOf(recorded).id)

/** Requests that our own passes made. */
const requests = (calls: ReadonlyArray<CallLog.Call>) =>
  NodeCluster.requests(calls.filter(({ pass }) => pass !== undefined))

const uids = (cluster: NodeCluster.NodeCluster) => ({
  claim: cluster.pvc()?.metadata.uid,
  statefulSet: cluster.statefulSet()?.metadata.uid
})
const isBootstrapping = (cluster: NodeCluster.NodeCluster) =>
  cluster.pods().some(({ metadata }) => metadata.labels?.["sei.io/component"] === "bootstrap")

/** Converges, and checks after every pass that the StatefulSet is scaled to zero while a bootstrap pod exists. */
const converge = (cluster: NodeCluster.NodeCluster) =>
  cluster.converge({
    until: () => {
      if (isBootstrapping(cluster))
        assert.strictEqual(cluster.replicas(), 0, "the StatefulSet runs beside a bootstrap pod")
      return false
    }
  })

/** The Job ends before our process has seen mark-ready complete, so the rest of the bootstrap is planned again. */
const isReplanned = ({ done, recorded, state }: Corpus.Moment): boolean =>
  state === "submitted, and not stored" &&
  NodeCluster.types(Corpus.planOf(recorded))[done + 1] === "await-bootstrap-complete"

describe.each(Corpus.plans)("$name", (recorded) => {
  it("has a random plan id, and task ids derived from it", () => {
    const { id } = Corpus.planOf(recorded)
    assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
    assert.deepStrictEqual(
      Corpus.tasksOf(recorded).map((task) => task.id),
      NodeCluster.types(Corpus.planOf(recorded)).map((type, index) => TaskIds.of(String(id), type, index))
    )
  })

  for (const moment of Corpus.moments(recorded)) {
    it.effect(`INV-8: continues from ${Corpus.describe(moment)}`, () =>
      Effect.gen(function* () {
        const cluster = yield* NodeCluster.make()
        yield* Corpus.restore(cluster, moment)
        const known = cluster.agents.at(NodeCluster.ADDRESS).all.map(({ id }) => id)
        const [before, pod] = [uids(cluster), cluster.pod()?.metadata.uid]
        yield* converge(cluster)
        const { currentImage, phase, plan, waiting } = cluster.status()
        assert.deepStrictEqual({ phase, plan, waiting }, { phase: "Running", plan: undefined, waiting: undefined })
        assert.strictEqual(currentImage, NodeCluster.asObject(recorded.node.spec).image)
        assert.strictEqual(cluster.replicas(), 1)
        assert.deepStrictEqual(
          { ...uids(cluster), ...(before.claim === undefined ? { claim: undefined } : {}) },
          before
        )
        const calls = yield* cluster.calls
        const remaining = Corpus.tasksOf(recorded).filter(
          ({ id, type }) => NodeCluster.isRemote(String(type)) && !known.includes(String(id))
        )
        assert.deepStrictEqual(
          NodeCluster.submissions(calls),
          remaining.map(({ type }) => String(type))
        )
        if (isReplanned(moment)) {
          assert.isTrue(
            otherPlans(calls, recorded).every(({ supersedes }) => supersedes === Corpus.planOf(recorded).id)
          )
        } else {
          assert.deepStrictEqual(otherPlans(calls, recorded), [])
          assert.deepStrictEqual(
            sentIds(calls),
            remaining.map(({ id }) => String(id))
          )
        }
        if (moment.done === Corpus.tasksOf(recorded).length) assert.strictEqual(cluster.pod()?.metadata.uid, pod)
        yield* cluster.expectInvariants
      })
    )
  }
})

describe("a node of the Go operator", () => {
  it.effect("stays Failed: no task is submitted, no object is created, and its plan is kept", () =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Corpus.restore(cluster, { recorded: Corpus.failed, done: 5, state: "not started" })
      yield* cluster.converge()
      assert.strictEqual(cluster.status().phase, "Failed")
      assert.deepStrictEqual(cluster.plan(), Corpus.planOf(Corpus.failed))
      assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "PlanFailed" })
      assert.deepStrictEqual(requests(yield* cluster.calls), { patchStatus: 1 })
      assert.deepStrictEqual(NodeCluster.submissions(yield* cluster.calls), [])
      yield* cluster.expectInvariants
    })
  )

  it.effect.each(Corpus.running)("without a plan gets one status write and then none: $name", (recorded) =>
    Effect.gen(function* () {
      const cluster = yield* NodeCluster.make()
      yield* Corpus.restore(cluster, { recorded, done: 0, state: "not started" })
      const [before, pod] = [uids(cluster), cluster.pod()?.metadata.uid]
      yield* cluster.converge()
      assert.deepStrictEqual(requests(yield* cluster.take), { patchStatus: 1 })
      yield* TestClock.adjust("1 hour")
      yield* cluster.reconcile
      assert.deepStrictEqual(requests(yield* cluster.calls), {})
      assert.deepStrictEqual({ ...uids(cluster), pod: cluster.pod()?.metadata.uid }, { ...before, pod })
    })
  )
})
