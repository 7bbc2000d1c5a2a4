/** The Job that restores a snapshot and syncs to a height, before the permanent pod exists. */
import { type ObjectMeta, Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode, snapshotSource } from "../kinds/SeiNode.ts"
import { bootstrapJobName, bootstrapLabels, claimName, ownedMetadata, proxyConfigName } from "./NodeIdentity.ts"
import * as PodValidation from "./PodValidation.ts"
import * as Scheduling from "./Scheduling.ts"
import * as SeidContainer from "./SeidContainer.ts"
import * as SidecarContainer from "./SidecarContainer.ts"

/**
 * The Job does not retry, because the data that a failed run leaves behind has to be inspected. Its pod mounts the
 * node's data volume, imported or not, and none of the node's Secrets.
 *
 * Fails with the field when the spec has no snapshot height, and with the configuration key that is missing.
 */
export const generate = (
  node: SeiNode,
  platform: Platform
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.map(validPodSpec(node, platform), (pod) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: ownedMetadata(node, bootstrapJobName(node), bootstrapLabels(node)),
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 3600,
      template: {
        metadata: { labels: bootstrapLabels(node), annotations: { "karpenter.sh/do-not-disrupt": "true" } },
        spec: pod
      }
    }
  }))

const validPodSpec = (node: SeiNode, platform: Platform) =>
  Result.gen(function* () {
    const height = yield* targetHeight(node)
    yield* PodValidation.requireConfiguration(node, platform)
    const pod = podSpec(node, platform, height)
    yield* PodValidation.forbidValidatorSecrets(node, pod)
    yield* PodValidation.forbidUnsafeProbes(node, pod)
    return pod
  })

/** The height at which the bootstrap ends. Admission ensures that it is at least 1. */
const targetHeight = ({ spec }: SeiNode): Result.Result<number, Reconciler.PlanRejected> => {
  const height = snapshotSource(spec)?.s3?.targetHeight
  return height === undefined
    ? Result.fail(
        new Reconciler.PlanRejected({
          field: `spec.${mode(spec)}.snapshot.s3.targetHeight`,
          message: "must be set: the bootstrap ends at this height"
        })
      )
    : Result.succeed(height)
}

/** Hostname and subdomain are those of the permanent pod, so that the sidecar has one address. */
const podSpec = (node: SeiNode, platform: Platform, height: number) => ({
  hostname: `${node.name}-0`,
  subdomain: node.name,
  serviceAccountName: platform.scheduling.serviceAccount,
  shareProcessNamespace: true,
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 120,
  ...Scheduling.generate(node, platform, { dedicated: false }),
  volumes: [
    { name: "data", persistentVolumeClaim: { claimName: claimName(node) } },
    { name: "rbac-proxy-config", configMap: { name: proxyConfigName(node) } }
  ],
  initContainers: [
    SeidContainer.bootstrapInit(node),
    SidecarContainer.bootstrapSidecar(node, platform),
    SidecarContainer.bootstrapRbacProxy(node, platform)
  ],
  containers: [SeidContainer.bootstrap(node, platform, height)]
})
