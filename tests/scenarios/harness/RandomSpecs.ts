/** Random specs with typical mistakes: missing, contradicting and malformed fields beside valid ones. */
import type { SeededRandom } from "@portolan/testkit"
import type { Json } from "./Json.ts"

/** A source of state; some name two sources, or none. */
const source = ({ maybe, pick }: SeededRandom.SeededRandom): Json => ({
  ...pick<Json>([
    { s3: { targetHeight: 1_000 } },
    { s3: { targetHeight: 1_000 } },
    { stateSync: {} },
    { stateSync: {} },
    { s3: { targetHeight: 0 } },
    { s3: { targetHeight: 5 }, stateSync: {} },
    {}
  ]),
  ...maybe({ bootstrapImage: pick(["sei:v0", "sei:v0", ""]) }, 3),
  ...maybe({ rpcServers: pick([["a:1", "b:2"], ["a:1", "b:2"], ["a:1"], ["http://a:1", "b:2"]]) }, 4),
  ...maybe({ trustPeriod: pick(["168h", ""]) }, 4),
  ...maybe({ backfillBlocks: pick([100, -1]) }, 4)
})

const generation = ({ pick }: SeededRandom.SeededRandom): Json => ({
  snapshotGeneration: pick<Json>([
    { tendermint: { keepRecent: 5 } },
    { tendermint: { keepRecent: 2, publish: {} } },
    { tendermint: { keepRecent: 1, publish: {} } },
    {}
  ])
})

const secret = (secretName: string): Json => ({ secret: { secretName } })

const keys = ({ pick }: SeededRandom.SeededRandom): Json =>
  pick<Json>([
    { signingKey: secret("signing-key"), nodeKey: secret("node-key") },
    { signingKey: secret("signing-key"), nodeKey: secret("node-key") },
    { signingKey: secret("signing-key"), nodeKey: secret("signing-key") },
    { signingKey: secret("signing-key") },
    { signingKey: {}, nodeKey: secret("node-key") }
  ])

const keyring = ({ maybe, pick }: SeededRandom.SeededRandom): Json => ({
  operatorKeyring: pick<Json>([
    {},
    {
      secret: {
        secretName: "keyring",
        passphraseSecretRef: { secretName: pick(["passphrase", "passphrase", "keyring"]), key: "passphrase" },
        ...maybe({ keyName: pick(["node_admin", "other", "no name"]) }),
        ...maybe({ seidMount: true })
      }
    }
  ])
})

const ceremony = ({ pick }: SeededRandom.SeededRandom): Json => ({
  genesisCeremony: { chainId: pick(["pacific-1", ""]), stakingAmount: "1usei", accountBalance: "2usei", index: 0 }
})

const MODES: readonly [
  (random: SeededRandom.SeededRandom) => Json,
  ...ReadonlyArray<(random: SeededRandom.SeededRandom) => Json>
] = [
  (random) => ({
    fullNode: { ...random.maybe({ snapshot: source(random) }), ...random.maybe(generation(random), 3) }
  }),
  (random) => ({ archive: random.maybe(generation(random)) }),
  (random) => ({
    replayer: {
      snapshot: source(random),
      ...random.maybe({ resultExport: random.pick<Json>([{ shadowResult: { canonicalRpc: "rpc:1" } }, {}]) }, 3)
    }
  }),
  (random) => ({
    validator: {
      ...random.maybe({ snapshot: source(random) }, 3),
      ...random.maybe(ceremony(random), 4),
      ...random.maybe(keys(random)),
      ...random.maybe(keyring(random))
    }
  }),
  (random) => ({ seed: { nodeKey: random.pick<Json>([secret("node-key"), secret("node-key"), {}]) } })
]

const peer = ({ pick }: SeededRandom.SeededRandom): Json =>
  pick<Json>([
    { static: { addresses: ["aa@peer:26656"] } },
    { static: { addresses: ["aa@peer:26656", "", "no address"] } },
    { label: { selector: { chain: "pacific-1" } } },
    { label: { selector: { chain: "pacific-1" }, namespace: "nowhere" } },
    { ec2Tags: { region: "eu-central-1", tags: { chain: "pacific-1" } } },
    { static: { addresses: [] } }
  ])

const sidecar = ({ maybe, pick }: SeededRandom.SeededRandom): Json => ({
  ...maybe({ image: pick(["sidecar:v2", ""]) }),
  ...maybe({ port: pick([7_777, 9_000, 0]) }),
  ...maybe({ resources: pick<Json>([{ requests: { cpu: "1" } }, { limits: { memory: 1_000 } }, {}]) })
})

/** Every field beside the mode. */
const common = (random: SeededRandom.SeededRandom): Json => ({
  ...random.maybe({ peers: [peer(random), ...random.pick([[], [peer(random)]])] }),
  ...random.maybe(
    {
      overrides: {
        "logging.level": "info",
        ...random.maybe({ [random.pick(["nodots", "Upper.case", "", "__proto__.x", "constructor"])]: "1" }, 3)
      }
    },
    3
  ),
  ...random.maybe({ podLabels: { team: "a", ...random.maybe({ "sei.io/node": "other" }) } }, 4),
  ...random.maybe({ sidecar: sidecar(random) }, 3),
  ...random.maybe({ externalAddress: random.pick(["node.example.dev:26656", ""]) }, 4),
  ...random.maybe({ dataVolume: random.pick<Json>([{ import: { pvcName: "mine" } }, {}]) }, 4),
  ...random.maybe({ paused: random.pick([true, false]) }, 6)
})

/** A spec of one mode; one in twenty has two. */
export const random = (random: SeededRandom.SeededRandom): Json => ({
  image: "sei:v1",
  ...common(random),
  ...random.pick(MODES)(random),
  ...(random.below(20) === 0 ? random.pick(MODES)(random) : {})
})
