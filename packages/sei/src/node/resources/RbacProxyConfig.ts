/** The ConfigMap of the kube-rbac-proxy in front of a sidecar. */
import type { ObjectMeta } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { ownedMetadata, proxyConfigName } from "./NodeIdentity.ts"

/**
 * A caller needs permission on the `seinodetasks` resource with the node's name. The HTTP method determines the verb.
 */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: ownedMetadata(node, proxyConfigName(node)),
  data: {
    "config.yaml": [
      "authorization:",
      "  resourceAttributes:",
      "    apiGroup: sei.io",
      "    resource: seinodetasks",
      `    namespace: ${node.namespace}`,
      `    name: ${node.name}`,
      ""
    ].join("\n")
  }
})
