/** The Job that brings a new node's data to a height, before its permanent pod exists. */
import { type ObjectMeta, Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode, snapshotSource } from "../kinds/SeiNode.ts"
import * as Guards from "./Guards.ts"
import { bootstrapJobName, bootstrapLabels, claimName, ownedMeta, proxyConfigName } from "./Identity.ts"
import * as Scheduling from "./Scheduling.ts"
import * as SeidContainer from "./SeidContainer.ts"
import * as SidecarContainer from "./SidecarContainer.ts"

/**
 * Runs once: data that a failed run left behind needs a person. It holds none of the node's secrets, and its claim is the
 * node's own, imported or not.
 *
 * Fails with the field when the node restores from no snapshot of a height, or with the configuration key that is missing.
 */
export const generate = (
  node: SeiNode,
  platform: Platform
): Result.Result<ObjectMeta.Manifest, Reconciler.PlanRejected> =>
  Result.map(guarded(node, platform), (pod) => ({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: ownedMeta(node, bootstrapJobName(node), bootstrapLabels(node)),
    spec: {
      backoffLimit: 0,
      ttlSecondsAfterFinished: 3600,
      template: {
        metadata: { labels: bootstrapLabels(node), annotations: { "karpenter.sh/do-not-disrupt": "true" } },
        spec: pod
      }
    }
  }))

/** The pod, once it is certain that it may exist. */
const guarded = (node: SeiNode, platform: Platform) =>
  Result.gen(function* () {
    const height = yield* targetHeight(node)
    yield* Guards.isConfigured(node, platform)
    const pod = podSpec(node, platform, height)
    yield* Guards.holdsNoSecret(node, pod)
    yield* Guards.probesSparingly(node, pod)
    return pod
  })

/** The height at which the bootstrap ends. A source that has one has one of at least 1; admission sees to it. */
const targetHeight = ({ spec }: SeiNode): Result.Result<number, Reconciler.PlanRejected> => {
  const height = snapshotSource(spec)?.s3?.targetHeight
  return height === undefined
    ? Result.fail(
        new Reconciler.PlanRejected({
          field: `spec.${mode(spec)}.snapshot.s3.targetHeight`,
          message: "is needed: a bootstrap ends at this height"
        })
      )
    : Result.succeed(height)
}

/** Found under the name that the permanent pod will have. */
const podSpec = (node: SeiNode, platform: Platform, height: number) => ({
  hostname: `${node.name}-0`,
  subdomain: node.name,
  serviceAccountName: platform.scheduling.serviceAccount,
  shareProcessNamespace: true,
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 120,
  ...Scheduling.generate(node, platform, { alone: false }),
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
