import { assert, describe, it } from "vitest"
import * as MergePatch from "../../src/apiserver/MergePatch.ts"
import { compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inSpec, rulesSkipped, sorted, thing, tuplesOf } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"
import { shapeCases } from "./shapeCases.ts"
import { updateCases } from "./updateCases.ts"
import { valueCases } from "./valueCases.ts"

const gadget = compile(gadgetDefinition, "v1")
const decoded = (spec: (typeof valueCases)[number]["spec"]) => gadget.applyDefaults(gadget.prune(thing(spec)).object)

describe("validation of custom resources", () => {
  for (const { causes, spec } of [...valueCases, ...shapeCases]) {
    it(`reports the causes of kube-apiserver for ${JSON.stringify(spec)}`, () => {
      assert.deepStrictEqual(tuplesOf(gadget.validate(decoded(spec))), sorted(causes))
    })
  }

  it("an update of the status subresource validates status only", () => {
    const object = { ...decoded({ size: 3 }), status: { count: "x" } }

    assert.deepStrictEqual(
      tuplesOf(gadget.validate(object, decoded({ size: 3 }), "status")),
      sorted([
        [
          "FieldValueTypeInvalid",
          "status.count",
          `Invalid value: "string": count in body must be of type integer: "string"`
        ],
        rulesSkipped
      ])
    )
  })
})

describe("ratcheting of custom resources", () => {
  for (const [index, { causes, old, patch }] of updateCases.entries()) {
    it(`reports the causes of kube-apiserver for update ${index}, ${JSON.stringify(patch)}`, () => {
      const previous = gadget.applyDefaults(thing(old))
      const next = gadget.applyDefaults(
        thing(MergePatch.merge(old, patch), { metadata: { name: "thing", generation: 2 } })
      )

      assert.deepStrictEqual(tuplesOf(gadget.validate(next, previous)), sorted(causes))
    })
  }

  it("items of a list without map keys are not correlatable", () => {
    const list = { type: "array", items: { type: "string", maxLength: 2 } }
    const version = compile(inSpec({ list }), "v1")
    const before = thing({ list: ["long"] })

    assert.deepStrictEqual(version.validate(thing({ list: ["long"] }), before), [])
    assert.deepStrictEqual(tuplesOf(version.validate(thing({ list: ["long", "x"] }), before)), [
      ["FieldValueTooLong", "spec.list[0]", "Too long: may not be more than 2 bytes"]
    ])
  })
})
