import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { Simulator } from "../../src/index.ts"
import { simulation, sound } from "../toy/Stubborn.ts"

const rows = (html: string) => html.match(/<li class="row [^>]*>/gu) ?? []

describe("a page", () => {
  it.effect("marks the calls that show what is broken, and has the law's sentence", () =>
    Effect.gen(function* () {
      const run = yield* Simulator.live(simulation, [
        { move: "fault", fault: "conflict", call: 1 },
        { move: "passes", count: 1 }
      ])
      const html = Simulator.page(run, { title: "a race" })
      assert.lengthOf(html.match(/<li class="row call guilty"/gu) ?? [], 2)
      assert.include(html, "turn 1 of Widget default/w (process-1) saw version 6 and wrote on 8")
      assert.include(html, "<dt>INV-3</dt><dd>A status write succeeds only if")
    })
  )

  it.effect("links every turn to the moment that made what it read", () =>
    Effect.gen(function* () {
      const html = Simulator.page(yield* Simulator.live(sound, []), { title: "well" })
      const passes = rows(html).filter((row) => row.includes('class="row pass'))
      assert.lengthOf(passes, 4)
      const made = passes.map((row) => /data-from="(m\d+)"/u.exec(row)?.[1])
      assert.isTrue(made.every((id) => id !== undefined && html.includes(`id="${id}"`)))
      assert.include(html, "All was well")
    })
  )

  it.effect("escapes every text, and loads nothing", () =>
    Effect.gen(function* () {
      const evil = `</script><img src=x onerror="alert('1')">`
      const run = yield* Simulator.live(sound, [
        {
          move: "act",
          act: {
            verb: "merge",
            kind: sound.controllerUnderTest.kind,
            name: "w",
            body: { metadata: { annotations: { evil } } }
          }
        },
        { move: "passes", count: 4 }
      ])
      const html = Simulator.page(run, { title: evil })
      assert.notInclude(html, "<img")
      assert.lengthOf(html.match(/<\/script>/gu) ?? [], 1)
      assert.notMatch(html, /<(?:link|img|iframe)|@import|url\(/u)
      assert.notMatch(html.replace(/http:\/\/(?:painter|www\.w3\.org\/2000\/svg)/gu, ""), /https?:/u)
    })
  )
})
