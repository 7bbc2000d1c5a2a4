/** The CustomResourceDefinitions that users install are the ones our schemas make. `vitest run -u` writes them anew. */

import { describe, expect, it } from "@effect/vitest"
import { CustomKind } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Yaml from "yaml"

describe("config/crd", () => {
  it("is what the schemas say", async () => {
    const text = Yaml.stringify(CustomKind.manifest(SeiNode.kind), { lineWidth: 0, aliasDuplicateObjects: false })
    await expect(text).toMatchFileSnapshot("../../../config/crd/sei.io_seinodes.yaml")
  })
})
