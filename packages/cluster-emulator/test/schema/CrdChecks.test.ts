import { assert, describe, it } from "vitest"
import { checkCrd } from "../../src/apiserver/schema/CustomResource.ts"

import { inSpec, sorted, tuplesOf } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"
import { identityCases } from "./identityCases.ts"
import { ruleCases } from "./ruleCases.ts"
import { structureCases } from "./structureCases.ts"

describe("validation of CustomResourceDefinitions", () => {
  it("a valid definition has no causes", () => {
    assert.deepStrictEqual(checkCrd(gadgetDefinition), [])
  })

  for (const [index, { causes, definition }] of [...identityCases, ...structureCases].entries()) {
    it(`reports the causes of kube-apiserver for definition ${index}: ${causes[0]?.join(" ") ?? "valid"}`, () => {
      assert.deepStrictEqual(tuplesOf(checkCrd(definition)), sorted(causes))
    })
  }

  const wrongType =
    "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."
  it.each([
    [".spec.a", undefined],
    [".spec.map.key", undefined],
    ["", "Required value"],
    [".spec.b", 'Invalid value: ".spec.b": is an invalid path: does not refer to a valid field'],
    [".metadata.name", 'Invalid value: ".metadata.name": is an invalid path: does not refer to a valid field'],
    ["spec.a", 'Invalid value: "spec.a": is an invalid path: expected [ or . but got: spec'],
    [".spec.list[0]", 'Invalid value: ".spec.list[0]": is an invalid path: array notation is not allowed'],
    [".spec", `Invalid value: ".spec": ${wrongType}`]
  ])("reports the cause of kube-apiserver for the selectable field %j: %s", (jsonPath, message) => {
    const text = { type: "string" }
    const properties = {
      a: text,
      list: { type: "array", items: text },
      map: { type: "object", additionalProperties: text }
    }
    const { spec, ...others } = inSpec(properties)
    const versions = spec.versions.map((version) => ({ ...version, selectableFields: [{ jsonPath }] }))
    const [cause] = checkCrd({ ...others, spec: { ...spec, versions } })

    assert.strictEqual(cause?.message, message)
    if (message !== undefined) assert.strictEqual(cause?.field, "spec.selectableFields[0].jsonPath")
  })

  for (const { causes, definition } of ruleCases) {
    const [cause] = causes
    it(`reports the causes of kube-apiserver for a definition with a rule: ${cause?.[2]}`, () => {
      const [found, ...others] = tuplesOf(checkCrd(definition))

      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(found?.slice(0, 2), cause?.slice(0, 2))
      assert.isTrue(found?.[2].startsWith(cause?.[2] ?? "?"), found?.[2])
    })
  }
})
