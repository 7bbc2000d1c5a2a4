/** Tolerations and affinity of a node's pod. */
import { DEDICATED_NODE_LABEL, NODE_LABEL } from "../../shared/Identity.ts"
import type { Platform } from "../../shared/Platform.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import * as NodeSizing from "./NodeSizing.ts"

const antiAffinityTerm = (expression: {
  readonly key: string
  readonly operator: string
  readonly values?: ReadonlyArray<string>
}) => ({
  labelSelector: { matchExpressions: [expression] },
  namespaceSelector: {},
  topologyKey: "kubernetes.io/hostname"
})

/** Every pod avoids machines with a dedicated SeiNode. A dedicated pod avoids machines with any SeiNode. */
export const generate = (node: SeiNode, platform: Platform, { dedicated }: { readonly dedicated: boolean }) => {
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
          antiAffinityTerm({ key: DEDICATED_NODE_LABEL, operator: "In", values: ["true"] }),
          ...(dedicated ? [antiAffinityTerm({ key: NODE_LABEL, operator: "Exists" })] : [])
        ]
      }
    }
  }
}
