import { assert, describe, it } from "vitest"
import { checkCrd, compile } from "../../src/apiserver/schema/CustomResource.ts"
import { inSpec, thing, tuplesOf } from "./Case.ts"
import { failingRules, properties, spec, validRules } from "./celCases.ts"

const definitionWith = (rule: string) => inSpec(properties, { "x-kubernetes-validations": [{ rule }] })

describe("CEL rules", () => {
  it("rules that hold on kube-apiserver hold", () => {
    const definition = inSpec(properties, { "x-kubernetes-validations": validRules.map((rule) => ({ rule })) })

    assert.deepStrictEqual(checkCrd(definition), [])
    assert.deepStrictEqual(compile(definition, "v1").validate(thing(spec)), [])
  })

  for (const [rule, message] of failingRules) {
    it(`the rule ${rule} fails with the message of kube-apiserver`, () => {
      const causes = compile(definitionWith(rule), "v1").validate(thing(spec))

      assert.deepStrictEqual(tuplesOf(causes), [["FieldValueInvalid", "spec", message]])
    })
  }

  it("fields named like reserved words are accessible with and without escaping", () => {
    const rule = "self.import == 'a' && self.__import__ == 'a' && has(self.__in__)"
    const text = { type: "string" }
    const definition = inSpec({ import: text, in: text }, { "x-kubernetes-validations": [{ rule }] })

    assert.deepStrictEqual(checkCrd(definition), [])
    assert.deepStrictEqual(compile(definition, "v1").validate(thing({ import: "a", in: "b" })), [])
  })

  it("an empty result of messageExpression falls back to message", () => {
    const rules = [{ rule: "self.s == 'x'", messageExpression: "''", message: "the message" }]
    const version = compile(inSpec(properties, { "x-kubernetes-validations": rules }), "v1")

    assert.deepStrictEqual(tuplesOf(version.validate(thing(spec))), [
      ["FieldValueInvalid", "spec", "Invalid value: the message"]
    ])
  })
})
