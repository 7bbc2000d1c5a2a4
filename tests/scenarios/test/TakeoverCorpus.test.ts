/** Whatever another controller was at when it stopped, we go on with it: what it sent is asked for, what it made is kept. */
import { assert, describe, it } from "@effect/vitest"
import { Identity, TaskPlan } from "@portolan/planner"
import type { Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Corpus from "../takeover/Corpus.ts"
import * as World from "../world/World.ts"

const submittedIds = (calls: ReadonlyArray<Ledger.Call>): ReadonlyArray<string> =>
  calls.flatMap(({ result, sent, verb }) =>
    verb === "submit" && result === "ok" ? [String(World.asObject(World.asJson(sent)).id)] : []
  )

/** Plans that were written, by their id. */
const written = (calls: ReadonlyArray<Ledger.Call>): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    calls.flatMap(({ after, verb }) => {
      const plan = World.asObject(World.asObject(World.asJson(after)).status)
      return verb === "patchStatus" ? [[String(World.asObject(plan.plan).id), World.types(World.asObject(plan.plan))]] : []
    })
  )

const bootstrapPod = (world: World.World) =>
  world.server
    .peekAll({ group: "", version: "v1", plural: "pods" }, World.NAMESPACE)
    .find(({ metadata }) => metadata.labels?.["sei.io/component"] === "bootstrap")
const replicas = (world: World.World) => World.asObject(world.statefulSet()?.spec).replicas
const uids = (world: World.World) => [world.claim()?.metadata.uid, world.statefulSet()?.metadata.uid]

/** Settles, and says how many replicas the StatefulSet had after each turn in which the bootstrap pod lived. */
const settleWatching = Effect.fnUntraced(function* (world: World.World) {
  const beside: Array<Json> = []
  const look = Effect.sync(() => {
    if (bootstrapPod(world) !== undefined) beside.push(replicas(world))
    return false
  })
  yield* world.settle({ until: look })
  return beside
})
type Json = World.Json[string] | undefined

describe.each(Corpus.plans)("$name", (left) => {
  const remote = Corpus.tasksOf(left).filter(({ type }) => World.isRemote(String(type)))

  it("is in the stored form: task ids follow from the plan's", () => {
    const id = TaskPlan.PlanId.make(String(Corpus.planOf(left).id))
    assert.deepStrictEqual(
      Corpus.tasksOf(left).map((task) => task.id),
      World.types(Corpus.planOf(left)).map((type, index) => Identity.taskId(id, type, index))
    )
  })

  for (const moment of Corpus.moments(left)) {
    it.effect(`INV-8: goes on from ${Corpus.describe(moment)}`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Corpus.leave(world, moment)
        const known = world.agents.at(World.ADDRESS).all.map(({ id }) => id)
        const [claim, statefulSet] = uids(world)
        const pod = world.pod()?.metadata.uid
        const beside = yield* settleWatching(world)
        const { currentImage, phase, plan, waiting } = world.status()
        assert.deepStrictEqual({ phase, plan, waiting }, { phase: "Running", plan: undefined, waiting: undefined })
        assert.strictEqual(currentImage, World.asObject(left.node.spec).image)
        assert.deepStrictEqual([claim ?? uids(world)[0], statefulSet], uids(world))
        assert.isTrue(beside.every((count) => count === 0))
        assert.strictEqual(replicas(world), 1)
        const calls = yield* world.calls
        const open = remote.map(({ id }) => String(id)).filter((id) => !known.includes(id))
        assert.sameMembers([...submittedIds(calls)], open)
        const others = [...written(calls)].filter(([id]) => id !== Corpus.planOf(left).id && id !== "undefined")
        assert.deepStrictEqual(others, [])
        if (moment.done === Corpus.tasksOf(left).length) assert.strictEqual(world.pod()?.metadata.uid, pod)
        yield* world.lawsHold
      }).pipe(Effect.provide(World.layer))
    )
  }
})
