import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Sweep } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

describe("a sweep", () => {
  it.effect("finds nothing wrong with a controller that keeps the laws, whatever goes wrong at whatever call", () =>
    Effect.gen(function* () {
      const start = performance.now()
      const report = yield* Sweep.run(Widgets.scenario)
      console.log(Sweep.table(report), report.calls, performance.now() - start)
      assert.deepStrictEqual(Sweep.sentences(report), [])
    })
  )
})
