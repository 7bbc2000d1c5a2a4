/** The headless Service of the permanent pod. */
import type { ObjectMeta } from "@portolan/planner"
import { API_PORT } from "../../shared/Identity.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { ownedMetadata, SEID_PORTS, selector } from "./NodeIdentity.ts"

/** Addresses of unready pods are published, because the sidecar has to be reached before seid is ready. */
export const generate = (node: SeiNode): ObjectMeta.Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: ownedMetadata(node, node.name),
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
