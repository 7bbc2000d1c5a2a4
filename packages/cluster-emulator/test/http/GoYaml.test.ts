import { assert, describe, it } from "vitest"
import { read } from "../../src/http/GoYaml.ts"

/** The error of kube-apiserver 1.36 for each text. */
const errors: ReadonlyArray<readonly [text: string, error: string]> = [
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
  for (const [text, error] of errors) {
    it(`fails on ${JSON.stringify(text)} with the message of a real server`, () => {
      assert.deepStrictEqual(read(text), { error })
    })
  }

  it("reads the first document and ignores the rest", () => {
    assert.deepStrictEqual(read('{"a": 1} trailing'), { value: { a: 1 } })
    assert.deepStrictEqual(read("a: 1\n---\nb: [\n"), { value: { a: 1 } })
  })

  it("takes the last of duplicate fields, and keeps timestamps as strings", () => {
    assert.deepStrictEqual(read("a: 1\na: 2026-01-01T00:00:00Z"), { value: { a: "2026-01-01T00:00:00Z" } })
  })
})
