/**
 * Tasks that a node's sidecar runs. Stored parameters have the names that are already in clusters; the sidecar's own
 * names differ, and each task says how.
 */
import { Task } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as BootstrapState from "../plan/BootstrapState.ts"
import type { Observation } from "../plan/Observation.ts"
import * as ConfigIntent from "../resources/ConfigIntent.ts"
import { sidecarAddress } from "../resources/Identity.ts"

/** A snapshot of a large chain takes hours to come and to unpack. */
const RESTORE_PATIENCE = Duration.days(1)
/** As long as a genesis that is not published yet is asked for. */
const GENESIS_PATIENCE = Duration.hours(2)

const NonEmpty = Schema.String.check(Schema.isMinLength(1))
const Nothing = Schema.Struct({})

/** Where every one of these tasks is done: by the sidecar of whichever pod the node has. */
const sidecar = {
  address: ({ node }: Observation) => sidecarAddress(node),
  /** A bootstrap pod that has failed is not started again. */
  unreachableForever: (observation: Observation) => {
    const state = BootstrapState.of(observation)
    return state._tag === "Failed" ? `bootstrap job failed: ${state.message}` : undefined
  }
}

/** Fetches the newest snapshot up to a height. */
export const snapshotRestore = Task.remote({
  params: Schema.Struct({ TargetHeight: Schema.Int }),
  overdueAfter: RESTORE_PATIENCE,
  ...sidecar,
  submission: ({ TargetHeight: targetHeight }) => ({
    type: "snapshot-restore",
    ...(targetHeight > 0 ? { params: { targetHeight } } : {})
  })
})

/** Writes whom to trust about the state of the chain. */
export const configureStateSync = Task.remote({
  params: Schema.Struct({
    UseLocalSnapshot: Schema.Boolean,
    TrustPeriod: Schema.String,
    BackfillBlocks: Schema.Int,
    // A merge patch, by which plans are written, leaves no `null` behind.
    RpcServers: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String)))
  }),
  ...sidecar,
  submission: ({ BackfillBlocks: backfillBlocks, RpcServers, TrustPeriod: trustPeriod, UseLocalSnapshot }) => {
    const rpcServers = [...(RpcServers ?? [])]
    const params = {
      ...(UseLocalSnapshot ? { useLocalSnapshot: true } : {}),
      ...(trustPeriod === "" ? {} : { trustPeriod }),
      ...(backfillBlocks > 0 ? { backfillBlocks } : {}),
      ...(rpcServers.length === 0 ? {} : { rpcServers })
    }
    return { type: "configure-state-sync", ...(Object.keys(params).length === 0 ? {} : { params }) }
  }
})

/** Makes the keys of a validator of a new chain, where it runs. */
export const generateIdentity = Task.remote({
  params: Schema.Struct({ ChainID: NonEmpty, Moniker: NonEmpty }),
  ...sidecar,
  submission: ({ ChainID: chainId, Moniker: moniker }) => ({ type: "generate-identity", params: { chainId, moniker } })
})

/** Makes the transaction by which a validator enters the genesis. */
export const generateGentx = Task.remote({
  params: Schema.Struct({ ChainID: NonEmpty, StakingAmount: NonEmpty, AccountBalance: NonEmpty }),
  ...sidecar,
  submission: ({ AccountBalance: accountBalance, ChainID: chainId, StakingAmount: stakingAmount }) => ({
    type: "generate-gentx",
    params: { chainId, stakingAmount, accountBalance }
  })
})

/** Hands it to whoever assembles the genesis. */
export const uploadGenesisArtifacts = Task.remote({
  params: Schema.Struct({ NodeName: NonEmpty }),
  ...sidecar,
  submission: ({ NodeName: nodeName }) => ({ type: "upload-genesis-artifacts", params: { nodeName } })
})

/** Writes the peers that were assembled with the genesis. */
export const setGenesisPeers = Task.remote({
  params: Nothing,
  ...sidecar,
  submission: () => ({ type: "set-genesis-peers" })
})

/** Puts the genesis of the chain in place: one that seid knows, or one from the bucket. */
export const configureGenesis = Task.remote({
  overdueAfter: GENESIS_PATIENCE,
  params: Schema.Struct({ ExpectedGenesisHash: Schema.optionalKey(Schema.String) }),
  ...sidecar,
  submission: ({ ExpectedGenesisHash: hash }) =>
    hash === undefined || hash === ""
      ? { type: "configure-genesis" }
      : { type: "configure-genesis", params: { expectedGenesisHash: hash } }
})

const Intent = Schema.Struct({
  mode: Schema.String,
  overrides: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  incremental: Schema.optionalKey(Schema.Boolean),
  targetVersion: Schema.optionalKey(Schema.Int)
}).check(
  Schema.makeFilter(({ mode, overrides, targetVersion }) =>
    Result.match(ConfigIntent.check(mode, overrides, targetVersion), {
      onFailure: ({ field, message }) => `${field}: ${message}`,
      onSuccess: () => undefined
    })
  )
)

/** Writes every configuration file from scratch. What can be seen to be wrong here is not sent. */
export const configApply = Task.remote({
  params: Intent,
  ...sidecar,
  submission: ({ incremental = false, mode, overrides, targetVersion = 0 }) => ({
    type: "config-apply",
    params: { mode, incremental, targetVersion, ...(overrides === undefined ? {} : { overrides }) }
  })
})

const Toml = Schema.Record(Schema.String, Schema.Json)

/** Changes single keys of configuration files. */
export const configPatch = Task.remote({
  params: Schema.Struct({ files: Schema.Record(Schema.String, Toml).check(Schema.isMinProperties(1)) }),
  ...sidecar,
  submission: ({ files }) => ({ type: "config-patch", params: { files } })
})

/** Checks the configuration on disk. A configuration that is not valid fails the plan before a pod is touched. */
export const configValidate = Task.remote({
  params: Nothing,
  ...sidecar,
  submission: () => ({ type: "config-validate" })
})

/** Lets seid start. A signal: what follows is seen in the sidecar's health. */
export const markReady = Task.remote({
  params: Nothing,
  ...sidecar,
  submission: () => ({ type: "mark-ready" }),
  completes: "Accepted"
})
