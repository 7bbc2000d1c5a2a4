import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import * as MergePatch from "../src/model/MergePatch.ts"

/** JSON values without floats, which do not survive a round trip exactly. */
const Flat = Schema.Union([
  Schema.Int,
  Schema.String,
  Schema.Boolean,
  Schema.Array(Schema.Int),
  Schema.Record(Schema.String, Schema.Int)
])

describe("MergePatch", () => {
  it("holds only fields that differ, null for removed fields, and whole arrays", () => {
    const before = { kept: 1, changed: { a: 1, b: 2 }, gone: "x", list: [1, 2] }
    const after = { kept: 1, changed: { a: 1, b: 3 }, list: [1] }
    assert.deepStrictEqual(MergePatch.diff(before, after), { changed: { b: 3 }, gone: null, list: [1] })
  })

  it("distinguishes a list from a longer one, and from an equal-looking string", () => {
    assert.deepStrictEqual(MergePatch.diff({ a: [1] }, { a: [1, 2] }), { a: [1, 2] })
    assert.deepStrictEqual(MergePatch.diff({ a: ["x"] }, { a: "x" }), { a: "x" })
    assert.deepStrictEqual(MergePatch.diff({ a: "x" }, { a: ["x"] }), { a: ["x"] })
  })

  it("is empty for an equal object, whatever the order of its fields (INV-5)", () => {
    assert.isTrue(MergePatch.isEmpty(MergePatch.diff({ a: { x: 1, y: [2] }, b: 1 }, { b: 1, a: { y: [2], x: 1 } })))
  })

  it("INV-5: treats a null field as an absent one", () => {
    assert.deepStrictEqual(MergePatch.diff({ a: { b: 1 } }, { a: { b: 1, c: null }, d: null }), {})
    assert.deepStrictEqual(MergePatch.diff({ a: 1, b: null }, { a: null }), { a: null, b: null })
  })

  it("replaces a value by an object, and an object by a value", () => {
    assert.deepStrictEqual(MergePatch.merge({ a: 1 }, { a: { b: 2 } }), { a: { b: 2 } })
    assert.deepStrictEqual(MergePatch.merge({ a: { b: 2 } }, { a: 1 }), { a: 1 })
  })

  it.prop(
    "transforms any object into any other",
    [Arbitrary.schema(Schema.Record(Schema.String, Flat)), Arbitrary.schema(Schema.Record(Schema.String, Flat))],
    ([before, after]) => {
      assert.isTrue(MergePatch.same(MergePatch.merge(before, MergePatch.diff(before, after)), after))
    }
  )
})
