/**
 * Tasks that a node's sidecar performs. Plans in clusters fix the names of the stored parameters; the sidecar's API
 * has other names, and each task maps one to the other.
 */
import { type ObjectMeta, Task } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { sidecarAddress } from "../../shared/Identity.ts"
import * as BootstrapState from "../plan/BootstrapState.ts"
import * as Deadlines from "../plan/Deadlines.ts"
import type { Observation } from "../plan/Observation.ts"
import type { NodeTaskType } from "../plan/TaskTemplates.ts"
import { TRAITS } from "../plan/TaskTraits.ts"
import * as ConfigIntent from "../resources/ConfigIntent.ts"

/** The task types that the sidecar performs. */
type SidecarTaskType = {
  [T in NodeTaskType]: (typeof TRAITS)[T]["runs"] extends "remote" ? T : never
}[NodeTaskType]

/** @param definition.submit the parameters as the sidecar names them; `undefined` submits none */
const sidecarTask = <Params, Encoded>(
  type: SidecarTaskType,
  definition: {
    readonly params: Schema.Codec<Params, Encoded>
    readonly overdueAfter?: Duration.Duration
    readonly submit: (params: Params) => ObjectMeta.JsonObject | undefined
  }
): Task.RemoteTask<Observation> =>
  Task.remote({
    agent: "Sidecar",
    params: definition.params,
    ...(definition.overdueAfter === undefined ? {} : { overdueAfter: definition.overdueAfter }),
    address: ({ node }: Observation) => sidecarAddress(node),
    unreachableForever: (observation: Observation) => {
      // The pod of a failed Job is not started again.
      const state = BootstrapState.of(observation)
      return state._tag === "Failed" ? `bootstrap job failed: ${state.message}` : undefined
    },
    submission: (stored) => {
      const params = definition.submit(stored)
      return params === undefined ? { type } : { type, params }
    },
    completes: TRAITS[type].isSignal ? "Accepted" : "Reported"
  })

const NonEmpty = Schema.String.check(Schema.isMinLength(1))
const withoutParams = { params: Schema.Struct({}), submit: () => undefined }

/** Restores the newest snapshot at or below a height. */
export const snapshotRestore = sidecarTask("snapshot-restore", {
  params: Schema.Struct({ TargetHeight: Schema.Int }),
  overdueAfter: Deadlines.SNAPSHOT,
  submit: ({ TargetHeight: targetHeight }) => (targetHeight > 0 ? { targetHeight } : undefined)
})

/** Writes the state-sync configuration with the syncers that the node verifies state with. */
export const configureStateSync = sidecarTask("configure-state-sync", {
  params: Schema.Struct({
    UseLocalSnapshot: Schema.Boolean,
    TrustPeriod: Schema.String,
    BackfillBlocks: Schema.Int,
    // A merge patch stores the plan, and removes a field that is `null`.
    RpcServers: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String)))
  }),
  submit: ({ BackfillBlocks: backfillBlocks, RpcServers, TrustPeriod: trustPeriod, UseLocalSnapshot }) => {
    const rpcServers = [...(RpcServers ?? [])]
    const params = {
      ...(UseLocalSnapshot ? { useLocalSnapshot: true } : {}),
      ...(trustPeriod === "" ? {} : { trustPeriod }),
      ...(backfillBlocks > 0 ? { backfillBlocks } : {}),
      ...(rpcServers.length === 0 ? {} : { rpcServers })
    }
    return Object.keys(params).length === 0 ? undefined : params
  }
})

/** Generates the keys of a validator of a new chain. */
export const generateIdentity = sidecarTask("generate-identity", {
  params: Schema.Struct({ ChainID: NonEmpty, Moniker: NonEmpty }),
  submit: ({ ChainID: chainId, Moniker: moniker }) => ({ chainId, moniker })
})

/** Generates the genesis transaction that declares the validator. */
export const generateGentx = sidecarTask("generate-gentx", {
  params: Schema.Struct({ ChainID: NonEmpty, StakingAmount: NonEmpty, AccountBalance: NonEmpty }),
  submit: ({ AccountBalance: accountBalance, ChainID: chainId, StakingAmount: stakingAmount }) => ({
    chainId,
    stakingAmount,
    accountBalance
  })
})

/** Uploads the genesis transaction, for the assembly of the genesis. */
export const uploadGenesisArtifacts = sidecarTask("upload-genesis-artifacts", {
  params: Schema.Struct({ NodeName: NonEmpty }),
  submit: ({ NodeName: nodeName }) => ({ nodeName })
})

/** Writes the peers that were assembled with the genesis. */
export const setGenesisPeers = sidecarTask("set-genesis-peers", withoutParams)

/** Writes the genesis of the chain: the one embedded in seid, or the one in the bucket. */
export const configureGenesis = sidecarTask("configure-genesis", {
  params: Schema.Struct({ ExpectedGenesisHash: Schema.optionalKey(Schema.String) }),
  overdueAfter: Deadlines.GENESIS,
  submit: ({ ExpectedGenesisHash: hash }) =>
    hash === undefined || hash === "" ? undefined : { expectedGenesisHash: hash }
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

/** Writes all configuration files. An intent that does not validate is not submitted. */
export const configApply = sidecarTask("config-apply", {
  params: Intent,
  submit: ({ incremental = false, mode, overrides, targetVersion = 0 }) => ({
    mode,
    incremental,
    targetVersion,
    ...(overrides === undefined ? {} : { overrides })
  })
})

const Toml = Schema.Record(Schema.String, Schema.Json)

/** Changes single keys of configuration files. */
export const configPatch = sidecarTask("config-patch", {
  params: Schema.Struct({ files: Schema.Record(Schema.String, Toml).check(Schema.isMinProperties(1)) }),
  submit: ({ files }) => ({ files })
})

/** Validates the configuration on disk. An invalid configuration fails the plan before the pod is replaced. */
export const configValidate = sidecarTask("config-validate", withoutParams)

/** Signals the sidecar to start seid. The sidecar's health shows the effect. */
export const markReady = sidecarTask("mark-ready", withoutParams)
