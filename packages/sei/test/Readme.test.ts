/** The example of the README, run. The last test checks that the README shows this code. */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { type ObjectMeta, PlanBuilder } from "@portolan/planner"
import * as Result from "effect/Result"
import { PlanTemplates, SeiNode } from "../src/index.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

/** The plan that initialises a SeiNode, or the field of the manifest that does not decode. */
const dryRun = (object: ObjectMeta.KubernetesObject) =>
  Result.map(SeiNode.decode(object), (node) => {
    const template = PlanTemplates.init(node)
    const plan = PlanBuilder.build(object, template)
    return { reason: template.reason, variant: plan.variant, tasks: plan.tasks.map(({ type }) => type) }
  })

const read = (path: string): string => Fs.readFileSync(new URL(path, import.meta.url), "utf8")

describe("the example of the README", () => {
  it("plans a SeiNode from its manifest", () => {
    const plan = Result.getOrThrow(dryRun(Fixtures.stored({ spec: { fullNode: {} } })))
    assert.strictEqual(plan.reason, "new node of chain pacific-1, synced from genesis")
    assert.strictEqual(plan.variant, "Init")
    assert.strictEqual(plan.tasks.at(-1), "mark-ready")
  })

  it("names the field that does not decode", () => {
    const rejected = Result.flip(dryRun(Fixtures.stored({ spec: { image: 5 } })))
    assert.strictEqual(Result.getOrThrow(rejected).field, "spec")
  })

  it("is the code of this file", () => {
    const code = read("./Readme.test.ts").replace("../src/index.ts", "@portolan/sei")
    const blocks = [...read("../README.md").matchAll(/```ts\n([\s\S]*?)```/gu)].map(([, block = ""]) => block)
    assert.lengthOf(blocks, 2)
    const lines = blocks.flatMap((block) => block.split("\n"))
    assert.deepStrictEqual(
      lines.filter((line) => !code.includes(line)),
      []
    )
  })
})
