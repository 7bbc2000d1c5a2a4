/** Whatever another controller was at when it stopped, we go on with it: what it sent is asked for, what it made is kept. */
import { assert, describe, it } from "@effect/vitest"
import type { Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Corpus from "../takeover/Corpus.ts"
import * as TaskIds from "../takeover/TaskIds.ts"
import * as World from "../world/World.ts"

const ids = (calls: ReadonlyArray<Ledger.Call>): ReadonlyArray<string> =>
  calls.flatMap(({ sent, verb }) => (verb === "submit" ? [String(World.asObject(World.asJson(sent)).id)] : []))

const planIn = ({ after, verb }: Ledger.Call): World.Json =>
  verb === "patchStatus" ? World.asObject(World.asObject(World.asJson(after?.status)).plan) : {}

/** The plans that were stored beside the one that was found. */
const others = (calls: ReadonlyArray<Ledger.Call>, left: Corpus.Left): ReadonlyArray<World.Json> =>
  calls.map(planIn).filter(({ id, tasks }) => tasks !== undefined && id !== Corpus.planOf(left).id)

/** Requests that a turn of ours made. */
const requests = (calls: ReadonlyArray<Ledger.Call>) => World.requests(calls.filter(({ turn }) => turn !== undefined))

const replicas = (world: World.World) => World.asObject(world.statefulSet()?.spec).replicas
const uids = (world: World.World) => ({
  claim: world.claim()?.metadata.uid,
  statefulSet: world.statefulSet()?.metadata.uid
})
const isBootstrapping = (world: World.World) =>
  world.server
    .peekAll({ group: "", version: "v1", plural: "pods" }, World.NAMESPACE)
    .some(({ metadata }) => metadata.labels?.["sei.io/component"] === "bootstrap")

/** Settles, and looks after every turn that the two pods that would have one volume never both may have it. */
const settle = (world: World.World) =>
  world.settle({
    until: Effect.sync(() => {
      if (isBootstrapping(world))
        assert.strictEqual(replicas(world), 0, "the StatefulSet stands beside a bootstrap pod")
      return false
    })
  })

/** The Job ends before anybody has heard that its node may start: what follows a bootstrap is planned anew. */
const isOvertaken = ({ done, left, sent }: Corpus.Moment): boolean =>
  sent === "sent, and not recorded" && World.types(Corpus.planOf(left))[done + 1] === "await-bootstrap-complete"

describe.each(Corpus.plans)("$name", (left) => {
  it("is in the stored form: a random plan id, and task ids that follow from it", () => {
    const { id } = Corpus.planOf(left)
    assert.match(String(id), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u)
    assert.deepStrictEqual(
      Corpus.tasksOf(left).map((task) => task.id),
      World.types(Corpus.planOf(left)).map((type, index) => TaskIds.of(String(id), type, index))
    )
  })

  for (const moment of Corpus.moments(left)) {
    it.effect(`INV-8: goes on from ${Corpus.describe(moment)}`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Corpus.leave(world, moment)
        const known = world.agents.at(World.ADDRESS).all.map(({ id }) => id)
        const [before, pod] = [uids(world), world.pod()?.metadata.uid]
        yield* settle(world)
        const { currentImage, phase, plan, waiting } = world.status()
        assert.deepStrictEqual({ phase, plan, waiting }, { phase: "Running", plan: undefined, waiting: undefined })
        assert.strictEqual(currentImage, World.asObject(left.node.spec).image)
        assert.strictEqual(replicas(world), 1)
        assert.deepStrictEqual({ ...uids(world), ...(before.claim === undefined ? { claim: undefined } : {}) }, before)
        const calls = yield* world.calls
        const open = Corpus.tasksOf(left).filter(
          ({ id, type }) => World.isRemote(String(type)) && !known.includes(String(id))
        )
        assert.deepStrictEqual(
          World.submissions(calls),
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
        if (moment.done === Corpus.tasksOf(left).length) assert.strictEqual(world.pod()?.metadata.uid, pod)
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})

describe("a node that another controller left", () => {
  it.effect("Failed stays so: nothing is sent, nothing is made, and its plan stays to be read", () =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Corpus.leave(world, { left: Corpus.failed, done: 5, sent: "not begun" })
      yield* world.settle()
      assert.strictEqual(world.status().phase, "Failed")
      assert.deepStrictEqual(world.plan(), Corpus.planOf(Corpus.failed))
      assert.deepInclude(world.condition("Degraded"), { status: "True", reason: "PlanFailed" })
      assert.deepStrictEqual(requests(yield* world.calls), { patchStatus: 1 })
      assert.deepStrictEqual(World.submissions(yield* world.calls), [])
      yield* world.lawsHold
    }).pipe(Effect.provide(World.layer))
  )

  it.effect.each(Corpus.running)("at rest gets one status write of ours and then none: $name", (left) =>
    Effect.gen(function* () {
      const world = yield* World.make()
      yield* Corpus.leave(world, { left, done: 0, sent: "not begun" })
      const [before, pod] = [uids(world), world.pod()?.metadata.uid]
      yield* world.settle()
      assert.deepStrictEqual(requests(yield* world.take), { patchStatus: 1 })
      yield* TestClock.adjust("1 hour")
      yield* world.turn
      assert.deepStrictEqual(requests(yield* world.calls), {})
      assert.deepStrictEqual({ ...uids(world), pod: world.pod()?.metadata.uid }, { ...before, pod })
    }).pipe(Effect.provide(World.layer))
  )
})
