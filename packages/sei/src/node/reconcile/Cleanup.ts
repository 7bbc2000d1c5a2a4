/**
 * What a node gives back before it goes. Its pods first, so that nobody writes to a disk that is being deleted, and no key is
 * used by a node that is no more; then its claim, and no other. Imported claims and every Secret stay; all else goes with
 * the node through owner references.
 */
import { KubernetesApi, ObjectCache, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { at } from "../plan/Observation.ts"
import { Job, NODE_LABEL, PersistentVolumeClaim, Pod, StatefulSet } from "../resources/Identity.ts"

type Stored = ObjectMeta.KubernetesObject

const Workflow = ObjectMeta.namespaced("sei.io/v1alpha1", "SeiNodeTaskWorkflow", "seinodetaskworkflows")
const WORKFLOW_FINALIZER = "sei.io/seinodetaskworkflow-finalizer"

/** May be repeated; every delete carries the uid of an object that the node owns (INV-11). */
export const cleanup = Effect.fnUntraced(function* (node: Stored) {
  const { name, namespace = "" } = node.metadata
  const cache = yield* ObjectCache.ObjectCache
  const workloads = [
    yield* owned(node, ObjectMeta.key(StatefulSet, namespace, name)),
    yield* owned(node, ObjectMeta.key(Job, namespace, `${name}-bootstrap`))
  ].filter((each) => each !== undefined)
  yield* Effect.forEach(workloads, remove, { discard: true })
  const pods = yield* cache.list(Pod, { namespace, labels: { [NODE_LABEL]: name } })
  if (workloads.length > 0 || pods.length > 0)
    return Task.waiting({ reason: "PodTerminating", message: "deleting the pod of the node" })
  yield* letGoOfWorkflows(node)
  const claim = yield* owned(node, ObjectMeta.key(PersistentVolumeClaim, namespace, `data-${name}`))
  if (claim !== undefined) yield* remove(claim)
  return Task.done
})

interface Owned {
  readonly key: ObjectMeta.ObjectKey
  readonly object: Stored
}

const owned = Effect.fnUntraced(function* (node: Stored, key: ObjectMeta.ObjectKey) {
  const cache = yield* ObjectCache.ObjectCache
  const found = yield* cache.get(key)
  return Option.isSome(found) && ObjectMeta.controls(node, found.value)
    ? ({ key, object: found.value } satisfies Owned)
    : undefined
})

const remove = ({ key, object: { metadata } }: Owned) =>
  Effect.gen(function* () {
    if (metadata.deletionTimestamp !== undefined) return
    const api = yield* KubernetesApi.KubernetesApi
    yield* api.delete(key, { uid: metadata.uid }).pipe(Effect.mapError(Task.fromKubernetes))
  })

/**
 * Workflows hold themselves back while they work on the node; they would wait for it for ever. Asked of the server, because
 * a cluster need not have the kind.
 */
const letGoOfWorkflows = Effect.fnUntraced(function* ({ metadata }: Stored) {
  const api = yield* KubernetesApi.KubernetesApi
  const workflows = yield* api.list(Workflow, { namespace: metadata.namespace ?? "" }).pipe(
    Effect.catchIf(isUnknownKind, () => Effect.succeed<ReadonlyArray<Stored>>([])),
    Effect.mapError(Task.fromKubernetes)
  )
  const held = workflows.filter(
    ({ metadata: { finalizers = [] }, spec }) =>
      at(spec, "target", "nodeRef", "name") === metadata.name && finalizers.includes(WORKFLOW_FINALIZER)
  )
  yield* Effect.forEach(held, (workflow) => api.removeFinalizer(Workflow, workflow, WORKFLOW_FINALIZER), {
    discard: true
  }).pipe(Effect.mapError(Task.fromKubernetes))
})

const isUnknownKind = ({ reason }: KubernetesApi.KubernetesError): boolean =>
  reason._tag === "Rejected" && reason.status === 404
