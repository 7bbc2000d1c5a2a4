import { assert, describe, it } from "@effect/vitest"
import * as GoJson from "../src/apiserver/GoJson.ts"

describe("Fields that a text has more than once", () => {
  it.each([
    ['{"a": 1, "b": {"a": 1}, "a": 2, "a": 3}', ["a"]],
    ['{"spec": {"list": [ {"a": []}, {"a": 1 , "a" : {}} ], "b": "\\"{"}}', ["spec.list[1].a"]],
    ['[{"a": {"b": 1, "b": 2}}]', ["[0].a.b"]],
    ['{"a\\u0062": 1, "ab": 2}', ["ab"]],
    ["{}", []],
    ['"text"', []]
  ])("in %s they are found by their paths", (text, found) => {
    assert.deepStrictEqual(GoJson.duplicateFields(text), found)
  })
})
