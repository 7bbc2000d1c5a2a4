/** Edits of chain, mode and volume, which an existing node rejects. */
import { assert, describe, it } from "@effect/vitest"
import { PlanBuilder } from "@portolan/planner"
import * as Result from "effect/Result"
import * as ImmutableFields from "../src/node/plan/ImmutableFields.ts"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as PlanTemplates from "../src/node/plan/PlanTemplates.ts"
import * as StatefulSet from "../src/node/resources/StatefulSet.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Spec = NonNullable<Fixtures.NodeParts["spec"]>

/** `field: message` of the rejection; empty when nothing is rejected. */
const rejection = (parts: Fixtures.NodeParts, observed: Partial<Observation>) =>
  Result.match(ImmutableFields.check(Fixtures.observation(parts, observed)), {
    onFailure: ({ field, message }) => `${field}: ${message}`,
    onSuccess: () => ""
  })

const immutable = (field: string, text: string) =>
  `${field}: field is immutable: the ${text}; revert the edit or create another SeiNode`

/** The stored StatefulSet of a node with this spec. */
const statefulSet = (spec: Spec) => {
  const { metadata, spec: generated } = Result.getOrThrow(
    StatefulSet.generate(Fixtures.node({ spec }), sample, { replicas: 1 })
  )
  const object = Fixtures.owned("StatefulSet", "node-0", { spec: JSON.parse(JSON.stringify(generated)) })
  return { ...object, metadata: { ...object.metadata, labels: metadata.labels ?? {} } }
}

const GENESIS = { fullNode: {} }
const OTHER_CHAIN = { chainId: "arctic-1" }
const IMPORTED = { dataVolume: { import: { pvcName: "imported" } } }
const foreign = { ownerReferences: [] }

describe("an edit of a node with a StatefulSet", () => {
  const edited = (before: Spec, after: Spec) => rejection({ spec: after }, { statefulSet: statefulSet(before) })

  it.each([
    ["of nothing is accepted", {}, {}, ""],
    [
      "of its chain is rejected",
      {},
      OTHER_CHAIN,
      immutable("spec.chainId", 'chain cannot change from "pacific-1" to "arctic-1"')
    ],
    [
      "of its mode is rejected",
      GENESIS,
      { archive: {} },
      immutable("spec.archive", 'mode cannot change from "node" to "archive"')
    ],
    [
      "of its volume is rejected",
      GENESIS,
      IMPORTED,
      immutable("spec.dataVolume", 'volume cannot change from "data-node-0" to "imported"')
    ],
    [
      "back to its own volume is rejected",
      IMPORTED,
      GENESIS,
      immutable("spec.dataVolume", 'volume cannot change from "imported" to "data-node-0"')
    ]
  ])("%s", (_, before, after, expected) => {
    assert.strictEqual(edited(before, after), expected)
  })

  it("is accepted, if the StatefulSet has another owner", () => {
    const object = statefulSet({})
    const other = { ...object, metadata: { ...object.metadata, ...foreign } }
    assert.strictEqual(rejection({ spec: OTHER_CHAIN }, { statefulSet: other }), "")
  })
})

describe("an edit of a node without a StatefulSet", () => {
  const labels = { "sei.io/chain": "pacific-1", ...statefulSet({}).metadata.labels }
  const claim = Fixtures.owned("PersistentVolumeClaim", "data-node-0")
  const generatedPvc = { ...claim, metadata: { ...claim.metadata, labels } }
  const plan = (current: string) => {
    const node = Fixtures.node()
    const built = PlanBuilder.build(node.object, PlanTemplates.init(node))
    const index = built.tasks.findIndex(({ type }) => type === current)
    const tasks = built.tasks.map((task, at) => ({ ...task, status: at < index ? "Complete" : "Pending" }))
    return JSON.parse(JSON.stringify({ ...built, tasks }))
  }
  const CHAIN = immutable("spec.chainId", 'chain cannot change from "pacific-1" to "arctic-1"')

  it.each([
    ["is rejected while it runs", { phase: "Running" }, CHAIN],
    ["is rejected after its plan has written data", { phase: "Initializing", plan: plan("mark-ready") }, CHAIN],
    ["is accepted before its plan has written data", { phase: "Initializing", plan: plan("apply-service") }, ""],
    ["is accepted without a plan", { phase: "Pending" }, ""]
  ])("%s", (_, status, expected) => {
    assert.strictEqual(rejection({ spec: OTHER_CHAIN, status }, { generatedPvc }), expected)
  })

  it("of the volume is rejected, and is accepted if the claim has another owner", () => {
    const status = { phase: "Running" }
    assert.strictEqual(
      rejection({ spec: IMPORTED, status }, { generatedPvc }),
      immutable("spec.dataVolume", 'volume cannot change from "data-node-0" to "imported"')
    )
    const other = { ...generatedPvc, metadata: { ...generatedPvc.metadata, ...foreign } }
    assert.strictEqual(rejection({ spec: IMPORTED, status }, { generatedPvc: other }), "")
  })
})
