/** Tasks that roll out a new pod template. The StatefulSet's update strategy is `OnDelete`, so they delete the pod. */
import { KubernetesApi, ObjectMeta, type Requeue, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { Pod, REVISION_LABEL } from "../../shared/Identity.ts"
import { at, objects } from "../../shared/Unstructured.ts"
import { type Observation, owns, podsOf, revisionOf, runningImages } from "../plan/Observation.ts"
import * as PlanVariant from "../plan/PlanVariant.ts"
import { NodeRef } from "./NodeRef.ts"

type Stored = ObjectMeta.KubernetesObject

/**
 * Deletes the pod of a previous revision. A pod that the StatefulSet does not own, that is already being deleted, or
 * that has the current revision or none, is left alone. The delete carries the observed uid (INV-11). Readiness does
 * not count: a node that is halted for an upgrade is never ready.
 *
 * In an init plan the task waits until the old pod is gone, because its sidecar would lose the tasks that follow. In
 * an update plan `observe-image` waits for the new pod anyway.
 */
export const replacePod = Task.local({ params: NodeRef, perform: (observation: Observation) => replace(observation) })

/** Waits until the pod of the current revision is running, and records its images in status. */
export const observeImage = Task.local({
  params: NodeRef,
  perform: (observation: Observation) => Effect.sync(() => imageProgress(observation))
})

const imageProgress = (observation: Observation): Task.Progress => {
  const rollout = rolloutOf(observation)
  if ("reason" in rollout) return Task.waiting(rollout)
  const { revision, statefulSet } = rollout
  const pod = podsOf(observation, statefulSet).find((candidate) => isCurrent(candidate, revision))
  const replicas = at(statefulSet.spec, "replicas")
  if (replicas === undefined || Number(at(statefulSet.status, "updatedReplicas") ?? 0) < Number(replicas)) {
    return waitingForPod("StatefulSetNotUpdated", "the StatefulSet does not count its pod as updated", pod)
  }
  if (pod === undefined) return waitingForPod("PodNotFound", "the pod of the new template does not exist")
  if (at(pod.status, "phase") !== "Running") {
    return waitingForPod("PodNotRunning", `pod ${pod.metadata.name} is not running`, pod)
  }
  const { seid, sidecar } = runningImages(observation)
  return Task.doneWith({ currentImage: seid ?? null, currentSidecarImage: sidecar ?? null })
}

/**
 * The StatefulSet and its current revision, once its controller has observed the template; until then the wait for
 * that.
 */
const rolloutOf = (
  observation: Observation
): Requeue.WaitFor | { readonly statefulSet: Stored; readonly revision: string } => {
  const { statefulSet } = observation
  if (!owns(observation, statefulSet))
    return { reason: "StatefulSetNotFound", message: "the StatefulSet does not exist" }
  const revision = revisionOf(statefulSet)
  return revision === undefined
    ? { reason: "StatefulSetNotObserved", message: "the StatefulSet controller has not observed the template" }
    : { statefulSet, revision }
}

const isCurrent = ({ metadata }: Stored, revision: string): boolean =>
  metadata.deletionTimestamp === undefined && metadata.labels?.[REVISION_LABEL] === revision

const isOutdated = ({ metadata }: Stored, current: string): boolean => {
  const revision = metadata.labels?.[REVISION_LABEL]
  return revision !== undefined && revision !== current
}

/** A wait for a pod. Its detail is `seid: ErrImagePull` when the kubelet reports why a container does not start. */
const waitingForPod = (reason: string, message: string, pod?: Stored): Task.Progress => {
  const statuses = [
    ...objects(at(pod?.status, "initContainerStatuses")),
    ...objects(at(pod?.status, "containerStatuses"))
  ]
  const waiting = statuses.find((status) => typeof at(status, "state", "waiting", "reason") === "string")
  const detail =
    waiting === undefined
      ? {}
      : { detail: `${String(waiting.name)}: ${String(at(waiting, "state", "waiting", "reason"))}` }
  return Task.waiting({ reason, message, ...detail })
}

const replace = Effect.fnUntraced(function* (observation: Observation) {
  const rollout = rolloutOf(observation)
  if ("reason" in rollout) return Task.waiting(rollout)
  const { revision, statefulSet } = rollout
  const selector = at(statefulSet.spec, "selector", "matchLabels")
  if (!ObjectMeta.isJsonObject(selector) || Object.keys(selector).length === 0) {
    return yield* invalidStatefulSet("replace-pod: the StatefulSet selects no pods")
  }
  if (Number(at(statefulSet.spec, "replicas") ?? 1) > 1) {
    return yield* invalidStatefulSet("replace-pod: a multi-replica StatefulSet is not one node")
  }
  const api = yield* KubernetesApi.KubernetesApi
  const outdated = podsOf(observation, statefulSet).filter((pod) => isOutdated(pod, revision))
  const toDelete = outdated.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  yield* Effect.forEach(toDelete, (pod) => api.delete(ObjectMeta.keyOf(Pod, pod), { uid: pod.metadata.uid }), {
    discard: true
  }).pipe(Effect.mapError(Task.fromKubernetes))
  const { plan } = observation.node.status
  const isUpdate = plan !== undefined && PlanVariant.isUpdate(plan)
  return outdated.length === 0 || isUpdate
    ? Task.done
    : waitingForPod("PodTerminating", "the pod of the previous template is being deleted")
})

const invalidStatefulSet = (message: string) => new Task.TaskImpossible({ reason: "InvalidStatefulSet", message })
