import { assert, describe, it } from "@effect/vitest"
import { NodeWatches, SamplePlatform } from "@portolan/sei"
import * as SeiNodeController from "../../src/kinds/SeiNode.ts"

const controller = SeiNodeController.controller({ platform: SamplePlatform.sample, platformFile: "" })

describe("SeiNode controller", () => {
  it("owns fields and records events under the name that is stored in clusters", () => {
    assert.strictEqual(controller.fieldManager, "seinode-controller")
  })

  it("watches what its tests in memory read", () => {
    assert.strictEqual(controller.watches, NodeWatches.watches.watches)
    assert.strictEqual(controller.references, NodeWatches.watches.references)
  })
})
