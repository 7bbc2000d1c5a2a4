/** Which kinds this process controls, and what wakes them. */
import { Controller } from "@portolan/k8s-adapter"
import { ObjectMeta, Protocol } from "@portolan/planner"
import { Identity, NodeReconciler, type Platform, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"

/** Seen whoever made them: a node must know when a name that it wants is taken. */
const NAMED = [Identity.StatefulSet, Identity.Service, Identity.PersistentVolumeClaim]
/** Of these there are many that are nobody's business here. */
const LABELLED = [Identity.ConfigMap, Identity.Pod]

/** The node that a child's label names. */
const nodeOf = ({ metadata }: ObjectMeta.KubernetesObject): ReadonlyArray<ObjectMeta.ObjectKey> => {
  const name = metadata.labels?.[Identity.NODE_LABEL]
  return name === undefined ? [] : [ObjectMeta.key(SeiNode.resource, metadata.namespace ?? "", name)]
}

/** A child wakes its node, and the one whose it was before. */
const wake = ({ object, previous }: Controller.Change): ReadonlyArray<ObjectMeta.ObjectKey> => [
  ...nodeOf(object),
  ...(previous === undefined ? [] : nodeOf(previous))
]

/** Watches of the node controller, for its cache and for its wake rules. */
export const nodes = {
  kind: SeiNode.resource,
  watches: [
    ...NAMED.map((kind) => ({ kind, wake })),
    ...LABELLED.map((kind) => ({ kind, labels: { [Identity.NODE_LABEL]: true as const }, wake }))
  ]
}

/** Starts every controller of this process; they run until the scope closes. */
export const start = (platform: Platform.Platform) =>
  Effect.gen(function* () {
    const turn = yield* Protocol.make(NodeReconciler.make(platform))
    return yield* Controller.start({ ...nodes, turn })
  })
