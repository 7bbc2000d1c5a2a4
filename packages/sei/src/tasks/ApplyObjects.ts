/** Server-side applies of a node's objects: harmless when repeated, and forced, because what they say is ours to say. */
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { owns, replicas, type Seen } from "../plan/Seen.ts"
import { proxyConfigKey, serviceKey, statefulSetKey } from "../resources/Identity.ts"
import * as RbacProxyConfig from "../resources/RbacProxyConfig.ts"
import * as Service from "../resources/Service.ts"
import * as StatefulSet from "../resources/StatefulSet.ts"
import { Located } from "./Located.ts"

/** Whom the proxy lets through to the sidecar. */
export const proxyConfig = Task.local({
  params: Located,
  perform: ({ node }: Seen) => Effect.as(apply(proxyConfigKey(node), RbacProxyConfig.generate(node)), Task.done)
})

/** The name of the node's pod. */
export const service = Task.local({
  params: Located,
  perform: ({ node }: Seen) => Effect.as(apply(serviceKey(node), Service.generate(node)), Task.done)
})

/**
 * The node's StatefulSet, at no replicas while a pause is stored.
 *
 * One that a former node of the same name left behind goes first, and only that one: the delete carries its uid and
 * version (INV-11). One that belongs to somebody else makes the task impossible.
 */
export const statefulSet = Task.local({ params: Located, perform: (seen: Seen) => applyStatefulSet(seen) })

const apply = (key: ObjectMeta.ObjectKey, manifest: ObjectMeta.Manifest) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    return yield* api.apply(key, manifest)
  }).pipe(Effect.mapError(Task.fromKubernetes))

const evict = Effect.fnUntraced(function* ({ node }: Seen, existing: ObjectMeta.KubernetesObject) {
  const { name, resourceVersion, uid } = existing.metadata
  const owner = ObjectMeta.controllerOf(existing)
  if (owner?.kind !== node.object.kind || owner.name !== node.name) {
    return yield* new Task.TaskImpossible({
      message: `StatefulSet ${name} already exists and is not owned by this node`
    })
  }
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.delete(statefulSetKey(node), { uid, resourceVersion }).pipe(Effect.mapError(Task.fromKubernetes))
  return Task.waiting(`StatefulSet ${name} of a former node of this name to go`)
})

const applyStatefulSet = Effect.fnUntraced(function* (seen: Seen) {
  const { node, platform, statefulSet: existing } = seen
  if (existing !== undefined && !owns(seen, existing)) return yield* evict(seen, existing)
  const manifest = yield* Effect.fromResult(StatefulSet.generate(node, platform, { replicas: replicas(seen) })).pipe(
    Effect.mapError(({ field, message }) => new Task.TaskImpossible({ message: `${field}: ${message}` }))
  )
  const { metadata } = yield* apply(statefulSetKey(node), manifest)
  return Task.doneWith({ statefulSet: { name: metadata.name, uid: metadata.uid } })
})
