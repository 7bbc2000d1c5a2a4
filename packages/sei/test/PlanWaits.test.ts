/** What a node without an active plan waits for, and what its plans are called. */
import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanSelection from "../src/node/plan/PlanSelection.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const RUNNING = { phase: "Running", currentImage: Fixtures.IMAGE, currentSidecarImage: sample.images.sidecar }
const NOT_READY: Partial<Observation> = { sidecar: { _tag: "NotReady" } }

const running = (
  more: Partial<Observation> = {},
  status: ObjectMeta.JsonObject = {},
  spec: ObjectMeta.JsonObject = {}
): Observation =>
  Fixtures.observation({ spec, status: { ...RUNNING, ...status } }, { ...Fixtures.converged(), ...more })

/** The plan, the wait with its reason and message, or the rejected field. */
const decided = (observation: Observation): string =>
  Result.match(PlanSelection.decide(observation), {
    onFailure: ({ field }) => `rejected ${field}`,
    onSuccess: (decision) => {
      if (decision._tag === "CreatePlan") return decision.template.name
      if (decision.requeue._tag === "AwaitChange" || decision.requeue._tag === "Now") return decision.requeue._tag
      const { detail, message, reason } = decision.requeue.wait
      return [reason, message, ...(detail === undefined ? [] : [detail])].join(": ")
    }
  })

describe("a node without an active plan", () => {
  it("waits for two state syncers, when its data comes from a snapshot", () => {
    const spec = { fullNode: { snapshot: { s3: { targetHeight: 5 } } } }
    const observation = Fixtures.observation({ spec }, { stateSync: { _tag: "NoSyncersConfigured", found: 1 } })
    assert.strictEqual(decided(observation), "StateSyncersMissing: fewer than two state syncers for chain pacific-1")
  })

  it("polls an unreachable sidecar", () => {
    assert.strictEqual(
      decided(running({ sidecar: { _tag: "Unreachable", message: "refused" } })),
      "SidecarUnreachable: the sidecar is unreachable: refused"
    )
  })

  it("needs no observation of its sidecar", () => {
    assert.strictEqual(decided(running({ sidecar: undefined })), "AwaitChange")
    assert.isTrue(PlanSelection.isSidecarReachable(running({ sidecar: undefined })))
  })

  it("gets no plan while it is deleted", () => {
    assert.strictEqual(decided(Fixtures.observation({ status: { phase: "Terminating" } })), "AwaitChange")
  })

  it("is marked ready although its spec is invalid, and is rejected otherwise", () => {
    const twoModes = { fullNode: {}, archive: {} }
    assert.strictEqual(decided(running(NOT_READY, {}, twoModes)), "mark-ready")
    assert.strictEqual(decided(running({}, {}, twoModes)), "rejected spec")
    assert.strictEqual(decided(running({ sidecar: undefined }, {}, twoModes)), "rejected spec")
  })
})

describe("mark-ready of a running node", () => {
  const condition = (status: string, lastTransitionTime: string) => ({
    conditions: [{ type: "SidecarReady", status, reason: "R", message: "", lastTransitionTime }]
  })
  // 15 seconds before the observation.
  const sidecarMarkedReadyAt = "2025-12-31T23:59:45Z"

  it.each([
    ["was not ready before the signal", condition("False", "2025-12-31T23:59:00Z"), "wait"],
    ["became unready with the signal", condition("False", sidecarMarkedReadyAt), "mark-ready"],
    ["became unready after it", condition("False", "2025-12-31T23:59:50Z"), "mark-ready"],
    ["was ready", condition("True", "2025-12-31T23:59:00Z"), "mark-ready"],
    ["was never observed", {}, "mark-ready"]
  ])("after a signal 15 seconds ago, if the sidecar %s", (_, conditions, expected) => {
    const waits = "SidecarNotReady: the sidecar does not report ready after mark-ready"
    const result = decided(running(NOT_READY, { sidecarMarkedReadyAt, ...conditions }))
    assert.strictEqual(result, expected === "wait" ? waits : expected)
  })

  it("is sent at once without an earlier signal, and 30 seconds after one", () => {
    const unready = condition("False", "2025-12-31T23:00:00Z")
    assert.strictEqual(decided(running(NOT_READY, unready)), "mark-ready")
    const decision = Result.getOrThrow(PlanSelection.decide(running(NOT_READY, { sidecarMarkedReadyAt, ...unready })))
    const delay = decision._tag === "Wait" && decision.requeue._tag === "After" ? decision.requeue.delay : 0
    assert.strictEqual(Duration.toSeconds(delay), 15)
  })
})

describe("the plans of a node", () => {
  const node = Fixtures.node()
  it.each([
    ["init", "Init", PlanTemplates.init(node), "new node of chain pacific-1, synced from genesis"],
    ["update", "Update", PlanTemplates.update(node, "r", { isSidecarReachable: true }), "r"],
    ["mark-ready", "MarkReady", PlanTemplates.markReady(node), "the sidecar is not ready"],
    [
      "restore",
      "Restore",
      PlanTemplates.restore(node, { proxyConfig: true, statefulSet: false, service: true }),
      "missing or outdated: rbac-proxy-config, service"
    ]
  ])("%s have a name, a variant and a reason", (name, variant, template, reason) => {
    assert.deepStrictEqual([template.name, template.variant, template.reason], [name, variant, reason])
  })
})
