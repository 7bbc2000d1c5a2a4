/** The StatefulSet of a SeiNode. */
import type { ObjectMeta, Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Fingerprint from "../../shared/Fingerprint.ts"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as Guards from "./Guards.ts"
import { claimName, isDedicated, labels, ownedMeta, proxyConfigName, selector } from "./Identity.ts"
import * as Scheduling from "./Scheduling.ts"
import * as SecretMounts from "./SecretMounts.ts"
import * as SeidContainer from "./SeidContainer.ts"
import * as SidecarContainer from "./SidecarContainer.ts"

/** The annotation that tells what a StatefulSet was generated from. It is on the object alone: pods do not roll for it. */
const TEMPLATE = "portolan.dev/template"

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
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.map(guarded(node, platform), (pod) =>
    stamped({
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
          spec: pod
        }
      }
    })
  )

/**
 * What a StatefulSet was generated from, in 16 hex digits; `undefined` for one that we did not make. It differs from that
 * of a newly generated one when an edit of the node or the platform has not reached it. Replicas do not count.
 */
export const fingerprint = ({ metadata }: Pick<ObjectMeta.Manifest, "metadata">): string | undefined =>
  metadata.annotations?.[TEMPLATE]

const stamped = (manifest: ObjectMeta.Manifest & { readonly spec: object }): ObjectMeta.Manifest => {
  const hash = Fingerprint.of({ ...manifest, spec: { ...manifest.spec, replicas: undefined } })
  return { ...manifest, metadata: { ...manifest.metadata, annotations: { [TEMPLATE]: hash } } }
}

/** The pod, once it is certain that it may exist. */
const guarded = (node: SeiNode, platform: Platform) =>
  Result.gen(function* () {
    yield* Guards.isConfigured(node, platform)
    const pod = podSpec(node, platform)
    yield* Guards.containsKeyring(node, pod)
    yield* Guards.probesSparingly(node, pod)
    return pod
  })

const podSpec = (node: SeiNode, platform: Platform) => ({
  automountServiceAccountToken: true,
  serviceAccountName: platform.scheduling.serviceAccount,
  shareProcessNamespace: true,
  securityContext: { fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" },
  ...Scheduling.generate(node, platform, { alone: isDedicated(node) }),
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
