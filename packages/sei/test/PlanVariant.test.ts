import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, type TaskPlan } from "@portolan/planner"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as PlanVariant from "../src/node/plan/PlanVariant.ts"
import * as Supersession from "../src/node/plan/Supersession.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const node = Fixtures.node()
const BOOTSTRAP = { snapshot: { s3: { targetHeight: 5 }, bootstrapImage: "sei:old" } }

const build = (template: PlanTemplates.NodePlanTemplate) => PlanBuilder.build(node.object, template)
const withoutVariant = ({ variant: _, ...plan }: TaskPlan.TaskPlan): TaskPlan.TaskPlan => plan

const INIT_VARIANTS = [
  "Init",
  "InitReplacePod",
  "InitRerunBootstrap",
  "InitAfterBootstrap",
  "InitResumeBootstrap"
] as const

const templates = [
  ...INIT_VARIANTS.map((variant) => PlanTemplates.init(node, "test", variant)),
  PlanTemplates.update(node, "test", { isSidecarReachable: true }),
  PlanTemplates.markReady(node),
  PlanTemplates.restore(node, { proxyConfig: true, statefulSet: true, service: true })
]

/** What supersedes an active init plan after an edit of the spec. */
const afterEdit = (plan: TaskPlan.TaskPlan, fullNode: NonNullable<Fixtures.NodeParts["spec"]>) =>
  Supersession.supersede(
    Fixtures.observation(
      { spec: { fullNode }, status: { phase: "Initializing" } },
      { stateSync: { _tag: "Ready", syncers: ["a:1", "b:1"], from: "spec" } }
    ),
    plan
  )

describe("PlanVariant", () => {
  it("a stored variant counts more than the tasks", () => {
    const [init, update] = [
      build(PlanTemplates.init(node)),
      build(PlanTemplates.update(node, "test", { isSidecarReachable: true }))
    ]
    assert.isFalse(PlanVariant.isInit({ ...init, variant: "Restore" }))
    assert.isFalse(PlanVariant.isUpdate({ ...update, variant: "Restore" }))
    assert.isFalse(PlanVariant.isInit({ tasks: [] }))
  })

  it("the status names the plan, its variant and its reason", () => {
    const none = { proxyConfig: false, statefulSet: false, service: false }
    const shown = [
      PlanTemplates.init(node),
      PlanTemplates.update(node, "image drift", { isSidecarReachable: true }),
      PlanTemplates.markReady(node),
      PlanTemplates.restore(node, { ...none, statefulSet: true, service: true })
    ].map(({ name, reason, variant }) => `${name} ${variant}: ${reason}`)
    assert.deepStrictEqual(shown, [
      "init Init: new node of chain pacific-1, synced from genesis",
      "update Update: image drift",
      "mark-ready MarkReady: the sidecar is not ready",
      "restore Restore: missing or outdated: statefulset, service"
    ])
  })

  it.each(templates.map((template) => [template.variant, template] as const))(
    "a stored plan %s is recognised with and without its variant",
    (variant, template) => {
      const plan = build(template)
      assert.strictEqual(plan.variant, variant)
      for (const stored of [plan, withoutVariant(plan)]) {
        assert.strictEqual(PlanVariant.isInit(stored), template.name === "init")
        assert.strictEqual(PlanVariant.isUpdate(stored), template.name === "update")
      }
    }
  )

  it.each(templates.map((template) => [template.variant, template] as const))(
    "INV-4: a plan %s is final when it fails if it initialises the node, and is retried otherwise",
    (_, template) => {
      const { failedPhase, targetPhase } = build(template)
      assert.strictEqual(targetPhase, "Running")
      assert.strictEqual(failedPhase, template.name === "init" ? "Failed" : undefined)
    }
  )

  it("an init plan without a variant may be any of them", () => {
    const plan = build(PlanTemplates.init(node))
    assert.deepStrictEqual(PlanVariant.initVariants(plan), ["Init"])
    assert.include(PlanVariant.initVariants(withoutVariant(plan)), "InitAfterBootstrap")
  })
})

describe("Supersession of an init plan", () => {
  it.each([
    ["with a variant", (plan: TaskPlan.TaskPlan) => plan],
    ["without one", withoutVariant]
  ])("%s: replaces a genesis plan after an edit to a bootstrap", (_, stored) => {
    const plan = stored(build(PlanTemplates.init(node)))
    assert.strictEqual(afterEdit(plan, {})._tag, "Keep")
    assert.strictEqual(afterEdit(plan, BOOTSTRAP)._tag, "Replace")
  })
})
