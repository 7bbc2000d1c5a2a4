/** The configuration that a sidecar writes: common defaults, defaults of the mode, then `spec.overrides`. */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as NodeSizing from "./NodeSizing.ts"

const PERSISTENT_PEERS = "network.p2p.persistent_peers"
const EXTERNAL_ADDRESS = "network.p2p.external_address"

/** Parameters of `config-apply`, which an init plan runs once. They contain the peers known when the plan is built. */
export const apply = (node: SeiNode) => ({
  mode: NodeSizing.configMode(node),
  overrides: { ...commonOverrides(node), ...modeOverrides(node), ...node.spec.overrides }
})

/** A dotted key with at least two parts: `logging.level`. */
const KEY = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/u

/** The newest version of the intent that this controller knows; 0 selects the sidecar's current version. */
const TARGET_VERSION_MAX = 2

/**
 * Validates what can be validated before the intent is submitted: mode, form of the keys, type of the values,
 * version. Fails with the field of the intent.
 *
 * Only the sidecar knows which keys exist, so it may still reject a well-formed key.
 */
export const check = (
  intentMode: string,
  overrides: { readonly [key: string]: unknown } = {},
  targetVersion = 0
): Result.Result<void, Reconciler.PlanRejected> => {
  if (!NodeSizing.CONFIG_MODES.some((known) => known === intentMode)) {
    return reject(
      "mode",
      `unsupported value ${JSON.stringify(intentMode)}: must be one of ${NodeSizing.CONFIG_MODES.join(", ")}`
    )
  }
  for (const [key, value] of Object.entries(overrides)) {
    const field = `overrides[${JSON.stringify(key)}]`
    if (!KEY.test(key)) return reject(field, 'must be a dotted key in lower case, such as "logging.level"')
    if (typeof value !== "string") return reject(field, "must be a string")
  }
  return Number.isInteger(targetVersion) && targetVersion >= 0 && targetVersion <= TARGET_VERSION_MAX
    ? Result.void
    : reject("targetVersion", `must be between 0 and ${TARGET_VERSION_MAX}`)
}

/** Parameters of `config-patch`, which an update plan runs. A value of `spec.overrides` takes precedence. */
export const patch = (node: SeiNode) => ({
  files: {
    "config.toml": {
      p2p: {
        "external-address": node.spec.overrides?.[EXTERNAL_ADDRESS] ?? node.spec.externalAddress ?? "",
        "persistent-peers": node.spec.overrides?.[PERSISTENT_PEERS] ?? peers(node)
      }
    }
  }
})

const reject = (field: string, message: string) => Result.fail(new Reconciler.PlanRejected({ field, message }))

const peers = (node: SeiNode): string => (node.status.resolvedPeers ?? []).join(",")

const commonOverrides = (node: SeiNode): { readonly [key: string]: string } => ({
  "logging.level": "error",
  [PERSISTENT_PEERS]: peers(node),
  ...(node.spec.externalAddress ? { [EXTERNAL_ADDRESS]: node.spec.externalAddress } : {})
})

const modeOverrides = (node: SeiNode): { readonly [key: string]: string } => {
  const full = node.spec.fullNode?.snapshotGeneration?.tendermint
  if (full !== undefined) return { ...snapshotOverrides(full.keepRecent), ...SNAPSHOT_SERVER }
  const archive = node.spec.archive?.snapshotGeneration?.tendermint
  if (archive !== undefined) return snapshotOverrides(archive.keepRecent)
  return mode(node.spec) === "replayer" ? REPLAYER : {}
}

const snapshotOverrides = (keepRecent: number) => ({
  "storage.snapshot_interval": "2000",
  "storage.snapshot_keep_recent": String(keepRecent)
})

const SNAPSHOT_SERVER = {
  "storage.pruning_keep_recent": "50000",
  "storage.pruning_keep_every": "0",
  "chain.min_retain_blocks": "50000",
  "network.p2p.max_connections": "500",
  "network.p2p.send_rate": "20971520",
  "network.p2p.recv_rate": "20971520"
}

const REPLAYER = {
  "storage.state_commit.async_commit_buffer": "100",
  "storage.state_commit.memiavl.snapshot_keep_recent": "2",
  "storage.state_commit.memiavl.snapshot_min_time_interval": "3600"
}
