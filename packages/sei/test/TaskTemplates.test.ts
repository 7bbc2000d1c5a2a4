/** The parameters that a plan stores for each task, in the names that stored plans fix. */
import { assert, describe, it } from "@effect/vitest"
import * as TaskTemplates from "../src/node/plan/TaskTemplates.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Spec = NonNullable<Fixtures.NodeParts["spec"]>

const keyring = { secretName: "ring", passphraseSecretRef: { secretName: "pass", key: "p" } }
const VALIDATOR = {
  validator: {
    signingKey: { secret: { secretName: "signer" } },
    nodeKey: { secret: { secretName: "peer" } },
    operatorKeyring: { secret: keyring }
  }
}
const NAMED = { validator: { ...VALIDATOR.validator, operatorKeyring: { secret: { ...keyring, keyName: "me" } } } }
const CEREMONY = {
  validator: { genesisCeremony: { chainId: "new-1", stakingAmount: "1usei", accountBalance: "2usei", index: 0 } }
}
const snapshot = (more: Spec) => ({ fullNode: { snapshot: more } })
const S3 = snapshot({ s3: { targetHeight: 5 }, trustPeriod: "9h", backfillBlocks: 7 })
const STATE_SYNC = snapshot({ stateSync: {} })

const nodeRef = { nodeName: "node-0", namespace: "sei" }
const jobRef = { jobName: "node-0-bootstrap", namespace: "sei" }
const ringRef = {
  secretName: "ring",
  keyName: "node_admin",
  passphraseSecretName: "pass",
  passphraseSecretKey: "p",
  namespace: "sei"
}

const params = (type: TaskTemplates.NodeTaskType, spec: Spec = {}, status: Spec = {}) =>
  TaskTemplates.taskTemplate(Fixtures.node({ spec, status }), type).params

describe("the stored parameters of a task", () => {
  it.each<[TaskTemplates.NodeTaskType, Spec, unknown]>([
    ["ensure-data-pvc", {}, nodeRef],
    ["validate-signing-key", VALIDATOR, { secretName: "signer", namespace: "sei" }],
    ["validate-signing-key", {}, { secretName: "", namespace: "sei" }],
    ["validate-node-key", VALIDATOR, { secretName: "peer", namespace: "sei" }],
    ["validate-operator-keyring", VALIDATOR, ringRef],
    ["validate-operator-keyring", NAMED, { ...ringRef, keyName: "me" }],
    [
      "validate-operator-keyring",
      {},
      { ...ringRef, secretName: "", passphraseSecretName: "", passphraseSecretKey: "" }
    ],
    ["apply-rbac-proxy-config", {}, nodeRef],
    ["apply-statefulset", {}, nodeRef],
    ["apply-service", {}, nodeRef],
    ["deploy-bootstrap-service", {}, { serviceName: "node-0", namespace: "sei" }],
    ["deploy-bootstrap-job", {}, jobRef],
    ["await-bootstrap-complete", {}, jobRef],
    ["teardown-bootstrap", {}, { ...jobRef, serviceName: "node-0" }],
    ["snapshot-restore", S3, { TargetHeight: 5 }],
    ["snapshot-restore", STATE_SYNC, { TargetHeight: 0 }],
    ["snapshot-restore", {}, { TargetHeight: 0 }],
    ["configure-genesis", {}, { ExpectedGenesisHash: "" }],
    ["configure-state-sync", S3, { UseLocalSnapshot: true, TrustPeriod: "9h", BackfillBlocks: 7, RpcServers: null }],
    [
      "configure-state-sync",
      STATE_SYNC,
      { UseLocalSnapshot: false, TrustPeriod: "", BackfillBlocks: 0, RpcServers: null }
    ],
    [
      "configure-state-sync",
      snapshot({ stateSync: {}, backfillBlocks: -1 }),
      { UseLocalSnapshot: false, TrustPeriod: "", BackfillBlocks: 0, RpcServers: null }
    ],
    ["configure-state-sync", {}, { UseLocalSnapshot: false, TrustPeriod: "", BackfillBlocks: 0, RpcServers: null }],
    ["config-validate", {}, {}],
    ["mark-ready", {}, {}],
    ["generate-identity", CEREMONY, { ChainID: "new-1", Moniker: "node-0" }],
    ["generate-identity", VALIDATOR, { ChainID: "", Moniker: "node-0" }],
    ["generate-identity", {}, { ChainID: "", Moniker: "node-0" }],
    ["generate-gentx", CEREMONY, { ChainID: "new-1", StakingAmount: "1usei", AccountBalance: "2usei" }],
    ["generate-gentx", VALIDATOR, { ChainID: "", StakingAmount: "", AccountBalance: "" }],
    ["generate-gentx", {}, { ChainID: "", StakingAmount: "", AccountBalance: "" }],
    ["upload-genesis-artifacts", {}, { NodeName: "node-0" }],
    ["set-genesis-peers", {}, {}],
    ["replace-pod", {}, nodeRef],
    ["observe-image", {}, nodeRef]
  ])("%s of %j", (type, spec, expected) => {
    assert.deepStrictEqual(params(type, spec), expected)
  })

  it("contain the state syncers that the status shows", () => {
    const syncers = { resolvedStateSyncers: ["a:1", "b:1"] }
    assert.deepInclude(params("configure-state-sync", STATE_SYNC, syncers), { RpcServers: ["a:1", "b:1"] })
  })

  it("come with retries only for the genesis and the replacement of the pod", () => {
    const template = (type: TaskTemplates.NodeTaskType) => TaskTemplates.taskTemplate(Fixtures.node(), type)
    assert.strictEqual(template("configure-genesis").maxRetries, 180)
    assert.strictEqual(template("replace-pod").maxRetries, 3)
    assert.notProperty(template("mark-ready"), "maxRetries")
  })
})
