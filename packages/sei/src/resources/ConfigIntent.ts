/** What a node's configuration should be: defaults of the house, of the mode, then the user's word. */
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as Footprint from "./Footprint.ts"

const PEERS = "network.p2p.persistent_peers"
const EXTERNAL = "network.p2p.external_address"

/** The whole configuration, written once at init. Peers are frozen into it as they are known now. */
export const apply = (node: SeiNode) => ({
  mode: Footprint.configMode(node),
  overrides: { ...common(node), ...ofMode(node), ...node.spec.overrides }
})

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
