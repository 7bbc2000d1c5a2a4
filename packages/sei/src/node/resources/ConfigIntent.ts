/** What a node's configuration should be: defaults of the house, of the mode, then the user's word. */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as NodeSizing from "./NodeSizing.ts"

const PEERS = "network.p2p.persistent_peers"
const EXTERNAL = "network.p2p.external_address"

/** The whole configuration, written once at init. Peers are frozen into it as they are known now. */
export const apply = (node: SeiNode) => ({
  mode: NodeSizing.configMode(node),
  overrides: { ...common(node), ...ofMode(node), ...node.spec.overrides }
})

/** At least two parts, as in `logging.level`. */
const KEY = /^[a-z0-9_]+(\.[a-z0-9_]+)+$/u

/** The newest form of an intent that this controller may ask for; 0 means the sidecar's current one. */
const TARGET_VERSION_MAX = 2

/**
 * What can be known to be wrong with an intent before a sidecar sees it: the mode, the form of a key, a value that is no
 * text, the version. Fails with the field of the intent.
 *
 * Which keys exist is the sidecar's to say and not known here, so a well-formed key may still be refused by it.
 */
export const check = (
  intentMode: string,
  overrides: { readonly [key: string]: unknown } = {},
  targetVersion = 0
): Result.Result<void, Reconciler.PlanRejected> => {
  if (!NodeSizing.CONFIG_MODES.some((known) => known === intentMode)) {
    return refuse("mode", `${intentMode} is none of ${NodeSizing.CONFIG_MODES.join(", ")}`)
  }
  for (const [key, value] of Object.entries(overrides)) {
    const field = `overrides[${JSON.stringify(key)}]`
    if (!KEY.test(key)) return refuse(field, "is no dotted key such as logging.level")
    if (typeof value !== "string") return refuse(field, "has a value that is no text")
  }
  return Number.isInteger(targetVersion) && targetVersion >= 0 && targetVersion <= TARGET_VERSION_MAX
    ? Result.void
    : refuse("targetVersion", `is not in 0..${TARGET_VERSION_MAX}`)
}

/** What an update changes in place. A key that the user set at init keeps the user's value. */
export const patch = (node: SeiNode) => ({
  files: {
    "config.toml": {
      p2p: {
        "external-address": node.spec.overrides?.[EXTERNAL] ?? node.spec.externalAddress ?? "",
        "persistent-peers": node.spec.overrides?.[PEERS] ?? peers(node)
      }
    }
  }
})

const refuse = (field: string, message: string) => Result.fail(new Reconciler.PlanRejected({ field, message }))

const peers = (node: SeiNode): string => (node.status.resolvedPeers ?? []).join(",")

const common = (node: SeiNode): { readonly [key: string]: string } => ({
  "logging.level": "error",
  [PEERS]: peers(node),
  ...(node.spec.externalAddress ? { [EXTERNAL]: node.spec.externalAddress } : {})
})

const ofMode = (node: SeiNode): { readonly [key: string]: string } => {
  const full = node.spec.fullNode?.snapshotGeneration?.tendermint
  if (full !== undefined) return { ...snapshots(full.keepRecent), ...servesSnapshots }
  const archive = node.spec.archive?.snapshotGeneration?.tendermint
  if (archive !== undefined) return snapshots(archive.keepRecent)
  return mode(node.spec) === "replayer" ? replays : {}
}

const snapshots = (keepRecent: number) => ({
  "storage.snapshot_interval": "2000",
  "storage.snapshot_keep_recent": String(keepRecent)
})

const servesSnapshots = {
  "storage.pruning_keep_recent": "50000",
  "storage.pruning_keep_every": "0",
  "chain.min_retain_blocks": "50000",
  "network.p2p.max_connections": "500",
  "network.p2p.send_rate": "20971520",
  "network.p2p.recv_rate": "20971520"
}

const replays = {
  "storage.state_commit.async_commit_buffer": "100",
  "storage.state_commit.memiavl.snapshot_keep_recent": "2",
  "storage.state_commit.memiavl.snapshot_min_time_interval": "3600"
}
