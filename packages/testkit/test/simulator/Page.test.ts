import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { Simulator } from "../../src/index.ts"
import { correct, simulation } from "../toy/ConflictRetry.ts"

const rows = (html: string) => html.match(/<li class="row [^>]*>/gu) ?? []

describe("the HTML page", () => {
  it.effect("marks the calls that violate an invariant, and shows its statement", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.run(simulation, [
        { action: "fault", fault: "conflict", call: 1 },
        { action: "reconcile", passes: 1 }
      ])
      const html = Simulator.page(run, { title: "a race" })
      assert.lengthOf(html.match(/<li class="row call violation"/gu) ?? [], 2)
      assert.include(html, "pass 1 of Widget default/w (process-1) read version 6 but wrote status on 8")
      assert.include(html, "<dt>INV-3</dt><dd>A status write succeeds only if")
    })
  )

  it.effect("links every pass to the entry that made the version it read", () =>
    Effect.gen(function* () {
      const html = Simulator.page(yield* Simulator.run(correct, []), { title: "no violations" })
      const passes = rows(html).filter((row) => row.includes('class="row pass'))
      assert.lengthOf(passes, 4)
      const sources = passes.map((row) => /data-from="(m\d+)"/u.exec(row)?.[1])
      assert.isTrue(sources.every((id) => id !== undefined && html.includes(`id="${id}"`)))
      assert.include(html, "No violations")
    })
  )

  it.effect("escapes every text, and loads nothing", () =>
    Effect.gen(function* () {
      const evil = `</script><img src=x onerror="alert('1')">`
      const run = yield* Simulator.run(correct, [
        {
          action: "user",
          request: {
            verb: "merge",
            kind: correct.controllerUnderTest.kind,
            name: "w",
            body: { metadata: { annotations: { evil } } }
          }
        },
        { action: "reconcile", passes: 4 }
      ])
      const html = Simulator.page(run, { title: evil })
      assert.notInclude(html, "<img")
      assert.lengthOf(html.match(/<\/script>/gu) ?? [], 1)
      assert.notMatch(html, /<(?:link|img|iframe)|@import|url\(/u)
      assert.notMatch(html.replace(/http:\/\/(?:painter|www\.w3\.org\/2000\/svg)/gu, ""), /https?:/u)
    })
  )
})
