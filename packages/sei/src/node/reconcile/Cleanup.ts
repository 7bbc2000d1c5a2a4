/**
 * Finalizer cleanup of a deleted SeiNode. The pods are deleted first, so that no pod writes to a volume that is being
 * deleted or signs with a key that is free again; then the generated PersistentVolumeClaim. Imported claims and
 * Secrets stay. The garbage collector deletes all other objects through their owner references.
 */
import { KubernetesApi, ObjectCache, ObjectMeta, Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Job, NODE_LABEL, PersistentVolumeClaim, Pod, StatefulSet, Workflow } from "../../shared/Identity.ts"
import { at } from "../../shared/Unstructured.ts"
import { generatedClaimName } from "../resources/NodeIdentity.ts"

type Stored = ObjectMeta.KubernetesObject

const WORKFLOW_FINALIZER = "sei.io/seinodetaskworkflow-finalizer"

/** Idempotent. Every delete carries the uid and resourceVersion of an object that the node owns (INV-11). */
export const cleanup = Effect.fnUntraced(function* (node: Stored) {
  const { name, namespace = "" } = node.metadata
  const cache = yield* ObjectCache.ObjectCache
  const workloads = [
    yield* findOwned(node, ObjectMeta.key(StatefulSet, namespace, name)),
    yield* findOwned(node, ObjectMeta.key(Job, namespace, `${name}-bootstrap`))
  ].filter((workload) => workload !== undefined)
  yield* Effect.forEach(workloads, Owned.remove, { discard: true })
  const pods = yield* cache.list(Pod, { namespace, labels: { [NODE_LABEL]: name } })
  if (workloads.length > 0 || pods.length > 0)
    return Task.waiting({ reason: "PodTerminating", message: "deleting the pod of the node" })
  yield* releaseWorkflows(node)
  const claim = ObjectMeta.key(PersistentVolumeClaim, namespace, generatedClaimName(node.metadata))
  const pvc = yield* findOwned(node, claim)
  if (pvc !== undefined) yield* Owned.remove(pvc)
  return Task.done
})

const findOwned = Effect.fnUntraced(function* (node: Stored, key: ObjectMeta.ObjectKey) {
  const cache = yield* ObjectCache.ObjectCache
  const found = yield* cache.get(key)
  return Option.isSome(found) && ObjectMeta.controls(node, found.value)
    ? ({ owner: node, key, existing: found.value } satisfies Owned.Owned)
    : undefined
})

/**
 * Removes the finalizer of workflows that target the node; they would wait for it forever. The list is read from the
 * API server and not from the cache, because the CRD of workflows may not be installed.
 */
const releaseWorkflows = Effect.fnUntraced(function* ({ metadata }: Stored) {
  const api = yield* KubernetesApi.KubernetesApi
  const workflows = yield* api
    .list(Workflow, { namespace: metadata.namespace ?? "" })
    .pipe(Effect.catchIf(isNotFound, whereNotInstalled), Effect.mapError(Task.fromKubernetes))
  const targeting = workflows.filter(
    ({ metadata: { finalizers = [] }, spec }) =>
      at(spec, "target", "nodeRef", "name") === metadata.name && finalizers.includes(WORKFLOW_FINALIZER)
  )
  yield* Effect.forEach(targeting, (workflow) => api.removeFinalizer(Workflow, workflow, WORKFLOW_FINALIZER), {
    discard: true
  }).pipe(Effect.mapError(Task.fromKubernetes))
})

const isNotFound = ({ reason }: KubernetesApi.KubernetesError): boolean =>
  reason._tag === "Rejected" && reason.status === 404

const WORKFLOW_DEFINITION = ObjectMeta.key(
  ObjectMeta.clusterWide("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"),
  "",
  "seinodetaskworkflows.sei.io"
)

/**
 * No workflows, if their CRD is not installed; otherwise the 404 of the list, which is temporary (a proxy, an API server
 * that does not serve the CRD yet). Taking a temporary 404 for "no workflows" would remove the node and leave workflows
 * that nobody releases. Without the permission to read the CRD, the 404 is taken as it is.
 */
const whereNotInstalled = Effect.fnUntraced(function* (listFailed: KubernetesApi.KubernetesError) {
  const api = yield* KubernetesApi.KubernetesApi
  const none: ReadonlyArray<Stored> = []
  const definition = yield* api.get(WORKFLOW_DEFINITION).pipe(Effect.catchIf(isForbidden, () => Effect.succeedNone))
  return Option.isNone(definition) ? none : yield* listFailed
})

const isForbidden = ({ reason }: KubernetesApi.KubernetesError): boolean =>
  reason._tag === "Rejected" && reason.status === 403
