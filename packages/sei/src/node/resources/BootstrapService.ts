/** The headless Service of a node while it is bootstrapped. */
import type { ObjectMeta } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { API_PORT, bootstrapLabels, ownedMeta } from "./Identity.ts"

/** Has the name of the permanent Service, so that the sidecar has one address in both times of its node's life. */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: ownedMeta(node, node.name, bootstrapLabels(node)),
  spec: {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: bootstrapLabels(node),
    ports: [{ name: "api", port: API_PORT, targetPort: API_PORT, protocol: "TCP" }]
  }
})
