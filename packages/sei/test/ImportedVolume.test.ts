/** Whether an imported claim can hold the data of a node, and why not. */
import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as ImportedVolume from "../src/node/plan/ImportedVolume.ts"
import { sample } from "../src/shared/SamplePlatform.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { textOf } from "./preconditions.ts"

type Json = ObjectMeta.JsonObject

const IMPORT = { dataVolume: { import: { pvcName: "imported" } } }
const CLAIM: { readonly spec: Json; readonly status: Json } = {
  spec: { accessModes: ["ReadWriteOnce"], volumeName: "pv-1" },
  status: { phase: "Bound", capacity: { storage: "100Ti" } }
}
const VOLUME = { spec: { capacity: { storage: "102400Gi" } }, status: { phase: "Bound" } }

const claim = ({ metadata = {}, spec = {}, status = {} }: { metadata?: Json; spec?: Json; status?: Json } = {}) => {
  const object = Fixtures.owned("PersistentVolumeClaim", "imported", {
    spec: { ...CLAIM.spec, ...spec },
    status: { ...CLAIM.status, ...status }
  })
  return { ...object, metadata: { ...object.metadata, ...metadata } }
}
const volume = (more: Json = {}) => Fixtures.owned("PersistentVolume", "pv-1", { ...VOLUME, ...more })

const result = (
  pvc: ObjectMeta.KubernetesObject | undefined,
  pv: ObjectMeta.KubernetesObject | undefined = volume(),
  platform = sample
) => textOf(ImportedVolume.check(Fixtures.observation({ spec: IMPORT }, { pvc, volume: pv, platform })))

const CLAIM_TEXT = "the PersistentVolumeClaim"
const MODES =
  "Invalid: the access modes of the PersistentVolumeClaim include neither ReadWriteOnce nor ReadWriteOncePod"
const DIFFERS = "Invalid: the capacity of the PersistentVolume differs from that of the PersistentVolumeClaim"

describe("an imported claim", () => {
  it.each([
    ["Ready", claim()],
    ["Ready", claim({ spec: { accessModes: ["ReadOnlyMany", "ReadWriteOncePod"] } })],
    ["Pending ClaimNotFound: PersistentVolumeClaim imported does not exist", undefined],
    [
      `Pending ClaimTerminating: ${CLAIM_TEXT} is being deleted`,
      claim({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } })
    ],
    [`Pending ClaimNotBound: ${CLAIM_TEXT} is not bound`, claim({ status: { phase: "Pending" } })],
    [`Pending ClaimNotBound: ${CLAIM_TEXT} is not bound`, Fixtures.owned("PersistentVolumeClaim", "imported")],
    [`Invalid: ${CLAIM_TEXT} has lost its volume`, claim({ status: { phase: "Lost" } })],
    [MODES, claim({ spec: { accessModes: ["ReadWriteMany"] } })],
    [MODES, Fixtures.owned("PersistentVolumeClaim", "imported", { status: CLAIM.status })],
    [`Pending ClaimCapacityUnknown: ${CLAIM_TEXT} has no status.capacity`, claim({ status: { capacity: {} } })],
    [`Pending ClaimNotBound: ${CLAIM_TEXT} has no spec.volumeName`, claim({ spec: { volumeName: "" } })]
  ])("%s", (expected, pvc) => {
    assert.strictEqual(result(pvc), expected)
  })

  it("waits for its volume, whose capacity has to be the same, and which must not have failed", () => {
    const missing = Fixtures.observation({ spec: IMPORT }, { pvc: claim() })
    assert.deepInclude(ImportedVolume.check(missing), {
      _tag: "Pending",
      reason: "VolumeNotFound",
      message: "PersistentVolume pv-1 does not exist"
    })
    assert.strictEqual(
      result(claim(), volume({ status: { phase: "Failed" } })),
      "Invalid: the PersistentVolume has failed"
    )
    assert.strictEqual(result(claim(), volume({ spec: { capacity: { storage: "101Ti" } } })), DIFFERS)
    assert.strictEqual(result(claim(), volume({ spec: {} })), DIFFERS)
  })

  it("is large enough if it has exactly the required size, and too small below", () => {
    const sized = (size: string) =>
      result(claim({ status: { capacity: { storage: size } } }), volume({ spec: { capacity: { storage: size } } }))
    const required = sample.storage.sizeDefault
    assert.strictEqual(sized(required), "Ready")
    assert.strictEqual(
      sized("1Gi"),
      `Invalid: the capacity 1Gi of the PersistentVolumeClaim is less than the required ${required}`
    )
  })

  it("is not used while the platform requires no size", () => {
    const storage = { ...sample.storage, sizeDefault: "large" }
    assert.strictEqual(
      result(claim(), volume(), { ...sample, storage }),
      'Invalid: the required size "large" is not a quantity'
    )
  })
})
