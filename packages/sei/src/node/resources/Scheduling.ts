/** Where a node's pod may run, and beside whom. */

import type { Platform } from "../../shared/Platform.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { NODE_LABEL } from "./Identity.ts"
import * as NodeSizing from "./NodeSizing.ts"

const avoid = (expression: {
  readonly key: string
  readonly operator: string
  readonly values?: ReadonlyArray<string>
}) => ({
  labelSelector: { matchExpressions: [expression] },
  namespaceSelector: {},
  topologyKey: "kubernetes.io/hostname"
})

/** Keeps away from nodes that want a machine for themselves, and, where it wants one, from all others. */
export const generate = (node: SeiNode, platform: Platform, { alone }: { readonly alone: boolean }) => {
  const pool = NodeSizing.pool(node, platform)
  return {
    tolerations: [{ key: platform.scheduling.tolerationKey, value: pool, effect: "NoSchedule" }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "karpenter.sh/nodepool", operator: "In", values: [pool] }] }]
        }
      },
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          avoid({ key: "sei.io/dedicated-node", operator: "In", values: ["true"] }),
          ...(alone ? [avoid({ key: NODE_LABEL, operator: "Exists" })] : [])
        ]
      }
    }
  }
}
