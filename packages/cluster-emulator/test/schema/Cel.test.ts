import { assert, describe, it } from "vitest"
import { checkCrd, compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inSpec, notified, thing } from "./Case.ts"
import { failing, holding, properties, spec } from "./celCases.ts"

const definitionWith = (rule: string) => inSpec(properties, { "x-kubernetes-validations": [{ rule }] })

describe("rules", () => {
  it("every rule that holds on a real server holds", () => {
    const definition = inSpec(properties, { "x-kubernetes-validations": holding.map((rule) => ({ rule })) })

    assert.deepStrictEqual(checkCrd(definition), [])
    assert.deepStrictEqual(compile(definition, "v1").validate(thing(spec)), [])
  })

  for (const [rule, message] of failing) {
    it(`the rule ${rule} fails in the words of a real server`, () => {
      const causes = compile(definitionWith(rule), "v1").validate(thing(spec))

      assert.deepStrictEqual(notified(causes), [["FieldValueInvalid", "spec", message]])
    })
  }

  it("fields with names of the language are written in two ways", () => {
    const rule = "self.import == 'a' && self.__import__ == 'a' && has(self.__in__)"
    const text = { type: "string" }
    const definition = inSpec({ import: text, in: text }, { "x-kubernetes-validations": [{ rule }] })

    assert.deepStrictEqual(checkCrd(definition), [])
    assert.deepStrictEqual(compile(definition, "v1").validate(thing({ import: "a", in: "b" })), [])
  })

  it("a message of the rule's own may not be empty", () => {
    const rules = [{ rule: "self.s == 'x'", messageExpression: "''", message: "told otherwise" }]
    const version = compile(inSpec(properties, { "x-kubernetes-validations": rules }), "v1")

    assert.deepStrictEqual(notified(version.validate(thing(spec))), [
      ["FieldValueInvalid", "spec", "Invalid value: told otherwise"]
    ])
  })
})
