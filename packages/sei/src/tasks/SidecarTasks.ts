/**
 * Tasks that a node's sidecar runs. Stored parameters have the names that are already in clusters; the sidecar's own
 * names differ, and each task says how.
 */
import { Task } from "@portolan/planner"
import * as Schema from "effect/Schema"
import type { Seen } from "../plan/Seen.ts"
import { sidecarAddress } from "../resources/Identity.ts"

const StringMap = Schema.Record(Schema.String, Schema.String)
const Nothing = Schema.Struct({})
const address = ({ node }: Seen) => sidecarAddress(node)

/** Puts the genesis of the chain in place: one that seid knows, or one from the bucket. */
export const configureGenesis = Task.remote({
  params: Schema.Struct({ ExpectedGenesisHash: Schema.optionalKey(Schema.String) }),
  address,
  order: ({ ExpectedGenesisHash: hash }) =>
    hash === undefined || hash === ""
      ? { type: "configure-genesis" }
      : { type: "configure-genesis", params: { expectedGenesisHash: hash } }
})

/** Writes every configuration file from scratch. */
export const configApply = Task.remote({
  params: Schema.Struct({
    mode: Schema.String,
    overrides: Schema.optionalKey(StringMap),
    incremental: Schema.optionalKey(Schema.Boolean),
    targetVersion: Schema.optionalKey(Schema.Int)
  }),
  address,
  order: ({ incremental = false, mode, overrides, targetVersion = 0 }) => ({
    type: "config-apply",
    params: { mode, incremental, targetVersion, ...(overrides === undefined ? {} : { overrides }) }
  })
})

const Toml = Schema.Record(Schema.String, Schema.Json)

/** Changes single keys of configuration files. */
export const configPatch = Task.remote({
  params: Schema.Struct({ files: Schema.Record(Schema.String, Toml).check(Schema.isMinProperties(1)) }),
  address,
  order: ({ files }) => ({ type: "config-patch", params: { files } })
})

/** Checks the configuration on disk. A configuration that is not valid fails the plan before a pod is touched. */
export const configValidate = Task.remote({ params: Nothing, address, order: () => ({ type: "config-validate" }) })

/** Lets seid start. A signal: what follows is seen in the sidecar's health. */
export const markReady = Task.remote({
  params: Nothing,
  address,
  order: () => ({ type: "mark-ready" }),
  completes: "Accepted"
})
