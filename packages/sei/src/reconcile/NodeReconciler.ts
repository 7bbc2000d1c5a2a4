/** What a SeiNode brings to a turn. */
import { KubernetesApi, ObjectCache, ObjectMeta, Reconciler, Task, type TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Decide from "../plan/Decide.ts"
import * as NodePlans from "../plan/NodePlans.ts"
import { at, isPauseStored, owns, replicas, type Seen } from "../plan/Seen.ts"
import { PersistentVolumeClaim } from "../resources/Identity.ts"
import type { Platform } from "../resources/Platform.ts"
import { registry } from "../tasks/NodeTasks.ts"
import { announce } from "./Announce.ts"
import { observe } from "./Observe.ts"
import { present } from "./Present.ts"

/** What looking at a node takes. */
type Looks = ObjectCache.ObjectCache | TaskAgent.TaskAgent

/** The reconciler of SeiNodes on a platform. */
export const make = (platform: Platform): Reconciler.Reconciler<Seen, Looks, Looks | KubernetesApi.KubernetesApi> =>
  Reconciler.make({
    kind: SeiNode.resource,
    finalizer: SeiNode.FINALIZER,
    observe: observe(platform),
    posture,
    decide: Decide.decide,
    supersede: Decide.supersede,
    present,
    announce,
    release,
    tasks: registry
  })

/**
 * A pause stands above plans: it is recorded first, then the StatefulSet follows, and back in the same order. The spec's
 * wish alone only holds plans; nothing is scaled before the wish is stored.
 */
const posture = (seen: Seen): Reconciler.Posture => {
  const isWanted = seen.node.spec.paused === true
  const isStored = isPauseStored(seen)
  const isBehind = owns(seen, seen.statefulSet) && Number(at(seen.statefulSet.spec, "replicas") ?? 1) !== replicas(seen)
  return {
    held: isWanted || isStored,
    correct: isWanted === isStored && isBehind ? Option.some(NodePlans.applyStatefulSet(seen.node)) : Option.none()
  }
}

/**
 * Gives back the node's data: the claim that it owns, and no other. Imported claims and every Secret stay; all else
 * goes with the node through owner references.
 */
const release = Effect.fnUntraced(function* (object: ObjectMeta.KubernetesObject) {
  const cache = yield* ObjectCache.ObjectCache
  const { name, namespace = "" } = object.metadata
  const key = ObjectMeta.key(PersistentVolumeClaim, namespace, `data-${name}`)
  const claim = yield* cache.get(key)
  if (Option.isNone(claim) || !ObjectMeta.controls(object, claim.value)) return Task.done
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.delete(key, { uid: claim.value.metadata.uid }).pipe(Effect.mapError(Task.fromKubernetes))
  return Task.done
})
