import { assert, describe, it } from "@effect/vitest"
import type { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { type Observation, runningImages } from "../src/node/plan/Observation.ts"
import * as PlanSelection from "../src/node/plan/PlanSelection.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

/** The task types of the planned plan, `nothing`, or the rejection. */
const text = (decision: Result.Result<Reconciler.Decision, Reconciler.PlanRejected>): string =>
  Result.match(decision, {
    onFailure: ({ field, message }) => `rejected ${field}: ${message}`,
    onSuccess: (planned) =>
      planned._tag === "Wait" ? "nothing" : planned.template.tasks.map(({ type }) => type).join(" ")
  })

const running = (parts: Fixtures.NodeParts = {}, objects: Partial<Observation> = {}) =>
  Fixtures.observation(
    {
      ...parts,
      status: {
        phase: "Running",
        currentImage: Fixtures.IMAGE,
        currentSidecarImage: sample.images.sidecar,
        ...parts.status
      }
    },
    { ...Fixtures.converged(), ...objects }
  )

const UPDATE = "apply-statefulset apply-service config-patch config-validate replace-pod observe-image mark-ready"

describe("PlanSelection", () => {
  it("a new full node gets the eight tasks of a genesis init, in order (scenario 4)", () => {
    assert.strictEqual(
      text(PlanSelection.decide(Fixtures.observation())),
      "ensure-data-pvc apply-rbac-proxy-config apply-statefulset apply-service configure-genesis config-apply config-validate mark-ready"
    )
  })

  it("init is final when it fails and ends in Running; an update only retries (scenario 50)", () => {
    const init = Result.getOrThrow(PlanSelection.decide(Fixtures.observation()))
    const update = Result.getOrThrow(PlanSelection.decide(running({ spec: { image: "sei:v2" } })))
    assert.strictEqual(init._tag === "CreatePlan" && init.template.onFailure._tag, "FailTo")
    assert.strictEqual(init._tag === "CreatePlan" && init.phase, "Initializing")
    assert.strictEqual(update._tag === "CreatePlan" && update.template.onFailure._tag, "Retry")
    assert.strictEqual(update._tag === "CreatePlan" && update.template.targetPhase, "Running")
  })

  it("another image gives the seven tasks of an update (scenario 50)", () => {
    assert.strictEqual(text(PlanSelection.decide(running({ spec: { image: "sei:v2" } }))), UPDATE)
  })

  it("an update first validates the Secrets that the spec references, and no others (scenario 51)", () => {
    const secret = (secretName: string) => ({ secret: { secretName } })
    const keys = { signingKey: secret("s"), nodeKey: secret("n") }
    const keyring = { secret: { secretName: "k", passphraseSecretRef: { secretName: "p", key: "p" } } }
    const ceremony = { chainId: "c", stakingAmount: "1", accountBalance: "2", index: 0 }
    const update = (mode: NonNullable<Fixtures.NodeParts["spec"]>) => {
      return text(PlanSelection.decide(running({ spec: { image: "sei:v2", ...mode } }, { statefulSet: undefined })))
    }
    assert.strictEqual(update({ validator: keys }), `validate-signing-key validate-node-key ${UPDATE}`)
    assert.strictEqual(
      update({ validator: { ...keys, operatorKeyring: keyring } }),
      `validate-signing-key validate-node-key validate-operator-keyring ${UPDATE}`
    )
    assert.strictEqual(update({ validator: { genesisCeremony: ceremony } }), UPDATE)
    assert.strictEqual(update({ seed: { nodeKey: secret("n") } }), `validate-node-key ${UPDATE}`)
  })

  it("another sidecar image gives the same plan and names the sidecar (scenario 52)", () => {
    const decision = Result.getOrThrow(PlanSelection.decide(running({ spec: { sidecar: { image: "seictl:v9" } } })))
    assert.include(
      decision._tag === "CreatePlan" ? decision.template.reason : "",
      "sidecar image drift detected: spec=seictl:v9"
    )
  })

  it("drift of both images gives one plan that names both (scenario 52)", () => {
    const spec = { image: "sei:v2", sidecar: { image: "seictl:v9" } }
    const decision = Result.getOrThrow(PlanSelection.decide(running({ spec })))
    const reason = decision._tag === "CreatePlan" ? decision.template.reason : ""
    assert.include(reason, "image drift detected: seid spec=sei:v2")
    assert.include(reason, "; sidecar spec=seictl:v9")
  })

  it("a sidecar image that was never recorded has not drifted (scenario 53)", () => {
    const decision = PlanSelection.decide(
      running({ spec: { sidecar: { image: "seictl:v9" } }, status: { currentSidecarImage: "" } })
    )
    assert.strictEqual(text(decision), "nothing")
  })

  it("no drift gives no plan (scenario 54)", () => {
    assert.strictEqual(text(PlanSelection.decide(running())), "nothing")
  })

  it("a sidecar that answers 503 gives a plan of one task (scenario 66)", () => {
    assert.strictEqual(text(PlanSelection.decide(running({}, { sidecar: { _tag: "NotReady" } }))), "mark-ready")
  })

  it("mark-ready is not repeated within 30 seconds while the sidecar stays not ready", () => {
    const waiting = {
      type: "SidecarReady",
      status: "False",
      reason: "NotReady",
      message: "sidecar returned 503, re-issuing mark-ready",
      lastTransitionTime: "2025-12-31T23:59:00Z"
    }
    const status = { sidecarMarkedReadyAt: "2025-12-31T23:59:45Z", conditions: [waiting] }
    const decision = Result.getOrThrow(PlanSelection.decide(running({ status }, { sidecar: { _tag: "NotReady" } })))
    assert.strictEqual(decision._tag === "Wait" && decision.requeue._tag, "After")
  })

  it("an unreachable sidecar gives no plan; drift and a 503 give the update (scenario 67)", () => {
    const unreachable = running({}, { sidecar: { _tag: "Unreachable", message: "refused" } })
    const drifting = running({ spec: { image: "sei:v2" } }, { sidecar: { _tag: "NotReady" } })
    assert.strictEqual(text(PlanSelection.decide(unreachable)), "nothing")
    assert.strictEqual(text(PlanSelection.decide(drifting)), UPDATE)
  })

  it("an update with an unreachable sidecar replaces the pod first (scenario 63)", () => {
    const observation = running({ spec: { image: "sei:v2" } }, { sidecar: { _tag: "Unreachable", message: "refused" } })
    assert.strictEqual(
      text(PlanSelection.decide(observation)),
      "apply-statefulset apply-service replace-pod observe-image config-patch config-validate mark-ready"
    )
  })

  it("deleted objects are applied again (scenario 45)", () => {
    assert.strictEqual(text(PlanSelection.decide(running({}, { statefulSet: undefined }))), "apply-statefulset")
    assert.strictEqual(
      text(PlanSelection.decide(running({}, { service: undefined, proxyConfig: undefined }))),
      "apply-rbac-proxy-config apply-service"
    )
  })

  it("an image that the platform lacks is rejected with the key of the configuration (scenario 87)", () => {
    const without = (key: "kubeRBACProxy" | "cosmosExporter") =>
      text(
        PlanSelection.decide(
          Fixtures.observation({}, { platform: { ...sample, images: { ...sample.images, [key]: "" } } })
        )
      )
    assert.match(without("kubeRBACProxy"), /^rejected images\.kubeRBACProxy: /u)
    assert.match(without("cosmosExporter"), /^rejected images\.cosmosExporter: /u)
  })

  it("a pod does not count as current before the StatefulSet controller has observed the template", () => {
    const { statefulSet, ...objects } = Fixtures.converged("sei:v2")
    const unobserved =
      statefulSet === undefined ? undefined : { ...statefulSet, metadata: { ...statefulSet.metadata, generation: 2 } }
    const stale = { ...objects, statefulSet: unobserved, pods: [Fixtures.pod("r1", "sei:v1")] }
    assert.strictEqual(runningImages(Fixtures.observation({ spec: { image: "sei:v2" } }, stale)).seid, "sei:v1")
  })

  it("a failed node gets no plan", () => {
    assert.strictEqual(text(PlanSelection.decide(Fixtures.observation({ status: { phase: "Failed" } }))), "nothing")
  })
})
