/** What a node of each mode takes: pool, storage, compute. One table; a new mode does not compile without its row. */
import * as Option from "effect/Option"
import type { Platform } from "../../shared/Platform.ts"
import * as Quantity from "../../shared/Quantity.ts"
import { type Mode, mode, type SeiNode } from "../kinds/SeiNode.ts"
import { role } from "./Identity.ts"

/** Modes of the configuration that a sidecar writes. */
export const CONFIG_MODES = ["full", "archive", "validator", "seed"] as const
type ConfigMode = (typeof CONFIG_MODES)[number]

interface Row {
  readonly pool: keyof Platform["scheduling"]
  readonly storageClass: keyof Platform["storage"]
  readonly size: keyof Platform["storage"]
  readonly cpu: string
  readonly memory: string
  readonly config: ConfigMode
}

const ROWS: { readonly [M in Mode]: Row } = {
  fullNode: {
    pool: "nodepoolName",
    storageClass: "classPerf",
    size: "sizeDefault",
    cpu: "32",
    memory: "256Gi",
    config: "full"
  },
  archive: {
    pool: "nodepoolArchive",
    storageClass: "classArchive",
    size: "sizeArchive",
    cpu: "64",
    memory: "512Gi",
    config: "archive"
  },
  replayer: {
    pool: "nodepoolName",
    storageClass: "classPerf",
    size: "sizeDefault",
    cpu: "32",
    memory: "256Gi",
    config: "full"
  },
  validator: {
    pool: "nodepoolValidator",
    storageClass: "classPerf",
    size: "sizeDefault",
    cpu: "16",
    memory: "128Gi",
    config: "validator"
  },
  seed: {
    pool: "nodepoolSeed",
    storageClass: "classDefault",
    size: "sizeSeed",
    cpu: "1",
    memory: "2Gi",
    config: "seed"
  }
}

export const pool = (node: SeiNode, platform: Platform): string => platform.scheduling[ROWS[mode(node.spec)].pool]
/** Key of the pool in the configuration, for messages. */
export const poolKey = (node: SeiNode): string => `scheduling.${ROWS[mode(node.spec)].pool}`
export const configMode = (node: SeiNode): ConfigMode => ROWS[mode(node.spec)].config
export const storageClass = (node: SeiNode, platform: Platform): string =>
  platform.storage[ROWS[mode(node.spec)].storageClass]
export const volumeSize = (node: SeiNode, platform: Platform): string => platform.storage[ROWS[mode(node.spec)].size]

const memory = (node: SeiNode, platform: Platform): string =>
  platform.resources[role(node)].memory || ROWS[mode(node.spec)].memory

/** Resources of seid: no limit on CPU, and as much memory as it may ever use is requested. */
export const seidResources = (node: SeiNode, platform: Platform) => ({
  requests: {
    cpu: platform.resources[role(node)].cpuRequest || ROWS[mode(node.spec)].cpu,
    memory: memory(node, platform)
  },
  limits: { memory: memory(node, platform) }
})

/** Soft memory limit of the Go runtime: 87 percent of the hard one. Only a seed is small enough to need it. */
export const goMemoryLimit = (node: SeiNode, platform: Platform): string | undefined =>
  mode(node.spec) === "seed"
    ? Option.match(Quantity.parse(memory(node, platform)), {
        onNone: () => undefined,
        onSome: (bytes) => `${Math.floor((bytes * 87) / 100)}B`
      })
    : undefined
