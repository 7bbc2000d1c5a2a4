/** Whom the proxy lets through to a node's sidecar. */
import type { ObjectMeta } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { ownedMeta, proxyConfigName } from "./Identity.ts"

/** Callers need a right on `seinodetasks` of the node's name; the verb follows from the HTTP method. */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: ownedMeta(node, proxyConfigName(node)),
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
