/** Server-side applies of a node's objects: harmless when repeated. */
import { type KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Fixed from "../plan/ImmutableFields.ts"
import { type Observation, replicas } from "../plan/Observation.ts"
import { claimName, proxyConfigKey, serviceKey, statefulSetKey } from "../resources/Identity.ts"
import * as RbacProxyConfig from "../resources/RbacProxyConfig.ts"
import * as Service from "../resources/Service.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import { Located } from "./Located.ts"
import * as Objects from "./Objects.ts"

type Applies = Task.LocalTask<Observation, KubernetesApi.KubernetesApi>

/** Whom the proxy lets through to the sidecar. */
export const proxyConfig: Applies = Task.local({
  params: Located,
  perform: (observation: Observation) => {
    const key = proxyConfigKey(observation.node)
    const applied = Effect.as(Objects.apply(key, RbacProxyConfig.generate(observation.node)), Task.done)
    return Objects.ifOwned(observation, key, observation.proxyConfig, applied)
  }
})

/** The name of the node's pod. */
export const service: Applies = Task.local({
  params: Located,
  perform: (observation: Observation) => {
    const key = serviceKey(observation.node)
    return Objects.ifOwned(
      observation,
      key,
      observation.service,
      Effect.as(Objects.apply(key, Service.generate(observation.node)), Task.done)
    )
  }
})

/** The node's StatefulSet, at no replicas while a pause is stored. */
export const statefulSet: Applies = Task.local({
  params: Located,
  perform: (observation: Observation) =>
    Objects.ifOwned(
      observation,
      statefulSetKey(observation.node),
      observation.statefulSet,
      applyStatefulSet(observation)
    )
})

/** Never for another chain, mode or volume than the one that exists: that waits until the edit is undone. */
const applyStatefulSet = Effect.fnUntraced(function* (observation: Observation) {
  const { node, platform } = observation
  const fixed = Fixed.check(observation)
  if (Result.isFailure(fixed))
    return Task.waiting({
      reason: "ImmutableFieldChanged",
      message: `${fixed.failure.field} must be restored`,
      detail: fixed.failure.message
    })
  if (observation.pvc === undefined && replicas(observation) > 0)
    return Task.waiting({ reason: "ClaimNotFound", message: `PersistentVolumeClaim ${claimName(node)} does not exist` })
  const manifest = yield* Effect.fromResult(
    StatefulSet.generate(node, platform, { replicas: replicas(observation) })
  ).pipe(
    Effect.mapError(
      ({ field, message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message: `${field}: ${message}` })
    )
  )
  const { metadata } = yield* Objects.apply(statefulSetKey(node), manifest)
  return Task.doneWith({ statefulSet: { name: metadata.name, uid: metadata.uid } })
})
