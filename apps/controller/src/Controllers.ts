/** Which kinds this process controls, and what wakes them. */
import { Controller } from "@portolan/k8s-adapter"
import { ObjectMeta, Protocol } from "@portolan/planner"
import { Identity, NodeReconciler, type Platform, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"

/** What a node owns. Each carries the node's label, so that nobody else's objects are read. */
const CHILDREN = [
  Identity.StatefulSet,
  Identity.Service,
  Identity.ConfigMap,
  Identity.PersistentVolumeClaim,
  Identity.Pod
]

/** A child wakes the node that its label names. */
const wake = ({ metadata }: ObjectMeta.KubernetesObject): ReadonlyArray<ObjectMeta.ObjectKey> => {
  const name = metadata.labels?.[Identity.NODE_LABEL]
  return name === undefined ? [] : [ObjectMeta.key(SeiNode.resource, metadata.namespace ?? "", name)]
}

/** Watches of the node controller, for its cache and for its wake rules. */
export const nodes = {
  kind: SeiNode.resource,
  watches: CHILDREN.map((kind) => ({ kind, wake }))
}

/** Starts every controller of this process; they run until the scope closes. */
export const start = (platform: Platform.Platform) =>
  Effect.gen(function* () {
    const turn = yield* Protocol.make(NodeReconciler.make(platform))
    return yield* Controller.start({ ...nodes, turn })
  })
