/** Server-side applies of a node's objects: harmless when repeated. */
import { type KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Fixed from "../plan/Fixed.ts"
import { replicas, type Seen } from "../plan/Seen.ts"
import { claimName, proxyConfigKey, serviceKey, statefulSetKey } from "../resources/Identity.ts"
import * as RbacProxyConfig from "../resources/RbacProxyConfig.ts"
import * as Service from "../resources/Service.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import { Located } from "./Located.ts"
import * as Objects from "./Objects.ts"

type Applies = Task.LocalTask<Seen, KubernetesApi.KubernetesApi>

/** Whom the proxy lets through to the sidecar. */
export const proxyConfig: Applies = Task.local({
  params: Located,
  perform: (seen: Seen) => {
    const key = proxyConfigKey(seen.node)
    const applied = Effect.as(Objects.apply(key, RbacProxyConfig.generate(seen.node)), Task.done)
    return Objects.whenOurs(seen, key, seen.proxyConfig, applied)
  }
})

/** The name of the node's pod. */
export const service: Applies = Task.local({
  params: Located,
  perform: (seen: Seen) => {
    const key = serviceKey(seen.node)
    return Objects.whenOurs(
      seen,
      key,
      seen.service,
      Effect.as(Objects.apply(key, Service.generate(seen.node)), Task.done)
    )
  }
})

/** The node's StatefulSet, at no replicas while a pause is stored. */
export const statefulSet: Applies = Task.local({
  params: Located,
  perform: (seen: Seen) => Objects.whenOurs(seen, statefulSetKey(seen.node), seen.statefulSet, applyStatefulSet(seen))
})

/** Never for another chain, mode or volume than the one that exists: that waits until the edit is undone. */
const applyStatefulSet = Effect.fnUntraced(function* (seen: Seen) {
  const { node, platform } = seen
  const fixed = Fixed.check(seen)
  if (Result.isFailure(fixed)) return Task.waiting(`${fixed.failure.field} to be as it was`, fixed.failure.message)
  if (seen.claim === undefined && replicas(seen) > 0) return Task.waiting(`claim ${claimName(node)} to be there`)
  const manifest = yield* Effect.fromResult(StatefulSet.generate(node, platform, { replicas: replicas(seen) })).pipe(
    Effect.mapError(({ field, message }) => new Task.TaskImpossible({ message: `${field}: ${message}` }))
  )
  const { metadata } = yield* Objects.apply(statefulSetKey(node), manifest)
  return Task.doneWith({ statefulSet: { name: metadata.name, uid: metadata.uid } })
})
