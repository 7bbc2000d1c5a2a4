/** What stands beside seid: the sidecar that configures it, the proxy that guards the sidecar, the exporter. */
import type { SeiNode } from "../kinds/SeiNode.ts"
import { API_PORT, DATA, EXPORTER_PORT, HOME, sidecarImage, sidecarPort } from "./Identity.ts"
import type { Platform } from "./Platform.ts"
import * as Scripts from "./Scripts.ts"
import * as SecretMounts from "./SecretMounts.ts"
import { dataMount, homeMount, securityContext as seidContext } from "./SeidContainer.ts"

const securityContext = { ...seidContext, readOnlyRootFilesystem: true }

export const sidecar = (node: SeiNode, platform: Platform) => ({
  name: "sei-sidecar",
  image: sidecarImage(node, platform),
  restartPolicy: "Always",
  command: ["seictl", "serve"],
  env: [
    { name: "SEI_CHAIN_ID", value: node.spec.chainId },
    { name: "SEI_SIDECAR_PORT", value: String(sidecarPort(node.spec)) },
    { name: "SEI_HOME", value: DATA },
    { name: "HOME", value: HOME },
    { name: "SEI_GENESIS_BUCKET", value: platform.genesis.bucket },
    { name: "SEI_GENESIS_REGION", value: platform.genesis.region },
    { name: "SEI_SNAPSHOT_BUCKET", value: platform.snapshot.bucket },
    { name: "SEI_SNAPSHOT_REGION", value: platform.snapshot.region },
    { name: "SEI_SIDECAR_AUTHN_MODE", value: "trusted-header" },
    ...SecretMounts.keyringEnv(node)
  ],
  volumeMounts: [homeMount, dataMount, { name: "sidecar-tmp", mountPath: "/tmp" }, ...SecretMounts.onSidecar(node)],
  ports: [{ name: "sidecar", containerPort: sidecarPort(node.spec), protocol: "TCP" }],
  ...(node.spec.sidecar?.resources === undefined ? {} : { resources: node.spec.sidecar.resources }),
  securityContext
})

export const rbacProxy = (node: SeiNode, platform: Platform) => ({
  name: "kube-rbac-proxy",
  image: platform.images.kubeRBACProxy,
  restartPolicy: "Always",
  args: [
    `--insecure-listen-address=0.0.0.0:${API_PORT}`,
    `--upstream=http://127.0.0.1:${sidecarPort(node.spec)}/`,
    "--config-file=/etc/kube-rbac-proxy/config.yaml",
    "--ignore-paths=/v0/healthz,/v0/startupz,/v0/livez,/v0/metrics",
    "--auth-header-fields-enabled=true",
    "--v=0"
  ],
  volumeMounts: [{ name: "rbac-proxy-config", mountPath: "/etc/kube-rbac-proxy", readOnly: true }],
  ports: [{ name: "api", containerPort: API_PORT, protocol: "TCP" }],
  startupProbe: { tcpSocket: { port: API_PORT }, initialDelaySeconds: 5, periodSeconds: 5, failureThreshold: 60 },
  readinessProbe: {
    httpGet: { path: "/v0/healthz", port: API_PORT },
    initialDelaySeconds: 2,
    periodSeconds: 5,
    failureThreshold: 6
  },
  livenessProbe: {
    httpGet: { path: "/v0/livez", port: API_PORT },
    initialDelaySeconds: 5,
    periodSeconds: 10,
    failureThreshold: 3
  },
  securityContext
})

export const exporter = (platform: Platform) => ({
  name: "cosmos-exporter",
  image: platform.images.cosmosExporter,
  command: ["/bin/bash", "-c"],
  args: [Scripts.waitForSeid],
  volumeMounts: [{ name: "sidecar-tmp", mountPath: "/tmp" }],
  ports: [{ name: "cosmos-metrics", containerPort: EXPORTER_PORT, protocol: "TCP" }],
  resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "384Mi" } },
  readinessProbe: { tcpSocket: { port: EXPORTER_PORT }, periodSeconds: 10, failureThreshold: 6 },
  livenessProbe: {
    tcpSocket: { port: EXPORTER_PORT },
    initialDelaySeconds: 600,
    periodSeconds: 10,
    failureThreshold: 3
  },
  securityContext
})
