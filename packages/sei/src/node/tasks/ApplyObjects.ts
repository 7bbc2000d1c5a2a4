/** Tasks that apply a node's objects. Server-side apply is idempotent. */
import { Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ImmutableFields from "../plan/ImmutableFields.ts"
import { type Observation, replicas } from "../plan/Observation.ts"
import { claimName, proxyConfigKey, serviceKey, statefulSetKey } from "../resources/NodeIdentity.ts"
import * as RbacProxyConfig from "../resources/RbacProxyConfig.ts"
import * as Service from "../resources/Service.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import { NodeRef, type ObjectTask } from "./NodeRef.ts"

export const proxyConfig: ObjectTask = Task.local({
  params: NodeRef,
  perform: ({ node, proxyConfig: existing }: Observation) =>
    Owned.ensure({ owner: node.object, key: proxyConfigKey(node), existing }, RbacProxyConfig.generate(node))
})

export const service: ObjectTask = Task.local({
  params: NodeRef,
  perform: ({ node, service: existing }: Observation) =>
    Owned.ensure({ owner: node.object, key: serviceKey(node), existing }, Service.generate(node))
})

export const statefulSet: ObjectTask = Task.local({
  params: NodeRef,
  perform: (observation: Observation) => applyStatefulSet(observation)
})

/**
 * Waits while the spec has another chain, mode or volume than the existing node, and while the claim does not exist.
 */
const applyStatefulSet = Effect.fnUntraced(function* (observation: Observation) {
  const { node, platform, pvc, statefulSet: existing } = observation
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
  return yield* Owned.ensure({ owner: node.object, key: statefulSetKey(node), existing }, manifest, ({ metadata }) =>
    Task.doneWith({ statefulSet: { name: metadata.name, uid: metadata.uid } })
  )
})
