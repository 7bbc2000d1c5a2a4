/** The headless Service of the bootstrap pod. */
import type { ObjectMeta } from "@portolan/planner"
import { API_PORT } from "../../shared/Identity.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { bootstrapLabels, ownedMetadata } from "./NodeIdentity.ts"

/**
 * It has the name of the permanent Service, so that the sidecar has the same address during and after the bootstrap.
 */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: ownedMetadata(node, node.name, bootstrapLabels(node)),
  spec: {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: bootstrapLabels(node),
    ports: [{ name: "api", port: API_PORT, targetPort: API_PORT, protocol: "TCP" }]
  }
})
