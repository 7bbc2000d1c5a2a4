/** One SeiNode for every mode and source of state, with the objects that it refers to and the tasks of its first plan. */
import type { TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "./Acts.ts"
import type { Json } from "./Json.ts"
import type { NodeCluster } from "./NodeCluster.ts"
import { CHAIN, SYNCERS } from "./NodeController.ts"

export interface Case {
  readonly name: string
  readonly spec: Json
  /** Creates the objects that the spec refers to. */
  readonly prepare: ReadonlyArray<TestCluster.Act>
  /** Whether the registry has state syncers of the chain: without them the node does not begin. */
  readonly hasSyncers?: true
  /** The task types of the first plan, in order. */
  readonly steps: ReadonlyArray<string>
}

const base64 = (text: string) => Buffer.from(text).toString("base64")
const encoded = (data: { readonly [key: string]: string }): Json =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)]))

const KEY = { type: "tendermint/PrivKeyEd25519", value: "made-up" }

/** Data of Secrets in the right shape; the keys are made up. */
export const SIGNING_KEY = encoded({
  "priv_validator_key.json": JSON.stringify({ address: "AB", pub_key: KEY, priv_key: KEY })
})
export const NODE_KEY = encoded({ "node_key.json": JSON.stringify({ priv_key: KEY }) })
export const KEYRING = encoded({ "node_admin.info": "made-up", "0a.address": "made-up" })
export const PASSPHRASE = encoded({ passphrase: "made-up" })

/** Every Secret that a case refers to, by name. */
export const SECRETS = {
  "signing-key": SIGNING_KEY,
  "node-key": NODE_KEY,
  keyring: KEYRING,
  passphrase: PASSPHRASE
} satisfies { readonly [name: string]: Json }

/** Creates every Secret of {@link SECRETS}, with other data where a test gives it; without those given as `undefined`. */
export const secrets = (other: { readonly [name: string]: Json | undefined } = {}): ReadonlyArray<TestCluster.Act> =>
  Object.entries<Json | undefined>({ ...SECRETS, ...other }).flatMap(([name, data]) =>
    data === undefined ? [] : [Acts.secret(name, data)]
  )

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
const PRECONDITIONS = ["validate-signing-key", "validate-node-key", "validate-operator-keyring"]
const VOLUME = "ensure-data-pvc"

const bootstrap = (...preconditions: ReadonlyArray<string>) => [
  VOLUME,
  "apply-rbac-proxy-config",
  ...preconditions,
  "deploy-bootstrap-service",
  "deploy-bootstrap-job",
  ...RESTORE,
  "await-bootstrap-complete",
  "teardown-bootstrap",
  "apply-statefulset",
  "apply-service",
  ...GENESIS
]

/** Every mode and source of state once, and every other field of the spec that changes the first plan. */
export const cases: ReadonlyArray<Case> = [
  {
    name: "a full node from genesis",
    spec: { fullNode: {} },
    prepare: [],
    steps: [VOLUME, ...OBJECTS, ...GENESIS]
  },
  {
    name: "a full node by state sync",
    spec: { fullNode: { snapshot: { stateSync: {} } } },
    prepare: [],
    hasSyncers: true,
    steps: [VOLUME, ...OBJECTS, ...RESTORE.slice(1)]
  },
  {
    name: "a full node from a snapshot",
    spec: { fullNode: { snapshot: SNAPSHOT } },
    prepare: [],
    hasSyncers: true,
    steps: [VOLUME, ...OBJECTS, ...RESTORE]
  },
  {
    name: "a full node by bootstrap",
    spec: { fullNode: { snapshot: BOOTSTRAP } },
    prepare: [],
    hasSyncers: true,
    steps: bootstrap()
  },
  {
    name: "a full node on an imported volume",
    spec: { fullNode: {}, dataVolume: { import: { pvcName: "mine" } } },
    prepare: [Acts.pvc("mine")],
    steps: [VOLUME, ...OBJECTS, ...GENESIS]
  },
  { name: "an archive", spec: { archive: {} }, prepare: [], steps: [VOLUME, ...OBJECTS, ...GENESIS] },
  {
    name: "a replayer",
    spec: { replayer: { snapshot: SNAPSHOT }, peers: PEERS },
    prepare: [],
    hasSyncers: true,
    steps: [VOLUME, ...OBJECTS, ...RESTORE]
  },
  {
    name: "a replayer by bootstrap",
    spec: { replayer: { snapshot: BOOTSTRAP }, peers: PEERS },
    prepare: [],
    hasSyncers: true,
    steps: bootstrap()
  },
  { name: "a validator", spec: { validator: {} }, prepare: [], steps: [VOLUME, ...OBJECTS, ...GENESIS] },
  {
    name: "a validator with its keys",
    spec: { validator: { ...KEYS, operatorKeyring: KEYRING_SECRET } },
    prepare: secrets(),
    steps: [VOLUME, ...PRECONDITIONS, ...OBJECTS, ...GENESIS]
  },
  {
    name: "a validator from a snapshot",
    spec: { validator: { ...KEYS, snapshot: SNAPSHOT } },
    prepare: secrets(),
    hasSyncers: true,
    steps: [VOLUME, ...PRECONDITIONS.slice(0, 2), ...OBJECTS, ...RESTORE]
  },
  {
    name: "a validator by bootstrap",
    spec: { validator: { ...KEYS, snapshot: BOOTSTRAP } },
    prepare: secrets(),
    hasSyncers: true,
    steps: bootstrap(...PRECONDITIONS.slice(0, 2))
  },
  {
    name: "a validator of a new chain",
    spec: {
      validator: {
        genesisCeremony: { chainId: CHAIN, stakingAmount: "1usei", accountBalance: "2usei", index: 0 }
      }
    },
    prepare: [],
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
    prepare: secrets(),
    steps: [VOLUME, "validate-node-key", ...OBJECTS, ...GENESIS]
  }
]

/** The case with a name. */
export const named = (name: string): Case => {
  const found = cases.find((each) => each.name === name)
  if (found === undefined) throw new Error(`no case is called ${name}`)
  return found
}

/** Gives the registry the two state syncers of a chain. */
export const addSyncers = ({ discovery }: NodeCluster, chain = CHAIN): void => {
  discovery.syncers.set(chain, SYNCERS)
}

/** Creates what a case refers to, and then its node, with more fields of the spec where a test gives them. */
export const begin = Effect.fnUntraced(function* (cluster: NodeCluster, each: Case, more: Json = {}) {
  if (each.hasSyncers) addSyncers(cluster)
  yield* Effect.forEach(each.prepare, cluster.act)
  yield* cluster.create({ ...each.spec, ...more })
})
