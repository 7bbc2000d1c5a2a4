/**
 * INV-4 for every attempt from 0 to 1,000. What is expected follows from the text of the invariant: a plan without a
 * `failedPhase` that fails leaves the phase as it was and is rebuilt; the back-off is 5 s, doubles with each failure and ends
 * at 5 min.
 */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Lifecycle from "../src/reconcile/Lifecycle.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import * as Task from "../src/tasks/Task.ts"
import { conditionIn, patch, reconcileWidget, widget } from "./pass.ts"
import * as Toy from "./toy.ts"

const attempts = Array.from({ length: 1_001 }, (_, attempt) => attempt)
const WITHOUT_PHASE = [{}, { failedPhase: "" }]

/** The back-off after the failure of an attempt, in seconds, by doubling step by step. */
const backOffs: ReadonlyArray<number> = attempts.map((attempt) => {
  let seconds = 5
  for (let failures = 0; failures < attempt; failures++) seconds = seconds * 2 > 300 ? 300 : seconds * 2
  return seconds
})

const secondsAgo = (seconds: number): string =>
  `${new Date(DateTime.toEpochMillis(Toy.now) - seconds * 1_000).toISOString().slice(0, 19)}Z`

/** A widget in the phase `Wet` whose plan failed some seconds ago. */
const failedAgo = (seconds: number, attempt: number, failedPhase: object) => ({
  phase: "Wet",
  ...Toy.active({ status: "Failed" }, { phase: "Failed", attempt, failedAt: secondsAgo(seconds), ...failedPhase })
})

const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting)) }

const planIn = (status: object): Record<string, unknown> => Object(Object(status).plan)

/** What a pass does about a plan that failed some seconds ago. */
const nextAfter = (seconds: number, attempt: number, failedPhase: object) => {
  const status = Toy.status(failedAgo(seconds, attempt, failedPhase))
  return Lifecycle.next(Toy.reconciler(paints), widget(status), status, "observed", Toy.now)
}

describe("INV-4: a plan without a failed phase, at every attempt from 0 to 1,000", () => {
  it.effect("leaves the phase as it was when it fails, and shows that it is retried", () =>
    Effect.forEach(attempts, (attempt) =>
      Effect.forEach(WITHOUT_PHASE, (failedPhase) =>
        Effect.gen(function* () {
          const status = { phase: "Wet", ...Toy.active({}, { attempt, ...failedPhase }) }
          const tasks = { paint: Toy.local(() => new Task.TaskImpossible({ reason: "Unpaintable", message: "dry" })) }
          const { recorded, requeue } = yield* reconcileWidget(status, { tasks })
          const written = patch(recorded)
          assert.strictEqual(planIn(written).phase, "Failed")
          assert.notProperty(written, "phase", `attempt ${attempt}`)
          assert.deepStrictEqual(conditionIn(recorded, "Degraded").slice(0, 2), ["True", "PlanRetrying"])
          assert.strictEqual(requeue._tag, "Now", `attempt ${attempt}`)
        })
      )
    )
  )

  it("is not rebuilt before its back-off ends, and waits for that time", () => {
    for (const attempt of attempts) {
      for (const failedPhase of WITHOUT_PHASE) {
        const action = nextAfter((backOffs[attempt] ?? 0) - 1, attempt, failedPhase)
        const delay =
          action._tag === "Wait" && action.requeue._tag === "After" ? Duration.toSeconds(action.requeue.delay) : action
        assert.strictEqual(delay, 1, `attempt ${attempt}`)
      }
    }
  })

  it("is rebuilt as the next attempt when its back-off ends, and the phase stays", () => {
    for (const attempt of attempts) {
      for (const failedPhase of WITHOUT_PHASE) {
        const action = nextAfter(backOffs[attempt] ?? 0, attempt, failedPhase)
        const rebuilt = action._tag === "CreatePlan" ? [action.plan.attempt, action.phase] : action
        assert.deepStrictEqual(rebuilt, [attempt + 1, undefined])
      }
    }
  })
})
