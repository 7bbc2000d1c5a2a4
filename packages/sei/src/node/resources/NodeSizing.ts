/** Node pool, storage and compute resources of each mode, in one total table. */
import * as Option from "effect/Option"
import type { Platform } from "../../shared/Platform.ts"
import * as Quantity from "../../shared/Quantity.ts"
import { type Mode, mode, type SeiNode } from "../kinds/SeiNode.ts"
import { role } from "./NodeIdentity.ts"

/** Modes that a sidecar can write a configuration for. */
export const CONFIG_MODES = ["full", "archive", "validator", "seed"] as const
type ConfigMode = (typeof CONFIG_MODES)[number]

interface Sizing {
  readonly pool: keyof Platform["scheduling"]
  readonly storageClass: keyof Platform["storage"]
  readonly size: keyof Platform["storage"]
  readonly cpu: string
  readonly memory: string
  readonly config: ConfigMode
}

const SIZING: { readonly [M in Mode]: Sizing } = {
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

export const pool = (node: SeiNode, platform: Platform): string => platform.scheduling[SIZING[mode(node.spec)].pool]
/** Key of the node pool in the platform configuration, for messages. */
export const poolKey = (node: SeiNode): string => `scheduling.${SIZING[mode(node.spec)].pool}`
export const configMode = (node: SeiNode): ConfigMode => SIZING[mode(node.spec)].config
export const storageClass = (node: SeiNode, platform: Platform): string =>
  platform.storage[SIZING[mode(node.spec)].storageClass]
export const volumeSize = (node: SeiNode, platform: Platform): string => platform.storage[SIZING[mode(node.spec)].size]

const memory = (node: SeiNode, platform: Platform): string =>
  platform.resources[role(node)].memory || SIZING[mode(node.spec)].memory

/** Resources of seid: no CPU limit; the memory request equals the limit. */
export const seidResources = (node: SeiNode, platform: Platform) => ({
  requests: {
    cpu: platform.resources[role(node)].cpuRequest || SIZING[mode(node.spec)].cpu,
    memory: memory(node, platform)
  },
  limits: { memory: memory(node, platform) }
})

/** Value of `GOMEMLIMIT`: 87 percent of the memory limit. Only a seed sets it, because its limit is small. */
export const goMemoryLimit = (node: SeiNode, platform: Platform): string | undefined =>
  mode(node.spec) === "seed"
    ? Option.match(Quantity.parse(memory(node, platform)), {
        onNone: () => undefined,
        onSome: (bytes) => `${Math.floor((bytes * 87) / 100)}B`
      })
    : undefined
