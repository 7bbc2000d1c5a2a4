/** Whatever we write into a node's status, the controller that was there before could read it and go on with it. */
import { assert, describe, it } from "@effect/vitest"
import type { Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Corpus from "../takeover/Corpus.ts"
import * as Shape from "../takeover/Shape.ts"
import * as TaskIds from "../takeover/TaskIds.ts"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

type Calls = ReadonlyArray<Ledger.Call>

const isWritten = ({ result, verb }: Ledger.Call) => verb === "patchStatus" && result === "ok"
const statusAfter = ({ after }: Ledger.Call) => World.asObject(World.asJson(after?.status))
const planAfter = (call: Ledger.Call) => World.asObject(statusAfter(call).plan)

/** Everything in a ledger that would not be understood there. */
const mistakes = (calls: Calls): ReadonlyArray<string> => [
  ...calls
    .filter(isWritten)
    .flatMap((call) => [
      ...[Shape.mistake(statusAfter(call))].filter((each) => each !== undefined),
      ...World.tasks(planAfter(call)).flatMap(({ id, type }, index) =>
        id === TaskIds.of(String(planAfter(call).id), String(type), index) ? [] : [`${id} is no id of ${type}/${index}`]
      )
    ]),
  ...calls.flatMap((call) => unclaimed(calls, call))
]

/** A task that was submitted, but for a signal, is stored as pending with the time of its submission. */
const unclaimed = (calls: Calls, { index, sent, verb }: Ledger.Call): ReadonlyArray<string> => {
  const { id, type } = World.asObject(World.asJson(sent))
  if (verb !== "submit" || type === "mark-ready") return []
  const write = calls.findLast((each) => isWritten(each) && each.index < index)
  const task = write === undefined ? {} : World.tasks(planAfter(write)).find((each) => each.id === id)
  return task?.status === "Pending" && task.submittedAt !== undefined ? [] : [`${type} was sent and not claimed`]
}

const wrong = "sei:wrong"

interface Trouble {
  readonly name: string
  /** What only this trouble writes. */
  readonly writes: string
  readonly meet: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
}

const troubles: ReadonlyArray<Trouble> = [
  {
    name: "a task that fails for good",
    writes: '"reason":"PlanFailed"',
    meet: (world) => {
      world.agents.script("config-apply", { failures: 9, error: "disk full" })
      return World.settled(world)
    }
  },
  {
    name: "a task that is tried again",
    writes: '"retryAt":',
    meet: (world) => {
      world.agents.script("configure-genesis", { failures: 1 })
      return World.settled(world)
    }
  },
  {
    name: "an update that fails and is built again",
    writes: '"attempt":1',
    meet: (world) =>
      Effect.gen(function* () {
        world.agents.script("config-patch", { failures: 1 })
        yield* World.settled(world)
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle({ until: Effect.sync(() => world.plan().attempt === 1) })
        world.agents.script("config-patch", {})
        yield* world.settle()
      })
  },
  {
    name: "an image that is edited before it could be pulled",
    writes: '"supersedes":',
    meet: (world) =>
      Effect.gen(function* () {
        yield* world.create({ image: wrong })
        yield* world.settle({
          until: Effect.sync(() => JSON.stringify(world.pod() ?? "").includes("ImagePullBackOff"))
        })
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle()
      })
  },
  {
    name: "an edit that has to wait",
    writes: '"reason":"SupersessionHeld"',
    meet: (world) =>
      Effect.gen(function* () {
        world.agents.script("config-apply", { durationMs: 60_000 })
        yield* World.until(world, World.submitted(world, "config-apply"))
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle()
      })
  },
  {
    name: "a wait that lasts too long",
    writes: '"reason":"WaitOverdue"',
    meet: (world) =>
      Effect.gen(function* () {
        world.agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
        yield* World.until(world, World.submitted(world, "config-apply"))
        yield* TestClock.adjust("3 hours")
        yield* world.turn
      })
  },
  {
    name: "an edit that is refused",
    writes: '"reason":"PlanRefused"',
    meet: (world) =>
      Effect.andThen(World.settled(world), Effect.andThen(world.edit({ chainId: "atlantic-2" }), world.settle()))
  },
  {
    name: "too few state syncers",
    writes: '"reason":"NoSyncersConfigured"',
    meet: (world) => Effect.andThen(world.create({ fullNode: { snapshot: { stateSync: {} } } }), world.turn)
  },
  {
    name: "a pause",
    writes: '"reason":"Paused"',
    meet: (world) =>
      Effect.gen(function* () {
        yield* World.settled(world)
        yield* world.edit({ paused: true })
        yield* world.settle()
        yield* world.edit({ paused: false })
        yield* world.settle()
      })
  },
  {
    name: "a sidecar that lost its memory",
    writes: '"reason":"NotReady"',
    meet: (world) =>
      Effect.gen(function* () {
        yield* World.settled(world)
        world.agents.at(World.ADDRESS).restart({ keepsTasks: false })
        yield* world.settle()
      })
  }
]

describe("what is written of", () => {
  for (const each of Cases.cases) {
    it.effect(`${each.name}, from nothing through an image change and away, has the shape that was there before`, () =>
      Effect.gen(function* () {
        const world = yield* World.make()
        yield* Cases.begin(world, each)
        yield* world.settle()
        yield* world.edit({ image: "sei:v2" })
        yield* world.settle()
        yield* world.remove
        yield* world.settle()
        assert.deepStrictEqual(mistakes(yield* world.calls), [])
      }).pipe(Effect.provide(World.layer))
    )
  }

  for (const { meet, name, writes } of troubles) {
    it.effect(`${name} has the shape that was there before, with fields of ours`, () =>
      Effect.gen(function* () {
        const world = yield* World.make({ kubelet: { pulls: (image) => image !== wrong } })
        yield* meet(world)
        const calls = yield* world.calls
        assert.deepStrictEqual(mistakes(calls), [])
        assert.isTrue(calls.filter(isWritten).some((call) => JSON.stringify(statusAfter(call)).includes(writes)))
      }).pipe(Effect.provide(World.layer))
    )
  }
})

describe("the shape itself", () => {
  it.each([...Corpus.plans, ...Corpus.running, Corpus.failed])("is that of what was found: $name", (left) => {
    const status = { ...Corpus.statusOf(left), statefulSet: { name: World.NAME, uid: "a" } }
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
