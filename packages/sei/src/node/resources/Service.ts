/** The headless Service that gives the node's pod its name. */
import type { ObjectMeta } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { API_PORT, ownedMeta, SEID_PORTS, selector } from "./Identity.ts"

/** Not-ready addresses are published, because the sidecar is asked before seid has started. */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: ownedMeta(node, node.name),
  spec: {
    clusterIP: "None",
    publishNotReadyAddresses: true,
    selector: selector(node),
    ports: [...SEID_PORTS, { name: "api", port: API_PORT }].map(({ name, port }) => ({
      name,
      port,
      targetPort: port,
      protocol: "TCP",
      ...(name === "grpc" ? { appProtocol: "kubernetes.io/h2c" } : {})
    }))
  }
})
