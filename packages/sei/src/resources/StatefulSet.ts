/** The StatefulSet of a SeiNode. */
import { type ObjectMeta, Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as Footprint from "./Footprint.ts"
import { claimName, labels, ownedMeta, proxyConfigName, selector } from "./Identity.ts"
import type { Platform } from "./Platform.ts"
import * as Scheduling from "./Scheduling.ts"
import * as SecretMounts from "./SecretMounts.ts"
import * as SeidContainer from "./SeidContainer.ts"
import * as SidecarContainer from "./SidecarContainer.ts"

/**
 * One replica of the node, or none while it is paused.
 *
 * `OnDelete` is deliberate: pods are replaced by the `replace-pod` task, because a node halted at an upgrade height
 * is never ready and a rolling update would wait for ever. Fails with the configuration key that is missing.
 */
export const generate = (
  node: SeiNode,
  platform: Platform,
  options: { readonly replicas: 0 | 1 }
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRefused> =>
  Result.map(complete(node, platform), () => ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: ownedMeta(node, node.name),
    spec: {
      replicas: options.replicas,
      serviceName: node.name,
      selector: { matchLabels: selector(node) },
      updateStrategy: { type: "OnDelete" },
      template: {
        metadata: { labels: labels(node), annotations: { "karpenter.sh/do-not-disrupt": "true" } },
        spec: podSpec(node, platform)
      }
    }
  }))

const podSpec = (node: SeiNode, platform: Platform) => ({
  automountServiceAccountToken: true,
  serviceAccountName: platform.scheduling.serviceAccount,
  shareProcessNamespace: true,
  securityContext: { fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" },
  ...Scheduling.generate(node, platform),
  volumes: [
    { name: "data", persistentVolumeClaim: { claimName: claimName(node) } },
    { name: "sidecar-tmp", emptyDir: {} },
    { name: "home", emptyDir: {} },
    { name: "rbac-proxy-config", configMap: { name: proxyConfigName(node) } },
    ...SecretMounts.volumes(node)
  ],
  initContainers: [
    SeidContainer.init(node),
    SidecarContainer.sidecar(node, platform),
    SidecarContainer.rbacProxy(node, platform)
  ],
  containers: [
    SeidContainer.generate(node, platform),
    ...(mode(node.spec) === "seed" ? [] : [SidecarContainer.exporter(platform)])
  ]
})

/** Everything the pod needs is configured. */
const complete = (node: SeiNode, platform: Platform): Result.Result<void, Reconciler.PlanRefused> => {
  const needed: ReadonlyArray<readonly [string, string]> = [
    [Footprint.poolKey(node), Footprint.pool(node, platform)],
    ["images.kubeRBACProxy", platform.images.kubeRBACProxy],
    ...(mode(node.spec) === "seed" ? [] : [["images.cosmosExporter", platform.images.cosmosExporter] as const])
  ]
  const missing = needed.find(([, value]) => value === "")
  return missing === undefined
    ? Result.void
    : Result.fail(
        new Reconciler.PlanRefused({ field: missing[0], message: "is not set in the platform's configuration" })
      )
}
