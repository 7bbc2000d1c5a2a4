/** Tasks that apply a node's objects. Server-side apply is idempotent. */
import { type KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as OwnedObjects from "../../shared/OwnedObjects.ts"
import * as ImmutableFields from "../plan/ImmutableFields.ts"
import { type Observation, replicas } from "../plan/Observation.ts"
import { claimName, proxyConfigKey, serviceKey, statefulSetKey } from "../resources/NodeIdentity.ts"
import * as RbacProxyConfig from "../resources/RbacProxyConfig.ts"
import * as Service from "../resources/Service.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import { NodeRef } from "./NodeRef.ts"

type ApplyTask = Task.LocalTask<Observation, KubernetesApi.KubernetesApi>

export const proxyConfig: ApplyTask = Task.local({
  params: NodeRef,
  perform: ({ node, proxyConfig }: Observation) =>
    OwnedObjects.applyOwned(node.object, proxyConfigKey(node), proxyConfig, RbacProxyConfig.generate(node))
})

export const service: ApplyTask = Task.local({
  params: NodeRef,
  perform: ({ node, service }: Observation) =>
    OwnedObjects.applyOwned(node.object, serviceKey(node), service, Service.generate(node))
})

export const statefulSet: ApplyTask = Task.local({
  params: NodeRef,
  perform: (observation: Observation) => {
    const { node, statefulSet } = observation
    return OwnedObjects.ifOwned(node.object, statefulSetKey(node), statefulSet, applyStatefulSet(observation))
  }
})

/**
 * Waits while the spec has another chain, mode or volume than the existing node, and while the claim does not exist.
 */
const applyStatefulSet = Effect.fnUntraced(function* (observation: Observation) {
  const { node, platform, pvc } = observation
  const immutable = ImmutableFields.check(observation)
  if (Result.isFailure(immutable)) {
    const { field, message } = immutable.failure
    return Task.waiting({ reason: "ImmutableFieldChanged", message: `${field} must be reverted`, detail: message })
  }
  if (pvc === undefined && replicas(observation) > 0) {
    return Task.waiting({ reason: "ClaimNotFound", message: `PersistentVolumeClaim ${claimName(node)} does not exist` })
  }
  const manifest = yield* Effect.fromResult(
    StatefulSet.generate(node, platform, { replicas: replicas(observation) })
  ).pipe(
    Effect.mapError(
      ({ field, message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message: `${field}: ${message}` })
    )
  )
  const { metadata } = yield* OwnedObjects.apply(statefulSetKey(node), manifest)
  return Task.doneWith({ statefulSet: { name: metadata.name, uid: metadata.uid } })
})
