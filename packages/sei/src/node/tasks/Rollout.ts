/** Bringing a new template to the node's pod. The StatefulSet replaces no pod by itself, so these tasks do. */
import { KubernetesApi, ObjectMeta, type Requeue, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as NodePlans from "../plan/NodePlans.ts"
import {
  at,
  type Observation,
  objects,
  owns,
  podsOf,
  REVISION,
  revisionOf,
  runningImages
} from "../plan/Observation.ts"
import { Pod } from "../resources/Identity.ts"
import { Located } from "./Located.ts"

/**
 * Deletes the pod of an earlier template, and only that one: a pod that the StatefulSet does not own, that is going
 * already, that has no revision or the new one is left alone. Deletes carry the uid that was seen (INV-11). Outside of
 * an update it is done when no such pod is left: what its sidecar is told next would be lost with it.
 *
 * Blind to readiness: a node that is halted for an upgrade is never ready.
 */
export const replacePod = Task.local({ params: Located, perform: (observation: Observation) => replace(observation) })

/** Waits until the pod of the new template has started, and records the images that it runs. */
export const observeImage = Task.local({
  params: Located,
  perform: (observation: Observation) =>
    Effect.sync(() => {
      const rollout = rolloutOf(observation)
      if ("reason" in rollout) return Task.waiting(rollout)
      const { revision, statefulSet } = rollout
      const pod = podsOf(observation, statefulSet).find((each) => isAt(each, revision))
      const replicas = at(statefulSet.spec, "replicas")
      if (replicas === undefined || Number(at(statefulSet.status, "updatedReplicas") ?? 0) < Number(replicas)) {
        return waiting("StatefulSetNotUpdated", "the StatefulSet does not count its pod as updated", pod)
      }
      if (pod === undefined) return waiting("PodNotFound", "the pod of the new template does not exist")
      if (at(pod.status, "phase") !== "Running")
        return waiting("PodNotRunning", `pod ${pod.metadata.name} is not running`, pod)
      const { seid, sidecar } = runningImages(observation)
      return Task.doneWith({ currentImage: seid ?? null, currentSidecarImage: sidecar ?? null })
    })
})

/** The StatefulSet once its controller has taken in the latest template; else what is waited for. */
const rolloutOf = (
  observation: Observation
): Requeue.WaitFor | { readonly statefulSet: ObjectMeta.KubernetesObject; readonly revision: string } => {
  const { statefulSet } = observation
  if (!owns(observation, statefulSet))
    return { reason: "StatefulSetNotFound", message: "the StatefulSet does not exist" }
  const revision = revisionOf(statefulSet)
  return revision === undefined
    ? { reason: "StatefulSetNotObserved", message: "the StatefulSet controller has not observed the template" }
    : { statefulSet, revision }
}

const isAt = ({ metadata }: ObjectMeta.KubernetesObject, revision: string): boolean =>
  metadata.deletionTimestamp === undefined && metadata.labels?.[REVISION] === revision

const isOld = ({ metadata }: ObjectMeta.KubernetesObject, revision: string): boolean => {
  const own = metadata.labels?.[REVISION]
  return own !== undefined && own !== revision
}

/** A wait for a pod. Its detail is `seid: ErrImagePull` when the kubelet reports why a container does not start. */
const waiting = (reason: string, message: string, pod?: ObjectMeta.KubernetesObject): Task.Progress => {
  const statuses = [
    ...objects(at(pod?.status, "initContainerStatuses")),
    ...objects(at(pod?.status, "containerStatuses"))
  ]
  const stuck = statuses.find((status) => typeof at(status, "state", "waiting", "reason") === "string")
  return stuck === undefined
    ? Task.waiting({ reason, message })
    : Task.waiting({
        reason,
        message,
        detail: `${String(stuck.name)}: ${String(at(stuck, "state", "waiting", "reason"))}`
      })
}

const replace = Effect.fnUntraced(function* (observation: Observation) {
  const rollout = rolloutOf(observation)
  if ("reason" in rollout) return Task.waiting(rollout)
  const { revision, statefulSet } = rollout
  const spec = statefulSet.spec
  const selector = at(spec, "selector", "matchLabels")
  if (!ObjectMeta.isJsonObject(selector) || Object.keys(selector).length === 0) {
    return yield* new Task.TaskImpossible({
      reason: "InvalidStatefulSet",
      message: "replace-pod: the StatefulSet selects no pods"
    })
  }
  if (Number(at(spec, "replicas") ?? 1) > 1) {
    return yield* new Task.TaskImpossible({
      reason: "InvalidStatefulSet",
      message: "replace-pod: a multi-replica StatefulSet is not one node"
    })
  }
  const api = yield* KubernetesApi.KubernetesApi
  const old = podsOf(observation, statefulSet).filter((pod) => isOld(pod, revision))
  const staying = old.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  yield* Effect.forEach(staying, (pod) => api.delete(ObjectMeta.keyOf(Pod, pod), { uid: pod.metadata.uid }), {
    discard: true
  }).pipe(Effect.mapError(Task.fromKubernetes))
  return old.length === 0 || isWatchedNext(observation)
    ? Task.done
    : waiting("PodTerminating", "the pod of the previous template is being deleted")
})

/** An update waits for the new pod next, and needs no write to say that the old one is gone. */
const isWatchedNext = ({ node: { status } }: Observation): boolean =>
  status.plan !== undefined && NodePlans.isUpdate(status.plan)
