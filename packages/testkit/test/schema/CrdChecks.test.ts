import { assert, describe, it } from "@effect/vitest"
import { checkCrd } from "../../src/apiserver/schema/CustomResource.ts"
import * as Conformance from "../../src/Conformance.ts"

import { inOrder, told } from "./Case.ts"
import { gadgetDefinition } from "./gadgetDefinition.ts"
import { identityCases } from "./identityCases.ts"
import { ruleCases } from "./ruleCases.ts"
import { structureCases } from "./structureCases.ts"

describe("definitions", () => {
  it("sound definitions have nothing against them", () => {
    assert.deepStrictEqual(checkCrd(gadgetDefinition), [])
    assert.deepStrictEqual(checkCrd(Conformance.widgetDefinition), [])
  })

  for (const [index, { causes, definition }] of [...identityCases, ...structureCases].entries()) {
    it(`answers like a real server to definition ${index}: ${causes[0]?.join(" ") ?? "sound"}`, () => {
      assert.deepStrictEqual(told(checkCrd(definition)), inOrder(causes))
    })
  }

  for (const { causes, definition } of ruleCases) {
    const [cause] = causes
    it(`answers like a real server to a definition with a rule: ${cause?.[2]}`, () => {
      const [found, ...more] = told(checkCrd(definition))

      assert.deepStrictEqual(more, [])
      assert.deepStrictEqual(found?.slice(0, 2), cause?.slice(0, 2))
      assert.isTrue(found?.[2].startsWith(cause?.[2] ?? "?"), found?.[2])
    })
  }
})
