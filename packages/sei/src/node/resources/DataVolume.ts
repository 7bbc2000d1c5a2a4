/** The claim for a node's data. */
import type { ObjectMeta } from "@portolan/planner"
import type { Platform } from "../../shared/Platform.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { claimName, ownedMeta } from "./Identity.ts"
import * as NodeSizing from "./NodeSizing.ts"

/** Created once and never changed after: a volume outlives edits of its node. */
export const generate = (node: SeiNode, platform: Platform): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: ownedMeta(node, claimName(node)),
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: NodeSizing.storageClass(node, platform),
    resources: { requests: { storage: NodeSizing.volumeSize(node, platform) } }
  }
})
