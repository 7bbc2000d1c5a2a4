import { assert, describe, it } from "vitest"
import * as MergePatch from "../../src/apiserver/MergePatch.ts"
import { compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inOrder, inSpec, notified, thing, unchecked } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"
import { shapeCases } from "./shapeCases.ts"
import { updateCases } from "./updateCases.ts"
import { valueCases } from "./valueCases.ts"

const gadget = compile(gadgetDefinition, "v1")
const received = (spec: (typeof valueCases)[number]["spec"]) => gadget.applyDefaults(gadget.prune(thing(spec)).object)

describe("values of custom resources", () => {
  for (const { causes, spec } of [...valueCases, ...shapeCases]) {
    it(`answers like a real server to ${JSON.stringify(spec)}`, () => {
      assert.deepStrictEqual(notified(gadget.validate(received(spec))), inOrder(causes))
    })
  }

  it("a status that is written on its own is held against its own schema only", () => {
    const object = { ...received({ size: 3 }), status: { count: "x" } }

    assert.deepStrictEqual(
      notified(gadget.validate(object, received({ size: 3 }), "status")),
      inOrder([
        [
          "FieldValueTypeInvalid",
          "status.count",
          `Invalid value: "string": count in body must be of type integer: "string"`
        ],
        unchecked
      ])
    )
  })
})

describe("changes of custom resources", () => {
  for (const [index, { causes, old, patch }] of updateCases.entries()) {
    it(`answers like a real server to change ${index}, ${JSON.stringify(patch)}`, () => {
      const previous = gadget.applyDefaults(thing(old))
      const next = gadget.applyDefaults(
        thing(MergePatch.merge(old, patch), { metadata: { name: "thing", generation: 2 } })
      )

      assert.deepStrictEqual(notified(gadget.validate(next, previous)), inOrder(causes))
    })
  }

  it("what is under a list without keys is not found again", () => {
    const list = { type: "array", items: { type: "string", maxLength: 2 } }
    const version = compile(inSpec({ list }), "v1")
    const before = thing({ list: ["long"] })

    assert.deepStrictEqual(version.validate(thing({ list: ["long"] }), before), [])
    assert.deepStrictEqual(notified(version.validate(thing({ list: ["long", "x"] }), before)), [
      ["FieldValueTooLong", "spec.list[0]", "Too long: may not be more than 2 bytes"]
    ])
  })
})
