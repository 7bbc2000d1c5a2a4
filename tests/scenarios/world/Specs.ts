/** Specs as somebody might write them who has read half of the documentation. */
import type { Dice } from "@portolan/testkit"
import type { Json } from "./World.ts"

/** A source of state; some say two things, or none. */
const source = ({ maybe, pick }: Dice.Dice): Json => ({
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

const generation = ({ pick }: Dice.Dice): Json => ({
  snapshotGeneration: pick<Json>([
    { tendermint: { keepRecent: 5 } },
    { tendermint: { keepRecent: 2, publish: {} } },
    { tendermint: { keepRecent: 1, publish: {} } },
    {}
  ])
})

const secret = (secretName: string): Json => ({ secret: { secretName } })

const keys = ({ pick }: Dice.Dice): Json =>
  pick<Json>([
    { signingKey: secret("signing-key"), nodeKey: secret("node-key") },
    { signingKey: secret("signing-key"), nodeKey: secret("node-key") },
    { signingKey: secret("signing-key"), nodeKey: secret("signing-key") },
    { signingKey: secret("signing-key") },
    { signingKey: {}, nodeKey: secret("node-key") }
  ])

const keyring = ({ maybe, pick }: Dice.Dice): Json => ({
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

const ceremony = ({ pick }: Dice.Dice): Json => ({
  genesisCeremony: { chainId: pick(["pacific-1", ""]), stakingAmount: "1usei", accountBalance: "2usei", index: 0 }
})

const MODES: readonly [(dice: Dice.Dice) => Json, ...ReadonlyArray<(dice: Dice.Dice) => Json>] = [
  (dice) => ({
    fullNode: { ...dice.maybe({ snapshot: source(dice) }), ...dice.maybe(generation(dice), 3) }
  }),
  (dice) => ({ archive: dice.maybe(generation(dice)) }),
  (dice) => ({
    replayer: {
      snapshot: source(dice),
      ...dice.maybe({ resultExport: dice.pick<Json>([{ shadowResult: { canonicalRpc: "rpc:1" } }, {}]) }, 3)
    }
  }),
  (dice) => ({
    validator: {
      ...dice.maybe({ snapshot: source(dice) }, 3),
      ...dice.maybe(ceremony(dice), 4),
      ...dice.maybe(keys(dice)),
      ...dice.maybe(keyring(dice))
    }
  }),
  (dice) => ({ seed: { nodeKey: dice.pick<Json>([secret("node-key"), secret("node-key"), {}]) } })
]

const peer = ({ pick }: Dice.Dice): Json =>
  pick<Json>([
    { static: { addresses: ["aa@peer:26656"] } },
    { static: { addresses: ["aa@peer:26656", "", "no address"] } },
    { label: { selector: { chain: "pacific-1" } } },
    { label: { selector: { chain: "pacific-1" }, namespace: "nowhere" } },
    { ec2Tags: { region: "eu-central-1", tags: { chain: "pacific-1" } } },
    { static: { addresses: [] } }
  ])

const sidecar = ({ maybe, pick }: Dice.Dice): Json => ({
  ...maybe({ image: pick(["sidecar:v2", ""]) }),
  ...maybe({ port: pick([7_777, 9_000, 0]) }),
  ...maybe({ resources: pick<Json>([{ requests: { cpu: "1" } }, { limits: { memory: 1_000 } }, {}]) })
})

/** Everything beside the mode. */
const common = (dice: Dice.Dice): Json => ({
  ...dice.maybe({ peers: [peer(dice), ...dice.pick([[], [peer(dice)]])] }),
  ...dice.maybe(
    {
      overrides: {
        "logging.level": "info",
        ...dice.maybe({ [dice.pick(["nodots", "Upper.case", "", "__proto__.x", "constructor"])]: "1" }, 3)
      }
    },
    3
  ),
  ...dice.maybe({ podLabels: { team: "a", ...dice.maybe({ "sei.io/node": "other" }) } }, 4),
  ...dice.maybe({ sidecar: sidecar(dice) }, 3),
  ...dice.maybe({ externalAddress: dice.pick(["node.example.dev:26656", ""]) }, 4),
  ...dice.maybe({ dataVolume: dice.pick<Json>([{ import: { pvcName: "mine" } }, {}]) }, 4),
  ...dice.maybe({ paused: dice.pick([true, false]) }, 6)
})

/** A spec of one mode, now and then of two. */
export const random = (dice: Dice.Dice): Json => ({
  image: "sei:v1",
  ...common(dice),
  ...dice.pick(MODES)(dice),
  ...(dice.below(20) === 0 ? dice.pick(MODES)(dice) : {})
})
