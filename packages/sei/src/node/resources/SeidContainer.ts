/** The containers `seid-init` and `seid`, of the permanent pod and of the bootstrap pod. */
import { API_PORT, P2P_PORT } from "../../shared/Identity.ts"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode, snapshotSource } from "../kinds/SeiNode.ts"
import { DATA, HOME, SEID_PORTS } from "./NodeIdentity.ts"
import * as NodeSizing from "./NodeSizing.ts"
import * as Scripts from "./Scripts.ts"
import * as SecretMounts from "./SecretMounts.ts"

/** Unprivileged, without capabilities. */
export const securityContext = {
  runAsNonRoot: true,
  runAsUser: 65532,
  runAsGroup: 65532,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" }
}

export const dataMount = { name: "data", mountPath: DATA }
export const homeMount = { name: "home", mountPath: HOME }

const homeEnv = { name: "HOME", value: HOME }
const environment = [homeEnv, { name: "TMPDIR", value: `${DATA}/tmp` }]

/** Image of seid in the bootstrap pod. An old snapshot may need an older version than the node runs. */
export const bootstrapImage = ({ spec }: SeiNode): string => snapshotSource(spec)?.bootstrapImage || spec.image

const initContainer = (image: string, script: string) => ({
  name: "seid-init",
  image,
  command: ["/bin/sh", "-c"],
  args: [script],
  env: [homeEnv]
})

export const init = (node: SeiNode) => ({
  ...initContainer(node.spec.image, Scripts.init(node)),
  volumeMounts: [dataMount, homeMount],
  securityContext
})

export const bootstrapInit = (node: SeiNode) => ({
  ...initContainer(bootstrapImage(node), Scripts.initHome(node)),
  volumeMounts: [dataMount]
})

/** seid of the bootstrap pod: it halts at a height, serves no RPC and signs nothing. */
export const bootstrap = (node: SeiNode, platform: Platform, height: number) => ({
  name: "seid",
  image: bootstrapImage(node),
  command: ["/bin/bash", "-c"],
  args: [Scripts.startUntil(node, height)],
  env: environment,
  volumeMounts: [dataMount],
  resources: NodeSizing.seidResources(node, platform)
})

export const generate = (node: SeiNode, platform: Platform) => {
  const limit = NodeSizing.goMemoryLimit(node, platform)
  return {
    name: "seid",
    image: node.spec.image,
    command: ["/bin/bash", "-c"],
    args: [Scripts.start(node)],
    env: [
      ...environment,
      ...SecretMounts.seidEnv(node),
      ...(limit === undefined ? [] : [{ name: "GOMEMLIMIT", value: limit }])
    ],
    ports: SEID_PORTS.map(({ name, port }) => ({ name, containerPort: port, protocol: "TCP" })),
    volumeMounts: [dataMount, homeMount, ...SecretMounts.seidMounts(node)],
    resources: NodeSizing.seidResources(node, platform),
    // No liveness probe: it would kill a node that is halted at a height or restores a snapshot for days.
    startupProbe: {
      httpGet: { path: "/v0/healthz", port: API_PORT },
      initialDelaySeconds: 5,
      periodSeconds: 5,
      failureThreshold: 86400
    },
    readinessProbe: {
      ...(mode(node.spec) === "seed"
        ? { tcpSocket: { port: P2P_PORT } }
        : { httpGet: { path: "/lag_status", port: 26657 } }),
      initialDelaySeconds: 30,
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5
    },
    securityContext
  }
}
