/** A node in a cluster, with everything that a controller would look at to decide. Only reads. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, NodeIdentity, SeiNode, Unstructured } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CannotPlan } from "./Problem.ts"

/** As a controller's cache would hold them: of these, only objects that carry a node's label. */
const LABELLED = [Identity.Pod, Identity.ConfigMap]
const labels = { [Identity.NODE_LABEL]: true as const }

export const read = (namespace: string, name: string) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    const object = yield* api.get(ObjectMeta.key(SeiNode.resource, namespace, name))
    if (Option.isNone(object)) {
      return yield* new CannotPlan({ message: `SeiNode ${namespace}/${name} does not exist` })
    }
    const node = object.value
    const others = yield* Effect.fromResult(SeiNode.decode(node)).pipe(
      Effect.flatMap(dependencies),
      // The plan will be refused for the same reason, which is then shown.
      Effect.catchTag("PlanRefused", () => Effect.succeed([]))
    )
    return { node, others }
  }).pipe(
    Effect.mapError((error) => (error instanceof CannotPlan ? error : new CannotPlan({ message: error.message })))
  )

const dependencies = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const api = yield* KubernetesApi.KubernetesApi
  const { namespace, spec } = node
  const named = yield* Effect.forEach(
    [
      NodeIdentity.statefulSetKey(node),
      NodeIdentity.serviceKey(node),
      NodeIdentity.bootstrapJobKey(node),
      ...SeiNode.secretNames(spec).map((name) => ObjectMeta.key(Identity.Secret, namespace, name))
    ],
    api.get
  )
  const claim = yield* api.get(NodeIdentity.claimKey(node))
  const volumeName = Unstructured.at(Option.getOrUndefined(claim)?.spec, "volumeName")
  const volume =
    spec.dataVolume?.import === undefined || typeof volumeName !== "string"
      ? Option.none()
      : yield* api.get(ObjectMeta.key(Identity.PersistentVolume, "", volumeName))
  const namespaces = new Set([namespace, ...(spec.peers ?? []).flatMap(({ label }) => label?.namespace || [])])
  const nodes = yield* Effect.forEach(namespaces, (each) => api.list(SeiNode.resource, { namespace: each }))
  const labelled = yield* Effect.forEach(LABELLED, (kind) => api.list(kind, { namespace, labels }))
  return [...[...named, claim, volume].flatMap(Option.toArray), ...nodes.flat(), ...labelled.flat()]
})
