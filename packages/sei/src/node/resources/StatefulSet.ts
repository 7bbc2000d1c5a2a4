/** The StatefulSet of a SeiNode. */
import type { ObjectMeta, Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import * as Fingerprint from "../../shared/Fingerprint.ts"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import { claimName, isDedicated, labels, ownedMetadata, proxyConfigName, selector } from "./NodeIdentity.ts"
import * as PodValidation from "./PodValidation.ts"
import * as Scheduling from "./Scheduling.ts"
import * as SecretMounts from "./SecretMounts.ts"
import * as SeidContainer from "./SeidContainer.ts"
import * as SidecarContainer from "./SidecarContainer.ts"

/**
 * Annotation with the fingerprint. It is on the StatefulSet and not on the pod template, so it creates no new
 * revision.
 */
const FINGERPRINT_ANNOTATION = "portolan.dev/template"

/**
 * `OnDelete` is deliberate: the task `replace-pod` replaces the pod. A node that is halted at an upgrade height never
 * becomes ready, so a rolling update would wait forever. Fails with the configuration key that is missing.
 */
export const generate = (
  node: SeiNode,
  platform: Platform,
  options: { readonly replicas: 0 | 1 }
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.map(validPodSpec(node, platform), (pod) =>
    withFingerprint({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: ownedMetadata(node, node.name),
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
 * The fingerprint of the manifest that a StatefulSet was applied from; `undefined` when another controller applied
 * it. It differs from a newly generated manifest's when an edit of the SeiNode or the platform has not been applied
 * yet. Replicas do not count.
 */
export const fingerprint = ({ metadata }: Pick<ObjectMeta.Manifest, "metadata">): string | undefined =>
  metadata.annotations?.[FINGERPRINT_ANNOTATION]

const withFingerprint = (manifest: ObjectMeta.Manifest & { readonly spec: object }): ObjectMeta.Manifest => {
  const hash = Fingerprint.of({ ...manifest, spec: { ...manifest.spec, replicas: undefined } })
  return { ...manifest, metadata: { ...manifest.metadata, annotations: { [FINGERPRINT_ANNOTATION]: hash } } }
}

const validPodSpec = (node: SeiNode, platform: Platform) =>
  Result.gen(function* () {
    yield* PodValidation.requireConfiguration(node, platform)
    const pod = podSpec(node, platform)
    yield* PodValidation.confineKeyring(node, pod)
    yield* PodValidation.forbidUnsafeProbes(node, pod)
    return pod
  })

const podSpec = (node: SeiNode, platform: Platform) => ({
  automountServiceAccountToken: true,
  serviceAccountName: platform.scheduling.serviceAccount,
  shareProcessNamespace: true,
  securityContext: { fsGroup: 65532, fsGroupChangePolicy: "OnRootMismatch" },
  ...Scheduling.generate(node, platform, { dedicated: isDedicated(node) }),
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
