import { assert, describe, it } from "@effect/vitest"
import * as EventLines from "../src/client/EventLines.ts"

const split = (...chunks: ReadonlyArray<string>) => {
  const { push } = EventLines.splitter()
  return chunks.map((chunk) => push(new TextEncoder().encode(chunk)))
}

describe("the lines of a watch", () => {
  it("are complete at their line break, in however many chunks they arrive", () => {
    assert.deepStrictEqual(split("a", "b\n", "c\nd\ne", "\n"), [[], ["ab"], ["c", "d"], ["e"]])
  })

  it("are never blank", () => {
    assert.deepStrictEqual(split("\n \n\r\na\n", "\n"), [["a"], []])
  })
})
