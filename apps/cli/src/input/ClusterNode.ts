/** Reads a SeiNode from a cluster, with every object that a controller reads to plan for it. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, NodeIdentity, SeiNode, Unstructured } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CommandFailed } from "./Problem.ts"

/** The controller's cache holds only objects of these kinds that have the label of a SeiNode. */
const LABELLED = [Identity.Pod, Identity.ConfigMap]
const labels = { [Identity.NODE_LABEL]: true as const }

export const read = (namespace: string, name: string) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    const object = yield* api.get(ObjectMeta.key(SeiNode.resource, namespace, name))
    if (Option.isNone(object)) {
      return yield* new CommandFailed({ message: `SeiNode ${namespace}/${name} not found` })
    }
    const node = object.value
    const clusterObjects = yield* Effect.fromResult(SeiNode.decode(node)).pipe(
      Effect.flatMap(dependencies),
      // The dry run rejects the node for the same reason, and shows it.
      Effect.catchTag("PlanRefused", () => Effect.succeed([]))
    )
    return { node, clusterObjects }
  }).pipe(
    Effect.mapError((error) => (error instanceof CommandFailed ? error : new CommandFailed({ message: error.message })))
  )

const dependencies = Effect.fnUntraced(function* (node: SeiNode.SeiNode) {
  const api = yield* KubernetesApi.KubernetesApi
  const { namespace, spec } = node
  const byName = yield* Effect.forEach(
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
  const nodes = yield* Effect.forEach(namespaces, (peers) => api.list(SeiNode.resource, { namespace: peers }))
  const labelled = yield* Effect.forEach(LABELLED, (kind) => api.list(kind, { namespace, labels }))
  return [...[...byName, claim, volume].flatMap(Option.toArray), ...nodes.flat(), ...labelled.flat()]
})
