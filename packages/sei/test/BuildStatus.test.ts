/** What a pass adds to the status. */
import { assert, describe, it } from "@effect/vitest"
import { Condition, PlanBuilder } from "@portolan/planner"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import { buildStatus } from "../src/node/reconcile/BuildStatus.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Json = NonNullable<Fixtures.NodeParts["status"]>

const NOW = "2026-01-01T00:00:00Z"
const RUNNING = { phase: "Running" }

/** The status that a pass writes which found `stored`, and whose plan made `next` of it. */
const built = (stored: Json, next: Json = stored, more: Partial<Observation> = {}, spec: Json = {}) =>
  buildStatus(Fixtures.observation({ spec, status: stored }, more), next)

/** `True Paused: message` of a condition; empty without it. */
const condition = (status: Json, type: string): string => {
  const found = Condition.find(status, type)
  return found === undefined ? "" : `${found.status} ${found.reason}: ${found.message}`
}

const json = (value: unknown): Json => JSON.parse(JSON.stringify(value))
const node = Fixtures.node()
const update = json(PlanBuilder.build(node.object, PlanTemplates.update(node, "test", { isSidecarReachable: true })))
const markReady = json(PlanBuilder.build(node.object, PlanTemplates.markReady(node)))
const completed = (plan: Json): Json => ({
  ...plan,
  tasks: [plan.tasks].flat().map((task) => ({ ...Object(task), status: "Complete" }))
})

describe("the status of a node", () => {
  it("names its StatefulSet, and no foreign one", () => {
    const { statefulSet } = Fixtures.converged()
    assert.deepStrictEqual(built({}, {}, { statefulSet }).statefulSet, { name: "node-0", uid: "StatefulSet-uid" })
    const foreign = Fixtures.owned("StatefulSet", "node-0")
    const withoutOwner = { ...foreign, metadata: { ...foreign.metadata, ownerReferences: [] } }
    assert.notProperty(built({}, {}, { statefulSet: withoutOwner }), "statefulSet")
    assert.notProperty(built({}), "statefulSet")
  })

  it("has the discovered peers and syncers, and drops syncers that are not discovered any more", () => {
    const found = { resolvedPeers: ["a"], resolvedStateSyncers: ["b"] }
    assert.deepInclude(built(found, {}), found)
    assert.notProperty(built({}, { resolvedStateSyncers: ["b"] }), "resolvedStateSyncers")
    assert.deepStrictEqual(built({}, { resolvedPeers: ["a"] }).resolvedPeers, ["a"])
    assert.notProperty(built({}), "resolvedPeers")
  })

  it("records the images of a running node that no rollout has recorded", () => {
    const images = { currentImage: Fixtures.IMAGE, currentSidecarImage: sample.images.sidecar }
    assert.deepInclude(built(RUNNING, RUNNING, Fixtures.converged()), images)
    assert.deepInclude(
      built(RUNNING, { ...RUNNING, currentImage: "", currentSidecarImage: "" }, Fixtures.converged()),
      images
    )
    const recorded = { ...RUNNING, currentImage: "a", currentSidecarImage: "b" }
    assert.deepInclude(built(recorded, recorded, Fixtures.converged()), { currentImage: "a", currentSidecarImage: "b" })
    assert.notProperty(built({}, { phase: "Pending" }, Fixtures.converged()), "currentImage")
    const noPod = built(RUNNING, RUNNING, {})
    assert.notProperty(noPod, "currentImage")
    assert.notProperty(noPod, "currentSidecarImage")
  })

  it("records no image of a sidecar that another controller chose", () => {
    const status = built(RUNNING, RUNNING, Fixtures.converged(Fixtures.IMAGE, "other:1"), {})
    assert.strictEqual(status.currentImage, Fixtures.IMAGE)
    assert.notProperty(status, "currentSidecarImage")
  })

  it("has the endpoint of a running node, except of a seed", () => {
    assert.property(built(RUNNING, RUNNING), "endpoint")
    assert.notProperty(built({}, { phase: "Pending" }), "endpoint")
  })

  it("has the time of the last change of its phase, and of the last mark-ready", () => {
    assert.strictEqual(built({ phase: "Pending" }, RUNNING).phaseTransitionTime, NOW)
    assert.notProperty(built(RUNNING), "phaseTransitionTime")
    const active = { ...RUNNING, plan: markReady }
    const done = { ...RUNNING, plan: completed(markReady) }
    assert.strictEqual(built(active, done).sidecarMarkedReadyAt, NOW)
    assert.notProperty(built(active), "sidecarMarkedReadyAt")
    assert.notProperty(built(done), "sidecarMarkedReadyAt")
    assert.notProperty(built(active, RUNNING), "sidecarMarkedReadyAt")
  })
})

describe("the condition", () => {
  it("Paused says whether the pod is stopped", () => {
    const paused = "spec.paused is true: the pod is stopped and the plan is suspended"
    assert.strictEqual(condition(built({}, {}, {}, { paused: true }), "Paused"), `True Paused: ${paused}`)
    assert.strictEqual(condition(built({}), "Paused"), "False NotPaused: spec.paused is not true")
  })

  it.each([
    [{ _tag: "Ready" }, "True Ready: sidecar returned 200"],
    [{ _tag: "NotReady" }, "False NotReady: sidecar returned 503, re-issuing mark-ready"],
    [{ _tag: "Unreachable", message: "refused" }, "Unknown Unreachable: sidecar Healthz error: refused"],
    [undefined, ""]
  ] as const)("SidecarReady after %j of a running node is %j", (sidecar, expected) => {
    assert.strictEqual(condition(built(RUNNING, RUNNING, { sidecar }), "SidecarReady"), expected)
    assert.strictEqual(condition(built({ phase: "Initializing" }, RUNNING, { sidecar }), "SidecarReady"), "")
  })

  it("WorkflowInProgress is False on a running node, until a workflow sets it", () => {
    const none = "False NoWorkflow: no workflow has adopted this node"
    assert.strictEqual(condition(built(RUNNING), "WorkflowInProgress"), none)
    assert.strictEqual(condition(built({}), "WorkflowInProgress"), "")
    const status = { status: "True", reason: "Adopted", message: "m", lastTransitionTime: NOW }
    const adopted = { ...RUNNING, conditions: [{ type: "WorkflowInProgress", ...status }] }
    assert.strictEqual(condition(built(adopted), "WorkflowInProgress"), "True Adopted: m")
  })

  it("of a generation has its number", () => {
    assert.strictEqual(Condition.find(built({}), "Paused")?.observedGeneration, 1)
  })
})

describe("the condition NodeUpdateInProgress", () => {
  const TYPE = "NodeUpdateInProgress"
  const active = { ...RUNNING, currentImage: "sei:old", plan: update }
  const inProgress = (status: Json): Json => ({
    ...status,
    conditions: [{ type: TYPE, status: "True", reason: "UpdateStarted", message: "m", lastTransitionTime: NOW }]
  })
  const failure = { type: "observe-image", id: "t", error: "no image", retryCount: 0, maxRetries: 0 }
  const failed = { ...update, phase: "Failed", failedTaskDetail: failure, failedTaskIndex: 0 }

  it("starts with the drift, and stays as it is while the plan does", () => {
    const started = `True UpdateStarted: image drift detected: spec=${Fixtures.IMAGE} current=sei:old`
    assert.strictEqual(condition(built({ ...RUNNING, currentImage: "sei:old" }, active), TYPE), started)
    assert.strictEqual(condition(built(inProgress(active)), TYPE), "True UpdateStarted: m")
    const another = { ...active, plan: { ...update, id: "another" } }
    assert.strictEqual(condition(built(inProgress(active), inProgress(another)), TYPE), started)
  })

  it("is not set by another plan", () => {
    assert.strictEqual(condition(built(RUNNING, { ...RUNNING, plan: markReady }), TYPE), "")
    assert.strictEqual(condition(built(RUNNING, { ...RUNNING, plan: failed }), TYPE), "")
  })

  it("ends with the plan, and says how", () => {
    const ended = condition(built(inProgress(active), inProgress(RUNNING)), TYPE)
    assert.strictEqual(ended, `False UpdateComplete: plan ${update.id} completed`)
    const message = condition(built(inProgress(active), inProgress({ ...RUNNING, plan: failed })), TYPE)
    assert.isTrue(message.startsWith(`False UpdateFailed: plan ${update.id} failed: `), message)
    assert.include(message, "no image")
    assert.strictEqual(condition(built(inProgress(RUNNING)), TYPE), "True UpdateStarted: m")
  })
})
