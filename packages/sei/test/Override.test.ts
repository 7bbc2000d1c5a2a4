/** When a node does not follow its plan: it is paused, adopted, or has lost an object. */
import { assert, describe, it } from "@effect/vitest"
import { type ObjectMeta, PlanBuilder } from "@portolan/planner"
import * as Option from "effect/Option"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as NodeReconciler from "../src/node/reconcile/NodeReconciler.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Json = ObjectMeta.JsonObject

const reconciler = NodeReconciler.make(sample)

/** `paused, apply-statefulset`: whether the node is paused, and the repair. */
const override = (spec: Json, status: Json, more: Partial<Observation> = {}) => {
  const { paused, repair } = reconciler.override(Fixtures.observation({ spec, status }, more))
  const type = Option.match(repair, { onNone: () => "nothing", onSome: (task) => task.type })
  return `${paused ? "paused" : "follows"}, ${type}`
}

const condition = (status: string): Json => ({
  conditions: [{ type: "Paused", status, reason: "Paused", message: "m", lastTransitionTime: "2026-01-01T00:00:00Z" }]
})
const PAUSED = { paused: true }
const RUNNING = { phase: "Running" }
const statefulSet = (replicas?: number) => ({
  statefulSet: Fixtures.owned("StatefulSet", "node-0", { spec: replicas === undefined ? {} : { replicas } }),
  service: Fixtures.owned("Service", "node-0"),
  proxyConfig: Fixtures.owned("ConfigMap", "node-0-rbac-proxy-config")
})
const active: Json = {
  plan: JSON.parse(JSON.stringify(PlanBuilder.build(Fixtures.node().object, PlanTemplates.markReady(Fixtures.node()))))
}

describe("a node", () => {
  it.each<[string, Json, Json, Partial<Observation>, string]>([
    ["follows its plan", {}, RUNNING, statefulSet(1), "follows, nothing"],
    ["waits for the condition before it is scaled down", PAUSED, RUNNING, statefulSet(1), "paused, nothing"],
    [
      "is scaled down once the condition is stored",
      PAUSED,
      condition("True"),
      statefulSet(1),
      "paused, apply-statefulset"
    ],
    ["is scaled down from the default of one", PAUSED, condition("True"), statefulSet(), "paused, apply-statefulset"],
    ["stays scaled down", PAUSED, condition("True"), statefulSet(0), "paused, nothing"],
    ["waits for the condition before it is scaled up", {}, condition("True"), statefulSet(0), "paused, nothing"],
    ["is scaled up once the condition is stored", {}, condition("False"), statefulSet(0), "follows, apply-statefulset"],
    ["is scaled up without a condition", {}, RUNNING, statefulSet(0), "follows, apply-statefulset"],
    [
      "does not scale a StatefulSet of another owner",
      PAUSED,
      condition("True"),
      { statefulSet: { ...statefulSet(1).statefulSet, metadata: { ...Fixtures.stored().metadata } } },
      "paused, nothing"
    ],
    ["restores an object of its active plan", {}, { ...RUNNING, ...active }, {}, "follows, apply-rbac-proxy-config"],
    [
      "restores nothing while it is paused",
      PAUSED,
      { ...RUNNING, ...active, ...condition("True") },
      {},
      "paused, nothing"
    ],
    [
      "is left to the workflow that has adopted it",
      {},
      { ...RUNNING, ...active, adoptedWorkflow: { name: "w", uid: "u", adoptedAt: "2026-01-01T00:00:00Z" } },
      {},
      "paused, nothing"
    ]
  ])("%s", (_, spec, status, more, expected) => {
    assert.strictEqual(override(spec, status, more), expected)
  })
})

describe("the pod of a node during a bootstrap", () => {
  const pod = Fixtures.pod("r1")
  const bootstrapPod = {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, "sei.io/component": "bootstrap" } }
  }

  it("is stopped by an active plan, and by nothing else", () => {
    const more = { ...statefulSet(1), pods: [bootstrapPod] }
    assert.strictEqual(override({}, { phase: "Initializing", ...active }, more), "follows, apply-statefulset")
    assert.strictEqual(override({}, RUNNING, more), "follows, nothing")
  })
})
