/** A node of every mode and source, with what it needs around it. */
import * as Effect from "effect/Effect"
import * as TestCluster from "./NodeCluster.ts"

type Json = TestCluster.Json

export interface Case {
  readonly name: string
  readonly spec: Json
  /** What stands before the node is made. */
  readonly prepare: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
  /** The types of its first plan, in order. */
  readonly steps: ReadonlyArray<string>
}

export const CHAIN = "pacific-1"
export const SYNCERS = ["rpc-1.example.dev:26657", "rpc-2.example.dev:26657"]

const base64 = (text: string) => Buffer.from(text).toString("base64")
const encoded = (data: { readonly [key: string]: string }): Json =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))

const KEY = { type: "tendermint/PrivKeyEd25519", value: "made-up" }

/** Secrets of the right shape, and of nobody's. */
export const SIGNING_KEY = encoded({
  "priv_validator_key.json": JSON.stringify({ address: "AB", pub_key: KEY, priv_key: KEY })
})
export const NODE_KEY = encoded({ "node_key.json": JSON.stringify({ priv_key: KEY }) })
export const KEYRING = encoded({ "node_admin.info": "made-up", "0a.address": "made-up" })
export const PASSPHRASE = encoded({ passphrase: "made-up" })

export const secret = (cluster: TestCluster.TestCluster, name: string, data: Json) =>
  cluster.other(TestCluster.Secret, {
    verb: "create",
    namespace: TestCluster.NAMESPACE,
    body: { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: TestCluster.NAMESPACE }, data }
  })

/** A claim that somebody made by hand; the cluster binds it. */
export const claim = (cluster: TestCluster.TestCluster, name: string, storage = "2000Gi") =>
  cluster.other(TestCluster.Claim, {
    verb: "create",
    namespace: TestCluster.NAMESPACE,
    body: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace: TestCluster.NAMESPACE },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, storageClassName: "gp3" }
    }
  })

const nothing = () => Effect.void

/** The registry knows two who may vouch for the chain. */
export const syncers = (cluster: TestCluster.TestCluster, chain = CHAIN) =>
  Effect.sync(() => cluster.finders.syncers.set(chain, SYNCERS))

const keys = (cluster: TestCluster.TestCluster) =>
  Effect.all([
    secret(cluster, "signing-key", SIGNING_KEY),
    secret(cluster, "node-key", NODE_KEY),
    secret(cluster, "keyring", KEYRING),
    secret(cluster, "passphrase", PASSPHRASE)
  ])

const SNAPSHOT = { s3: { targetHeight: 1_000 } }
const BOOTSTRAP = { ...SNAPSHOT, bootstrapImage: "sei:v0" }
const PEERS = [{ static: { addresses: ["aa@peer:26656"] } }]

export const KEYS: Json = {
  signingKey: { secret: { secretName: "signing-key" } },
  nodeKey: { secret: { secretName: "node-key" } }
}
export const KEYRING_SECRET: Json = {
  secret: { secretName: "keyring", passphraseSecretRef: { secretName: "passphrase", key: "passphrase" } }
}

const OBJECTS = ["apply-rbac-proxy-config", "apply-statefulset", "apply-service"]
const RESTORE = [
  "snapshot-restore",
  "configure-genesis",
  "config-apply",
  "configure-state-sync",
  "config-validate",
  "mark-ready"
]
const GENESIS = ["configure-genesis", "config-apply", "config-validate", "mark-ready"]
const GATES = ["validate-signing-key", "validate-node-key", "validate-operator-keyring"]
const VOLUME = "ensure-data-pvc"

const bootstrap = (...gates: ReadonlyArray<string>) => [
  VOLUME,
  "apply-rbac-proxy-config",
  ...gates,
  "deploy-bootstrap-service",
  "deploy-bootstrap-job",
  ...RESTORE,
  "await-bootstrap-complete",
  "teardown-bootstrap",
  "apply-statefulset",
  "apply-service",
  ...GENESIS
]

/** Modes and sources, each once, and what else changes a plan. */
export const cases: ReadonlyArray<Case> = [
  {
    name: "a full node from genesis",
    spec: { fullNode: {} },
    prepare: nothing,
    steps: [VOLUME, ...OBJECTS, ...GENESIS]
  },
  {
    name: "a full node by state sync",
    spec: { fullNode: { snapshot: { stateSync: {} } } },
    prepare: syncers,
    steps: [VOLUME, ...OBJECTS, ...RESTORE.slice(1)]
  },
  {
    name: "a full node from a snapshot",
    spec: { fullNode: { snapshot: SNAPSHOT } },
    prepare: syncers,
    steps: [VOLUME, ...OBJECTS, ...RESTORE]
  },
  {
    name: "a full node by bootstrap",
    spec: { fullNode: { snapshot: BOOTSTRAP } },
    prepare: syncers,
    steps: bootstrap()
  },
  {
    name: "a full node on a volume of the user's",
    spec: { fullNode: {}, dataVolume: { import: { pvcName: "mine" } } },
    prepare: (cluster) => claim(cluster, "mine"),
    steps: [VOLUME, ...OBJECTS, ...GENESIS]
  },
  { name: "an archive", spec: { archive: {} }, prepare: nothing, steps: [VOLUME, ...OBJECTS, ...GENESIS] },
  {
    name: "a replayer",
    spec: { replayer: { snapshot: SNAPSHOT }, peers: PEERS },
    prepare: syncers,
    steps: [VOLUME, ...OBJECTS, ...RESTORE]
  },
  {
    name: "a replayer by bootstrap",
    spec: { replayer: { snapshot: BOOTSTRAP }, peers: PEERS },
    prepare: syncers,
    steps: bootstrap()
  },
  { name: "a validator", spec: { validator: {} }, prepare: nothing, steps: [VOLUME, ...OBJECTS, ...GENESIS] },
  {
    name: "a validator with its keys",
    spec: { validator: { ...KEYS, operatorKeyring: KEYRING_SECRET } },
    prepare: keys,
    steps: [VOLUME, ...GATES, ...OBJECTS, ...GENESIS]
  },
  {
    name: "a validator from a snapshot",
    spec: { validator: { ...KEYS, snapshot: SNAPSHOT } },
    prepare: (cluster) => Effect.andThen(keys(cluster), syncers(cluster)),
    steps: [VOLUME, ...GATES.slice(0, 2), ...OBJECTS, ...RESTORE]
  },
  {
    name: "a validator by bootstrap",
    spec: { validator: { ...KEYS, snapshot: BOOTSTRAP } },
    prepare: (cluster) => Effect.andThen(keys(cluster), syncers(cluster)),
    steps: bootstrap(...GATES.slice(0, 2))
  },
  {
    name: "a validator of a new chain",
    spec: {
      validator: {
        genesisCeremony: { chainId: CHAIN, stakingAmount: "1usei", accountBalance: "2usei", index: 0 }
      }
    },
    prepare: nothing,
    steps: [
      VOLUME,
      ...OBJECTS,
      "generate-identity",
      "generate-gentx",
      "upload-genesis-artifacts",
      "configure-genesis",
      "config-apply",
      "set-genesis-peers",
      "config-validate",
      "mark-ready"
    ]
  },
  {
    name: "a seed",
    spec: { seed: { nodeKey: { secret: { secretName: "node-key" } } } },
    prepare: keys,
    steps: [VOLUME, "validate-node-key", ...OBJECTS, ...GENESIS]
  }
]

/** The case of a name. */
export const named = (name: string): Case => {
  const found = cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no case is called ${name}`)
  return found
}

/** Makes what a case needs, and its node. */
export const begin = (cluster: TestCluster.TestCluster, { prepare, spec }: Case, more: Json = {}) =>
  Effect.andThen(prepare(cluster), cluster.create({ ...spec, ...more }))
