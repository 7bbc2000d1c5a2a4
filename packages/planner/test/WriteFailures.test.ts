/** Writes of status and finalizers that fail, once or in a row. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as ObjectMeta from "../src/model/ObjectMeta.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Reconcile from "../src/reconcile/Reconcile.ts"
import * as Reconciler from "../src/reconcile/Reconciler.ts"
import * as WriteFailures from "../src/reconcile/WriteFailures.ts"
import { KubernetesError, Rejected, Unavailable } from "../src/services/KubernetesApi.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { reconcileWidget, servicesOf, takePass, widget } from "./pass.ts"
import * as Toy from "./toy.ts"

const failed = (reason: Rejected | Unavailable) =>
  new KubernetesError({ verb: "patchStatus", key: ObjectMeta.keyText(Fixtures.key), reason })
const forbidden = (message = "no role") => failed(new Rejected({ status: 403, code: "Forbidden", message }))
const invalid = failed(new Rejected({ status: 422, code: "Invalid", message: "status.size: required" }))

/** What is logged for these failures (`undefined`: a pass without one), one array for each. */
const logged = (failures: ReadonlyArray<KubernetesError | undefined>, key = Fixtures.key) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const capture = Logger.make(({ message }) => void lines.push(String(message)))
    const writeFailures = yield* WriteFailures.make
    const counts = yield* Effect.forEach(failures, (error) =>
      (error === undefined ? writeFailures.ended(key) : writeFailures.failed(key, error)).pipe(
        Effect.map(() => lines.length)
      )
    ).pipe(Effect.provide(Logger.layer([capture])))
    return { lines, counts }
  })

describe("a write that fails several times in a row", () => {
  it.effect("is logged at the third failure, with the object and the cause, and not again", () =>
    Effect.gen(function* () {
      const texts = Array.from({ length: 200 }, (_, index) => forbidden(`no role at ${index}`))
      const { counts, lines } = yield* logged(texts)
      assert.deepStrictEqual(counts.slice(0, 4), [0, 0, 1, 1])
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "the status of Widget default/w could not be written 3 times in a row")
      assert.include(lines[0], "no role at 2")
    })
  )

  it.effect("is logged again when its cause changes, once for each cause", () =>
    Effect.gen(function* () {
      const { counts } = yield* logged([forbidden(), invalid, forbidden(), invalid, forbidden(), invalid])
      assert.deepStrictEqual(counts, [0, 0, 1, 2, 2, 2])
    })
  )

  it.effect("is logged again after a pass without a failed write", () =>
    Effect.gen(function* () {
      const unavailable = failed(new Unavailable({ message: "HTTP 503" }))
      const row = [unavailable, unavailable, unavailable]
      const { counts } = yield* logged([...row, undefined, ...row])
      assert.deepStrictEqual(counts, [0, 0, 1, 1, 1, 1, 2])
    })
  )
})

const rejection = new Reconciler.PlanRejected({ field: "spec.colour", message: "no such colour" })
const paints = { decide: () => Result.succeed(Reconciler.createPlan(Toy.painting, "Wet")) }

describe("a pass whose write fails", () => {
  it.effect("INV-10: polls after a failed write whatever the cause, and whatever the pass would have waited for", () =>
    Effect.gen(function* () {
      const errors = [
        new Unavailable({ message: "HTTP 503" }),
        ...[400, 401, 403, 404, 422].map((status) => new Rejected({ status, code: "Invalid", message: "no" }))
      ]
      const passes = [
        { status: Toy.active(), toy: { tasks: { paint: Toy.paint } } },
        { status: {}, toy: paints },
        { status: {}, toy: {} },
        { status: {}, toy: { decide: () => Result.fail(rejection) } },
        { status: Toy.active({}, { phase: "Failed", failedPhase: "Broken" }), toy: {} },
        { status: Toy.active({}, { phase: "Complete" }), toy: {} },
        { status: {}, toy: { override: () => ({ paused: true, repair: Option.none() }) } }
      ]
      for (const writeError of errors) {
        for (const { status, toy } of passes) {
          const agent = { poll: () => Effect.succeedNone }
          const { requeue, wrote } = yield* reconcileWidget(status, toy, { agent, writeError })
          assert.isFalse(wrote)
          assert.strictEqual(requeue._tag, "Poll")
          assert.strictEqual(Requeue.waitOf(requeue)?.reason, "StatusWriteFailed")
        }
        const created = yield* takePass({ objects: [Fixtures.widget()], toy: paints, writeError })
        assert.strictEqual(created.requeue._tag, "Poll")
      }
    })
  )

  it.effect("INV-10: logs the third failed write in a row once, and again only after a write that succeeds", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const capture = Logger.make(({ message }) => void lines.push(String(message)))
      const reconcile = yield* Reconcile.make(Toy.reconciler())
      let writeError: Rejected | undefined = new Rejected({ status: 403, code: "Forbidden", message: "no role" })
      const passesOf = (count: number) => {
        const services = servicesOf({ objects: [widget({ phase: "Painted" })], writeError })
        const pass = Effect.provide(reconcile(Fixtures.key), services.layer)
        return Effect.repeat(pass, { times: count - 1 }).pipe(Effect.provide(Logger.layer([capture])))
      }
      yield* passesOf(2)
      assert.lengthOf(lines, 0)
      yield* passesOf(20)
      assert.lengthOf(lines, 1)
      writeError = undefined
      yield* passesOf(1)
      writeError = new Rejected({ status: 403, code: "Forbidden", message: "no role" })
      yield* passesOf(2)
      assert.lengthOf(lines, 1)
      yield* passesOf(1)
      assert.lengthOf(lines, 2)
    })
  )
})
