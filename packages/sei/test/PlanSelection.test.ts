import { assert, describe, it } from "@effect/vitest"
import type { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { type Observation, runningImages } from "../src/node/plan/Observation.ts"
import * as PlanSelection from "../src/node/plan/PlanSelection.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const text = (decision: Result.Result<Reconciler.Decision, Reconciler.PlanRejected>): string =>
  Result.match(decision, {
    onFailure: ({ field, message }) => `refused ${field}: ${message}`,
    onSuccess: (found) => (found._tag === "Wait" ? "nothing" : found.template.tasks.map(({ type }) => type).join(" "))
  })

const running = (parts: Fixtures.NodeParts = {}, more: Partial<Observation> = {}) =>
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
    { ...Fixtures.converged(), ...more }
  )

const UPDATE = "apply-statefulset apply-service config-patch config-validate replace-pod observe-image mark-ready"

describe("Decide", () => {
  it("a new full node gets the eight tasks of genesis, in order (scenario 4)", () => {
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

  it("an update checks the Secrets that are declared, and no others, before it touches anything (scenario 51)", () => {
    const secret = (secretName: string) => ({ secret: { secretName } })
    const keys = { signingKey: secret("s"), nodeKey: secret("n") }
    const keyring = { secret: { secretName: "k", passphraseSecretRef: { secretName: "p", key: "p" } } }
    const ceremony = { chainId: "c", stakingAmount: "1", accountBalance: "2", index: 0 }
    const update = (mode: NonNullable<Fixtures.NodeParts["spec"]>) => {
      const { statefulSet: _, ...rest } = Fixtures.converged()
      return text(
        PlanSelection.decide(running({ spec: { image: "sei:v2", ...mode } }, { ...rest, statefulSet: undefined }))
      )
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

  it("both images drifting give one plan that names both (scenario 52)", () => {
    const spec = { image: "sei:v2", sidecar: { image: "seictl:v9" } }
    const decision = Result.getOrThrow(PlanSelection.decide(running({ spec })))
    const because = decision._tag === "CreatePlan" ? decision.template.reason : ""
    assert.include(because, "image drift detected: seid spec=sei:v2")
    assert.include(because, "; sidecar spec=seictl:v9")
  })

  it("a sidecar image that was never recorded is not drift (scenario 53)", () => {
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

  it("a sidecar that was told a moment ago, to no effect, is not told again yet", () => {
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

  it("a sidecar that does not answer gives no plan; one that answers 503 beside drift gives the update (scenario 67)", () => {
    const silent = running({}, { sidecar: { _tag: "Unreachable", message: "refused" } })
    const drifting = running({ spec: { image: "sei:v2" } }, { sidecar: { _tag: "NotReady" } })
    assert.strictEqual(text(PlanSelection.decide(silent)), "nothing")
    assert.strictEqual(text(PlanSelection.decide(drifting)), UPDATE)
  })

  it("an update whose sidecar does not answer replaces the pod first (scenario 63)", () => {
    const observation = running({ spec: { image: "sei:v2" } }, { sidecar: { _tag: "Unreachable", message: "refused" } })
    assert.strictEqual(
      text(PlanSelection.decide(observation)),
      "apply-statefulset apply-service replace-pod observe-image config-patch config-validate mark-ready"
    )
  })

  it("what somebody deleted is made again (scenario 45)", () => {
    assert.strictEqual(text(PlanSelection.decide(running({}, { statefulSet: undefined }))), "apply-statefulset")
    assert.strictEqual(
      text(PlanSelection.decide(running({}, { service: undefined, proxyConfig: undefined }))),
      "apply-rbac-proxy-config apply-service"
    )
  })

  it("an image that the platform lacks is refused with the key of the configuration (scenario 87)", () => {
    const lacking = (key: "kubeRBACProxy" | "cosmosExporter") =>
      text(
        PlanSelection.decide(
          Fixtures.observation({}, { platform: { ...sample, images: { ...sample.images, [key]: "" } } })
        )
      )
    assert.match(lacking("kubeRBACProxy"), /^refused images\.kubeRBACProxy: /u)
    assert.match(lacking("cosmosExporter"), /^refused images\.cosmosExporter: /u)
  })

  it("a pod is not taken for the new template before the StatefulSet's controller has seen it", () => {
    const { statefulSet, ...rest } = Fixtures.converged("sei:v2")
    const unseen =
      statefulSet === undefined ? undefined : { ...statefulSet, metadata: { ...statefulSet.metadata, generation: 2 } }
    const old = { ...rest, statefulSet: unseen, pods: [Fixtures.pod("r1", "sei:v1")] }
    assert.strictEqual(runningImages(Fixtures.observation({ spec: { image: "sei:v2" } }, old)).seid, "sei:v1")
  })

  it("a failed node is left to people", () => {
    assert.strictEqual(text(PlanSelection.decide(Fixtures.observation({ status: { phase: "Failed" } }))), "nothing")
  })
})
