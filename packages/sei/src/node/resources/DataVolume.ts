/** The PersistentVolumeClaim with a node's data. */
import type { ObjectMeta } from "@portolan/planner"
import type { Platform } from "../../shared/Platform.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { claimName, ownedMetadata } from "./NodeIdentity.ts"
import * as NodeSizing from "./NodeSizing.ts"

/** Created once and never updated: edits of the spec do not reach an existing volume. */
export const generate = (node: SeiNode, platform: Platform): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: ownedMetadata(node, claimName(node)),
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: NodeSizing.storageClass(node, platform),
    resources: { requests: { storage: NodeSizing.volumeSize(node, platform) } }
  }
})
