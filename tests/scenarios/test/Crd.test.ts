/** The CustomResourceDefinition in `config/crd` is generated from our schemas. `vitest run -u` writes it again. */
import { describe, expect, it } from "@effect/vitest"
import { CustomKind } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Yaml from "yaml"

describe("config/crd", () => {
  it("is what the schemas generate", async () => {
    const text = Yaml.stringify(CustomKind.manifest(SeiNode.kind), { lineWidth: 0, aliasDuplicateObjects: false })
    await expect(text).toMatchFileSnapshot("../../../config/crd/sei.io_seinodes.yaml")
  })
})
