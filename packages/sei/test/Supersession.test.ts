/** Which plan replaces an active init plan, by the objects that exist. */
import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder, Reconciler, TaskPlan } from "@portolan/planner"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as Preconditions from "../src/node/plan/Preconditions.ts"
import * as Supersession from "../src/node/plan/Supersession.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
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

describe("an init plan whose tasks have written data", () => {
  const written = (type: string) => {
    const plan = initPlan(GENESIS, type)
    return {
      ...plan,
      tasks: plan.tasks.map((task) =>
        task.type === type ? { ...task, submittedAt: "2026-01-01T00:00:00.000Z" } : task
      )
    }
  }

  it("is held when the spec requires other tasks, and says how to go on", () => {
    const observation = Fixtures.observation({ spec: BOOTSTRAP, status: { phase: "Initializing" } }, READY)
    assert.deepStrictEqual(
      Supersession.supersede(observation, initPlan(GENESIS, "config-validate")),
      Reconciler.hold(
        `${OTHER_TASKS}, but task configure-genesis has written data already; revert the edit or create another SeiNode`
      )
    )
  })

  it("is replaced when only its configuration is for another mode, unless it is written", () => {
    assert.strictEqual(decided(initPlan(GENESIS), { archive: {} }), `Replace Init: ${OTHER_TASKS}`)
    assert.strictEqual(decided(initPlan(GENESIS), GENESIS), "Keep")
    assert.strictEqual(decided(written("config-apply"), { archive: {} }), "Hold")
  })
})

describe("a plan that is up to date", () => {
  it("is kept although no plan could be built for the spec now", () => {
    const platform = { ...sample, images: { ...sample.images, kubeRBACProxy: "" } }
    assert.strictEqual(decided(initPlan(GENESIS), GENESIS, { platform }), "Keep")
    const spec = { fullNode: { snapshot: { stateSync: {} } } }
    const stateSync = { _tag: "NoSyncersConfigured", found: 0 } as const
    assert.strictEqual(decided(initPlan(spec), spec, { stateSync }), "Keep")
  })
})

describe("a plan of a running node", () => {
  const running = { phase: "Running", currentImage: "sei:old" }
  const markReady = PlanBuilder.build(Fixtures.node().object, PlanTemplates.markReady(Fixtures.node()))
  const restore = (statefulSet: boolean) =>
    PlanBuilder.build(
      Fixtures.node().object,
      PlanTemplates.restore(Fixtures.node(), { proxyConfig: false, statefulSet, service: true })
    )

  it("is replaced by an update when the images have drifted, unless it applies the StatefulSet itself", () => {
    const drift = `Replace Update: image drift detected: spec=${Fixtures.IMAGE} current=sei:old`
    assert.strictEqual(decided(markReady, GENESIS, {}, running), drift)
    assert.strictEqual(decided(restore(false), GENESIS, {}, running), drift)
    assert.strictEqual(decided(restore(true), GENESIS, {}, running), "Keep")
    assert.strictEqual(decided(markReady, GENESIS, {}, { phase: "Running" }), "Keep")
  })

  it("is replaced although state syncers are missing, which a running node does not need", () => {
    const missing: Partial<Observation> = { stateSync: { _tag: "NoSyncersConfigured", found: 0 } }
    const spec = { fullNode: { snapshot: { stateSync: {} } } }
    assert.match(decided(markReady, spec, missing, running), /^Replace Update/u)
    const edited = initPlan(GENESIS)
    assert.strictEqual(decided(edited, spec, missing), "Hold")
    assert.strictEqual(decided(edited, spec), `Replace Init: ${OTHER_TASKS}`)
  })

  it("patches the configuration before it replaces the pod only if the sidecar is reachable", () => {
    const tasksWith = (more: Partial<Observation>) => {
      const observation = Fixtures.observation({ spec: GENESIS, status: running }, { ...Fixtures.converged(), ...more })
      const supersession = Supersession.supersede(observation, markReady)
      return supersession._tag === "Replace" ? supersession.template.tasks.map(({ type }) => type) : []
    }
    const [first, second] = [tasksWith({}), tasksWith({ sidecar: { _tag: "Unreachable", message: "refused" } })]
    assert.isBelow(first.indexOf("config-patch"), first.indexOf("replace-pod"))
    assert.isAbove(second.indexOf("config-patch"), second.indexOf("replace-pod"))
    assert.strictEqual(first.length, second.length)
  })
})

describe("a plan that failed", () => {
  const failed = (
    plan: TaskPlan.TaskPlan,
    detail: Partial<typeof TaskPlan.FailedTaskDetail.Type> = {}
  ): TaskPlan.TaskPlan => ({
    ...plan,
    phase: "Failed",
    failedTaskDetail: {
      id: TaskPlan.TaskId.make("task"),
      type: "ensure-data-pvc",
      error: "invalid",
      reason: Preconditions.INVALID,
      retryCount: 0,
      maxRetries: 0,
      ...detail
    }
  })
  const FAILED = { phase: "Failed" }

  it("starts again when the precondition that it failed at is no longer invalid", () => {
    assert.strictEqual(
      decided(failed(initPlan(GENESIS)), GENESIS, {}, FAILED),
      "Replace Init: the precondition of task ensure-data-pvc is no longer invalid"
    )
    assert.strictEqual(decided(failed(initPlan(GENESIS)), GENESIS, {}, { phase: "Initializing" }), "Keep")
  })

  it("stays while the precondition is invalid, and when it failed at anything else", () => {
    const claim = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
    const pvc = { ...claim, metadata: { ...claim.metadata, ownerReferences: [] } }
    assert.strictEqual(decided(failed(initPlan(GENESIS)), GENESIS, { pvc }, FAILED), "Keep")
    assert.strictEqual(decided(failed(initPlan(GENESIS), { type: "config-apply" }), GENESIS, {}, FAILED), "Keep")
    assert.strictEqual(decided(failed(initPlan(GENESIS), { reason: "Other" }), GENESIS, {}, FAILED), "Keep")
    const { failedTaskDetail: _, ...withoutDetail } = failed(initPlan(GENESIS))
    assert.strictEqual(decided(withoutDetail, GENESIS, {}, FAILED), "Keep")
  })
})
