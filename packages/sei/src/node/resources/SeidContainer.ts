/** seid itself, and the init container that makes its home. */

import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode, snapshotSource } from "../kinds/SeiNode.ts"
import { API_PORT, DATA, HOME, SEID_PORTS } from "./Identity.ts"
import * as NodeSizing from "./NodeSizing.ts"
import * as Scripts from "./Scripts.ts"
import * as SecretMounts from "./SecretMounts.ts"

/** Runs as nobody, with nothing it does not need. */
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

/** Image of a bootstrap: another one may be needed to read an old snapshot. */
const bootstrapImage = ({ spec }: SeiNode): string => snapshotSource(spec)?.bootstrapImage || spec.image

const initialise = (image: string, script: string) => ({
  name: "seid-init",
  image,
  command: ["/bin/sh", "-c"],
  args: [script],
  env: [homeEnv]
})

export const init = (node: SeiNode) => ({
  ...initialise(node.spec.image, Scripts.init(node)),
  volumeMounts: [dataMount, homeMount],
  securityContext
})

export const bootstrapInit = (node: SeiNode) => ({
  ...initialise(bootstrapImage(node), Scripts.home(node)),
  volumeMounts: [dataMount]
})

/** seid that ends at a height; it serves nobody and signs nothing. */
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
    volumeMounts: [dataMount, homeMount, ...SecretMounts.onSeid(node)],
    resources: NodeSizing.seidResources(node, platform),
    // No liveness probe: a node that is halted at a height or restores for days is not to be killed for it.
    startupProbe: {
      httpGet: { path: "/v0/healthz", port: API_PORT },
      initialDelaySeconds: 5,
      periodSeconds: 5,
      failureThreshold: 86400
    },
    readinessProbe: {
      ...(mode(node.spec) === "seed"
        ? { tcpSocket: { port: 26656 } }
        : { httpGet: { path: "/lag_status", port: 26657 } }),
      initialDelaySeconds: 30,
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5
    },
    securityContext
  }
}
