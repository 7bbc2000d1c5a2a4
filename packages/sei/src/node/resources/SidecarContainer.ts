/** The containers beside seid: `sei-sidecar`, `kube-rbac-proxy` and `cosmos-exporter`. */
import { API_PORT } from "../../shared/Identity.ts"
import type { Platform } from "../../shared/Platform.ts"
import { type SeiNode, sidecarPort } from "../kinds/SeiNode.ts"
import { DATA, EXPORTER_PORT, HOME, sidecarImage } from "./NodeIdentity.ts"
import * as Scripts from "./Scripts.ts"
import * as SecretMounts from "./SecretMounts.ts"
import { dataMount, homeMount, securityContext as seidContext } from "./SeidContainer.ts"

const securityContext = { ...seidContext, readOnlyRootFilesystem: true }

const environment = (node: SeiNode, platform: Platform) => [
  { name: "SEI_CHAIN_ID", value: node.spec.chainId },
  { name: "SEI_SIDECAR_PORT", value: String(sidecarPort(node.spec)) },
  { name: "SEI_HOME", value: DATA },
  { name: "HOME", value: HOME },
  { name: "SEI_GENESIS_BUCKET", value: platform.genesis.bucket },
  { name: "SEI_GENESIS_REGION", value: platform.genesis.region },
  { name: "SEI_SNAPSHOT_BUCKET", value: platform.snapshot.bucket },
  { name: "SEI_SNAPSHOT_REGION", value: platform.snapshot.region },
  { name: "SEI_SIDECAR_AUTHN_MODE", value: "trusted-header" }
]

/** What the sidecars of both pods have in common. */
const commonSidecar = (node: SeiNode, platform: Platform) => ({
  name: "sei-sidecar",
  image: sidecarImage(node, platform),
  restartPolicy: "Always",
  command: ["seictl", "serve"],
  ...(node.spec.sidecar?.resources === undefined ? {} : { resources: node.spec.sidecar.resources })
})

export const sidecar = (node: SeiNode, platform: Platform) => ({
  ...commonSidecar(node, platform),
  env: [...environment(node, platform), ...SecretMounts.keyringEnv(node)],
  volumeMounts: [homeMount, dataMount, { name: "sidecar-tmp", mountPath: "/tmp" }, ...SecretMounts.sidecarMounts(node)],
  ports: [{ name: "sidecar", containerPort: sidecarPort(node.spec), protocol: "TCP" }],
  securityContext
})

/** The sidecar of the bootstrap pod mounts the data volume and nothing else: no home directory, no Secret. */
export const bootstrapSidecar = (node: SeiNode, platform: Platform) => ({
  ...commonSidecar(node, platform),
  env: environment(node, platform).filter(({ name }) => name !== "HOME"),
  volumeMounts: [dataMount]
})

/** What the proxies of both pods have in common. */
const commonRbacProxy = (node: SeiNode, platform: Platform, ...options: ReadonlyArray<string>) => ({
  name: "kube-rbac-proxy",
  image: platform.images.kubeRBACProxy,
  restartPolicy: "Always",
  args: [
    `--insecure-listen-address=0.0.0.0:${API_PORT}`,
    `--upstream=http://127.0.0.1:${sidecarPort(node.spec)}/`,
    "--config-file=/etc/kube-rbac-proxy/config.yaml",
    ...options,
    "--auth-header-fields-enabled=true",
    "--v=0"
  ],
  volumeMounts: [{ name: "rbac-proxy-config", mountPath: "/etc/kube-rbac-proxy", readOnly: true }],
  ports: [{ name: "api", containerPort: API_PORT, protocol: "TCP" }]
})

/** Probes of the kubelet and metrics scrapes bypass authorization. */
export const rbacProxy = (node: SeiNode, platform: Platform) => ({
  ...commonRbacProxy(node, platform, "--ignore-paths=/v0/healthz,/v0/startupz,/v0/livez,/v0/metrics"),
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

/** The bootstrap pod has no probes, so every path requires authorization. */
export const bootstrapRbacProxy = (node: SeiNode, platform: Platform) => commonRbacProxy(node, platform)

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
