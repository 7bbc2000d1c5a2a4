/** Which plan replaces an active init plan, by the objects that exist. */
import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, type Reconciler, type TaskPlan } from "@portolan/planner"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as Supersession from "../src/node/plan/Supersession.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const GENESIS = { fullNode: {} }
const BOOTSTRAP = { fullNode: { snapshot: { s3: { targetHeight: 5 }, bootstrapImage: "sei:old" } } }
const READY = { stateSync: { _tag: "Ready", syncers: ["a:1", "b:1"], from: "spec" } } as const

/** The stored init plan of a spec, of which the tasks before `current` are complete. */
const initPlan = (spec: NonNullable<Fixtures.NodeParts["spec"]>, current = ""): TaskPlan.TaskPlan => {
  const node = Fixtures.node({ spec })
  const plan = PlanBuilder.build(node.object, PlanTemplates.init(node))
  const index = plan.tasks.findIndex(({ type }) => type === current)
  return { ...plan, tasks: plan.tasks.map((task, at) => (at < index ? { ...task, status: "Complete" } : task)) }
}

/** `Replace InitReplacePod: reason`, or what else is decided. */
const text = (supersession: Reconciler.Supersession): string =>
  supersession._tag === "Replace"
    ? `Replace ${supersession.template.variant}: ${supersession.template.reason}`
    : supersession._tag

const decided = (
  plan: TaskPlan.TaskPlan,
  spec: NonNullable<Fixtures.NodeParts["spec"]>,
  more: Partial<Observation> = {},
  status: NonNullable<Fixtures.NodeParts["status"]> = {}
) =>
  text(
    Supersession.supersede(
      Fixtures.observation({ spec, status: { phase: "Initializing", ...status } }, { ...READY, ...more }),
      plan
    )
  )

const OTHER_TASKS = "the spec requires other tasks than the plan has"

describe("an init plan whose spec requires other tasks", () => {
  const job = Fixtures.owned("Job", "node-0-bootstrap")
  const statefulSet = Fixtures.owned("StatefulSet", "node-0")

  it.each([
    ["no object exists", BOOTSTRAP, GENESIS, {}, "Init"],
    ["the pod of the previous tasks exists", BOOTSTRAP, GENESIS, { statefulSet }, "InitReplacePod"],
    ["the bootstrap Job exists", BOOTSTRAP, GENESIS, { bootstrapJob: job, statefulSet }, "InitRerunBootstrap"],
    ["a bootstrap comes first, which replaces the pod", GENESIS, BOOTSTRAP, { statefulSet }, "Init"],
    [
      "the objects have another owner",
      BOOTSTRAP,
      GENESIS,
      { statefulSet: { ...statefulSet, metadata: { ...statefulSet.metadata, ownerReferences: [] } } },
      "Init"
    ]
  ] as const)("is replaced, if %s", (_, before, after, more, variant) => {
    assert.strictEqual(decided(initPlan(before), after, more), `Replace ${variant}: ${OTHER_TASKS}`)
  })
})

describe("an init plan that bootstraps", () => {
  const AWAITS = "await-bootstrap-complete"
  const job = (type: string, status = "True") => ({
    bootstrapJob: Fixtures.owned("Job", "node-0-bootstrap", { status: { conditions: [{ type, status }] } })
  })

  it("is replaced when its Job was deleted before it completed", () => {
    const expected = "Replace InitRerunBootstrap: the bootstrap Job was deleted before it completed"
    assert.strictEqual(decided(initPlan(BOOTSTRAP, AWAITS), BOOTSTRAP), expected)
  })

  it("is replaced when its Job completed before the plan awaits it, and kept when the plan awaits it", () => {
    const early = initPlan(BOOTSTRAP, "configure-genesis")
    const complete = job("Complete")
    assert.strictEqual(
      decided(early, BOOTSTRAP, complete),
      "Replace InitAfterBootstrap: the bootstrap Job has completed"
    )
    assert.strictEqual(decided(early, BOOTSTRAP, job("Complete", "False")), "Keep")
    assert.strictEqual(decided(initPlan(BOOTSTRAP, AWAITS), BOOTSTRAP, complete), "Keep")
  })

  it("is replaced when the sidecar has restarted, at most once per interval of mark-ready", () => {
    const restarted = { ...job("Active"), sidecar: { _tag: "NotReady" } } as const
    const expected = "Replace InitResumeBootstrap: the sidecar of the bootstrap pod is not ready"
    const awaiting = initPlan(BOOTSTRAP, AWAITS)
    const markedAt = (sidecarMarkedReadyAt: string) => decided(awaiting, BOOTSTRAP, restarted, { sidecarMarkedReadyAt })
    assert.strictEqual(decided(awaiting, BOOTSTRAP, restarted), expected)
    assert.strictEqual(markedAt("2025-12-31T00:00:00Z"), expected)
    assert.strictEqual(markedAt("2026-01-01T00:00:00Z"), "Keep")
    assert.strictEqual(decided(awaiting, BOOTSTRAP, { ...restarted, sidecar: { _tag: "Ready" } }), "Keep")
    assert.strictEqual(decided(awaiting, BOOTSTRAP, { ...restarted, sidecar: undefined }), "Keep")
    assert.strictEqual(decided(initPlan(BOOTSTRAP, "mark-ready"), BOOTSTRAP, restarted), "Keep")
  })
})
