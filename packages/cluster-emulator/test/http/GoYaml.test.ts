import { assert, describe, it } from "@effect/vitest"
import { read } from "../../src/http/GoYaml.ts"

/** What a kube-apiserver of version 1.36 says of each text. */
const mistakes: ReadonlyArray<readonly [text: string, mistake: string]> = [
  ["[1,", "yaml: line 1: did not find expected node content"],
  ["[1", "yaml: line 1: did not find expected ',' or ']'"],
  ["x:\n- 1\n- {a: 1", "yaml: line 3: did not find expected ',' or '}'"],
  ["x: 1\na: [1,\n  2\nb: 2", "yaml: line 3: did not find expected ',' or ']'"],
  ["}", "yaml: did not find expected node content"],
  ["a:\n  b: 1\n c: 2", "yaml: line 2: did not find expected key"],
  ["a:\n\tb: 1", "yaml: line 2: found character that cannot start any token"],
  ["a: `x", "yaml: found character that cannot start any token"],
  ["a: b: c", "yaml: mapping values are not allowed in this context"],
  ['kind: "Widget', "yaml: found unexpected end of stream"],
  ["a: *x", "yaml: unknown anchor 'x' referenced"],
  ["\u0000", "yaml: control characters are not allowed"]
]

describe("GoYaml", () => {
  for (const [text, mistake] of mistakes) {
    it(`says of ${JSON.stringify(text)} what a real server says`, () => {
      assert.deepStrictEqual(read(text), { mistake })
    })
  }

  it("reads the first document and looks at nothing behind it", () => {
    assert.deepStrictEqual(read('{"a": 1} trailing'), { value: { a: 1 } })
    assert.deepStrictEqual(read("a: 1\n---\nb: [\n"), { value: { a: 1 } })
  })

  it("takes the last of two fields of one name, and leaves times as they are written", () => {
    assert.deepStrictEqual(read("a: 1\na: 2026-01-01T00:00:00Z"), { value: { a: "2026-01-01T00:00:00Z" } })
  })
})
