import { assert, describe, it } from "@effect/vitest"
import { PlanId } from "../src/model/TaskPlan.ts"
import * as Identity from "../src/plan/Identity.ts"
import * as PlanBuilder from "../src/plan/PlanBuilder.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const vectors = [
  ["test-plan-retry", "configure-genesis", 0, "52870ba7-7f29-5143-8fa9-c17316f83728"],
  ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "ensure-data-pvc", 0, "92f1e14c-2a7d-5fab-aa68-4d817362faa0"],
  ["3f1c2a54-0c1e-4b7e-9a55-6d2f0e8b1a11", "mark-ready", 7, "7d09e9a5-1c35-521c-9898-1a3b9a389f27"]
] as const

const template: PlanBuilder.PlanTemplate = {
  name: "init",
  reason: "new",
  targetPhase: "Running",
  onFailure: PlanBuilder.failTo("Failed"),
  tasks: [{ type: "a", params: { x: 1 }, maxRetries: 2 }, { type: "a" }]
}

describe("Identity", () => {
  it.each(vectors)("task ids of %s/%s/%i are those that agents hold already", (plan, type, index, id) => {
    assert.strictEqual<string>(Identity.taskId(PlanId.make(plan), type, index), id)
  })

  it("INV-14: the same object gives the same plan, another object, version or purpose another plan", () => {
    const plan = PlanBuilder.build(Fixtures.widget(), template)
    assert.deepStrictEqual(PlanBuilder.build(Fixtures.widget(), template), plan)
    assert.notStrictEqual(PlanBuilder.build(Fixtures.widget({}, { version: "2" }), template).id, plan.id)
    const recreated = Fixtures.widget({}, { metadata: { uid: "another" } })
    assert.notStrictEqual(PlanBuilder.build(recreated, template).id, plan.id)
    assert.notStrictEqual(PlanBuilder.build(Fixtures.widget(), { ...template, name: "update" }).id, plan.id)
  })

  it("stores the variant of its template", () => {
    assert.strictEqual(PlanBuilder.build(Fixtures.widget(), { ...template, variant: "Repaint" }).variant, "Repaint")
    assert.notProperty(PlanBuilder.build(Fixtures.widget(), template), "variant")
  })

  it("leaves zero values out, and gives two tasks of one type different ids", () => {
    const { failedPhase, tasks } = PlanBuilder.build(Fixtures.widget(), template)
    assert.strictEqual(failedPhase, "Failed")
    assert.deepStrictEqual(Object.keys(tasks[1] ?? {}), ["type", "id", "status"])
    assert.strictEqual(tasks[0]?.maxRetries, 2)
    assert.notStrictEqual(tasks[0]?.id, tasks[1]?.id)
  })
})
