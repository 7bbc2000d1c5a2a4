/**
 * The Go operator that controlled these nodes before: creates the objects that its tasks create, under its user name and
 * without our annotations.
 */
import type { ObjectMeta } from "@portolan/planner"
import { Identity, NodeIdentity, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import type { TestCluster } from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as NodeCluster from "../harness/NodeCluster.ts"

type Json = NodeCluster.Json
type Step = Effect.Effect<unknown, TestCluster.ActRejected>

const OPERATOR = "seinode-controller"

/** The stored node, with other fields of the spec where they are given. */
export const nodeOf = (cluster: NodeCluster.NodeCluster, spec: Json = {}): SeiNode.SeiNode => {
  const object = cluster.node()
  if (object === undefined) throw new Error("the node does not exist")
  return Result.getOrThrow(SeiNode.decode({ ...object, spec: { ...NodeCluster.asObject(object.spec), ...spec } }))
}

/** Creates everything of a running node: its objects, its pod and a ready sidecar. The image is by default the spec's. */
export const createRunning = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, image?: string) {
  const node = nodeOf(cluster, image === undefined ? {} : { image })
  yield* create(cluster, manifestOf(node, NodeCluster.PersistentVolumeClaim))
  for (const kind of [NodeCluster.ConfigMap, NodeCluster.StatefulSet, NodeCluster.Service])
    yield* apply(cluster, manifestOf(node, kind))
  yield* cluster.idle
  yield* submit(cluster, { type: "mark-ready", id: "an earlier plan's" }, { hasEnded: true })
})

/** Applies the StatefulSet of the spec. The operator does so in every pass, whatever task its plan is at. */
export const applyStatefulSet = (cluster: NodeCluster.NodeCluster): Step =>
  apply(cluster, manifestOf(nodeOf(cluster), NodeCluster.StatefulSet))

/** Does what a task has done once it is complete. */
export const perform = (cluster: NodeCluster.NodeCluster, task: Json): Step => {
  const type = String(task.type)
  const effects = EFFECTS[type]
  if (effects !== undefined) return effects(cluster, nodeOf(cluster))
  const submission = NodeCluster.isRemote(type) ? submit(cluster, task, { hasEnded: true }) : Effect.void
  return type === "mark-ready" ? Effect.andThen(submission, cluster.idle) : submission
}

/** Submits a task to the sidecar. */
export const submit = (
  cluster: NodeCluster.NodeCluster,
  { id, type }: Json,
  { hasEnded }: { readonly hasEnded: boolean }
) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    cluster.agents.at(NodeCluster.ADDRESS).submit(String(id), String(type), undefined, hasEnded ? now - 1_000 : now)
  )

/** What a task does to the API server, by task type. A type that is missing here runs in the sidecar, or does nothing. */
const EFFECTS: { readonly [type: string]: (cluster: NodeCluster.NodeCluster, node: SeiNode.SeiNode) => Step } = {
  "ensure-data-pvc": (cluster, node) => create(cluster, manifestOf(node, NodeCluster.PersistentVolumeClaim)),
  "apply-rbac-proxy-config": (cluster, node) => apply(cluster, manifestOf(node, NodeCluster.ConfigMap)),
  "apply-service": (cluster, node) => apply(cluster, manifestOf(node, NodeCluster.Service)),
  "deploy-bootstrap-service": (cluster, node) => create(cluster, manifestOf(node, NodeCluster.Service, "bootstrap")),
  "deploy-bootstrap-job": (cluster, node) =>
    Effect.andThen(create(cluster, manifestOf(node, NodeCluster.Job, "bootstrap")), cluster.idle),
  "teardown-bootstrap": (cluster, node) =>
    Effect.all([
      remove(cluster, NodeCluster.Job, NodeIdentity.bootstrapJobName(node)),
      remove(cluster, NodeCluster.Service, node.name),
      cluster.idle
    ]),
  "replace-pod": (cluster, node) => Effect.andThen(remove(cluster, NodeCluster.Pod, `${node.name}-0`), cluster.idle)
}

/** The object of a kind that a node owns: the one that we generate, without our annotations. */
const manifestOf = (node: SeiNode.SeiNode, kind: ObjectMeta.ObjectKind, component?: string): Generated => {
  const found = Fixtures.manifests(node).find(
    (each) => each.kind === kind.kind && each.metadata.labels?.[Identity.COMPONENT_LABEL] === component
  )
  if (found === undefined) throw new Error(`no ${kind.kind} is generated for this node`)
  const { annotations: _, ...metadata } = found.metadata
  return { kind, name: metadata.name, body: NodeCluster.asJson({ ...found, metadata }) }
}

interface Generated {
  readonly kind: ObjectMeta.ObjectKind
  readonly name: string
  readonly body: Json
}

const create = (cluster: NodeCluster.NodeCluster, { body, kind }: Generated): Step =>
  cluster.act({ verb: "create", as: OPERATOR, kind, body })

const apply = (cluster: NodeCluster.NodeCluster, { body, kind, name }: Generated): Step =>
  cluster.act({ verb: "apply", as: OPERATOR, kind, name, body })

const remove = (cluster: NodeCluster.NodeCluster, kind: ObjectMeta.ObjectKind, name: string): Step =>
  cluster.act({ verb: "delete", as: OPERATOR, kind, name, propagationPolicy: "Foreground" })

/**
 * Records the StatefulSet in the call log. The checker of INV-11 learns the owner of a pod's owner from recorded calls
 * alone, and the operator's own calls are not recorded.
 */
export const recordStatefulSet = (cluster: NodeCluster.NodeCluster) =>
  Effect.suspend(() => {
    const after = cluster.statefulSet()
    const target = `StatefulSet ${NodeCluster.NAMESPACE}/${NodeCluster.NAME}`
    const call = { verb: "apply", target, pass: undefined, process: OPERATOR, sent: undefined, result: "ok" } as const
    return cluster.callLog.record(after === undefined ? call : { ...call, after })
  })
