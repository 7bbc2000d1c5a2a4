/**
 * Specs by chance: what admission lets in is planned, refused by name, or waited for; never a dead end without a word.
 * `SPECS=1000` tries as many.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import { Dice, InMemoryKubernetes } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Cases from "../world/Cases.ts"
import * as Specs from "../world/Specs.ts"
import * as World from "../world/World.ts"

const SEEDS = Dice.seeds(Number(process.env.SPECS ?? 50))

/** What may stand around a node, each three times in four. */
const surround = (world: World.World, dice: Dice.Dice) => {
  const parts = [
    Cases.syncers(world),
    Cases.claim(world, "mine"),
    Cases.secret(world, "signing-key", Cases.SIGNING_KEY),
    Cases.secret(world, "node-key", Cases.NODE_KEY),
    Cases.secret(world, "keyring", Cases.KEYRING),
    Cases.secret(world, "passphrase", Cases.PASSPHRASE)
  ]
  return Effect.all(parts.filter(() => dice.below(4) > 0))
}

/** How a node answers its spec. */
type Answer = "not admitted" | "running" | "failed" | "refused" | "waiting" | "paused"

/** What the object itself says; dies when it says nothing. */
const answerOf = (world: World.World): Answer => {
  const { phase, waiting } = world.status()
  const degraded = world.condition("Degraded")
  if (world.condition("Paused").status === "True") return "paused"
  if (degraded.reason === "PlanRefused") {
    assert.strictEqual(degraded.status, "True")
    assert.match(String(degraded.message), /^spec(?:\.\w+)*(?:\["[^\n]*"\])?: \S/u)
    return "refused"
  }
  if (waiting !== undefined) {
    assert.isNotEmpty(World.asObject(waiting).for)
    return "waiting"
  }
  if (phase === "Failed") {
    assert.deepInclude(degraded, { status: "True", reason: "PlanFailed" })
    return "failed"
  }
  assert.strictEqual(phase, "Running")
  assert.strictEqual(degraded.status, "False")
  return "running"
}

/** Makes a node of a spec in a new world, lets it be for a while, and judges. */
const live = (seed: number, dice: Dice.Dice, spec: World.Json) =>
  Effect.gen(function* () {
    const world = yield* World.make()
    const { ask } = yield* InMemoryKubernetes.InMemoryKubernetes
    yield* surround(world, dice)
    world.agents.setReachable(World.ADDRESS, false)
    const body = Fixtures.manifest(spec)
    const { code } = ask(World.NODE, { verb: "create", namespace: World.NAMESPACE, body })
    if (code !== 201) {
      assert.strictEqual(code, 422)
      return "not admitted"
    }
    let tasks = 0
    const count = Effect.sync(() => {
      tasks = Math.max(tasks, World.tasks(world.plan()).length)
      return false
    })
    yield* Effect.ignore(world.settle({ maxTurns: 50, until: count }))
    const answer = answerOf(world)
    if (answer === "running") assert.isAbove(tasks, 0)
    assert.isAtMost(World.requests(yield* world.calls).patchStatus ?? 0, tasks * 2 + 10)
    yield* world.lawsHold
    return answer
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.die(new Error(`seed ${seed}: ${JSON.stringify(spec)}`, { cause: Cause.squash(cause) }))
    ),
    Effect.provide([World.layer, TestClock.layer()])
  )

describe("any spec", () => {
  it.effect("INV-10, INV-13: is planned, refused with its field, or waited for, at few writes", () =>
    Effect.gen(function* () {
      const answers = new Map<string, number>()
      for (const seed of SEEDS) {
        const dice = Dice.of(seed)
        const answer = yield* live(seed, dice, Specs.random(dice))
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
      assert.isAbove(SEEDS.length - (answers.get("not admitted") ?? 0), SEEDS.length / 3)
      for (const answer of ["running", "refused", "waiting", "paused"]) assert.isTrue(answers.has(answer), answer)
    })
  )
})
