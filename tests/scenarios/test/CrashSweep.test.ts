/**
 * A process that is killed before or after any of its calls, in every journey. `SWEEP=all` visits every mode and source;
 * without it those journeys are visited that differ most.
 */
import { assert, describe, it } from "@effect/vitest"
import { Faults, Ledger } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "../world/Cases.ts"
import * as World from "../world/World.ts"

/** What stands before a journey begins, and what begins it. */
interface Journey {
  readonly name: string
  readonly before: (world: World.World) => Effect.Effect<unknown, unknown, World.Promises>
  readonly begin: (world: World.World) => Effect.Effect<unknown>
}

const wrong = "sei:wrong"
const kubelet = { pulls: (image: string) => image !== wrong }
const isStuck = (world: World.World) => () => String(JSON.stringify(world.pod()?.status)).includes("ImagePullBackOff")
const settled = (each: Cases.Case) => (world: World.World) => Effect.andThen(Cases.begin(world, each), world.settle())

/** The life of a case: made, updated, stopped half-way, corrected. */
const life = (each: Cases.Case): ReadonlyArray<Journey> => [
  { name: `${each.name}: init`, before: each.prepare, begin: (world) => world.create(each.spec) },
  { name: `${each.name}: update`, before: settled(each), begin: (world) => world.edit({ image: "sei:v2" }) },
  {
    name: `${each.name}: an update that supersedes another`,
    before: (world) =>
      Effect.gen(function* () {
        yield* settled(each)(world)
        yield* world.edit({ image: wrong })
        yield* world.settle({ until: Effect.sync(isStuck(world)) })
      }),
    begin: (world) => world.edit({ image: "sei:v2" })
  },
  {
    name: `${each.name}: deletion in the middle of init`,
    before: (world) =>
      Effect.andThen(
        Cases.begin(world, each),
        world.settle({ until: Effect.sync(() => world.pod() !== undefined || world.job() !== undefined) })
      ),
    begin: (world) => world.remove
  },
  { name: `${each.name}: deletion`, before: settled(each), begin: (world) => world.remove }
]

const others: ReadonlyArray<Journey> = [
  { name: "pause", before: World.settled, begin: (world) => world.edit({ paused: true }) },
  {
    name: "a lost StatefulSet",
    before: World.settled,
    begin: (world) => world.other(World.StatefulSet, { verb: "delete", name: World.NAME })
  },
  {
    name: "an init that supersedes another",
    before: (world) =>
      Effect.andThen(world.create({ image: wrong }), world.settle({ until: Effect.sync(isStuck(world)) })),
    begin: (world) => world.edit({ image: "sei:v2" })
  },
  {
    name: "a failed gate that is mended",
    before: (world) =>
      Effect.gen(function* () {
        yield* Cases.secret(world, "node-key", { other: "eA==" })
        yield* world.create({ seed: { nodeKey: { secret: { secretName: "node-key" } } } })
        yield* world.settle()
      }),
    begin: (world) =>
      world.other(World.Secret, {
        verb: "patch",
        patchFormat: "merge",
        namespace: World.NAMESPACE,
        name: "node-key",
        body: { data: Cases.NODE_KEY }
      })
  }
]

const all = [...Cases.cases.flatMap(life), ...others]

/** One of each sort: what is made, what is changed, what is checked first, what ends. */
const FEW = [
  "a full node from genesis: init",
  "a full node from genesis: update",
  "a full node from genesis: deletion",
  "a validator with its keys: init",
  "a failed gate that is mended"
]
const journeys = process.env.SWEEP === "all" ? all : all.filter(({ name }) => FEW.includes(name))

/** Runs a journey in a new world; the first process may be killed, and then a second one takes over. */
const run = (journey: Journey, faults: Layer.Layer<Faults.Promises, never, Faults.Promises>) =>
  Effect.gen(function* () {
    const world = yield* World.make({ kubelet })
    yield* journey.before(world)
    yield* world.ledger.clear
    yield* journey.begin(world)
    const context = yield* Layer.build(faults)
    const first = yield* world.boot
    const killed = yield* Faults.survives(
      world.settle({ turn: (key) => first(key).pipe(Effect.provideContext(context)) })
    )
    if (killed) {
      const second = yield* world.boot
      yield* world.settle({
        turn: (key) => second(key).pipe(Effect.provideService(Ledger.CurrentProcess, "process-2"))
      })
    }
    yield* world.lawsHold
    assert.deepStrictEqual(world.keysHeldTwice(), [])
    return { killed, end: world.end() }
  }).pipe(Effect.scoped, Effect.provide(World.layer))

describe("a process that is killed before or after any of its calls", () => {
  for (const journey of journeys) {
    it.effect(`${journey.name} ends the same, and every law holds`, () =>
      Effect.gen(function* () {
        const counter = Faults.counting()
        const undisturbed = yield* run(journey, counter.layer)
        assert.isFalse(undisturbed.killed)
        assert.isAbove(counter.made(), 0)
        for (let call = 0; call < counter.made(); call++) {
          for (const when of ["before", "after"] as const) {
            const { end, killed } = yield* run(journey, Faults.crashing({ call, when }))
            assert.isTrue(killed, `killed ${when} call ${call}`)
            assert.deepStrictEqual(end, undisturbed.end, `killed ${when} call ${call}`)
          }
        }
      })
    )
  }
})
