import { assert, describe, it } from "@effect/vitest"
import * as FieldSuggestion from "../../src/input/FieldSuggestion.ts"

describe("FieldSuggestion", () => {
  it.each([
    ["spec.imagee", "image"],
    ["spec.fullNode.snapshot.s3.targetHight", "targetHeight"],
    ["spec.peers[0].lable", "label"],
    ["spec.banana", undefined],
    ["spec.image.tag", undefined],
    ["spec", "spec"],
    ["", undefined]
  ])("suggests for %s the field %s", (field, suggestion) => {
    assert.strictEqual(FieldSuggestion.suggest(field), suggestion)
  })
})
