/** The other controller's hands: what its tasks leave in the world, made by somebody of its name and without marks of ours. */
import { type ObjectMeta, Requeue } from "@portolan/planner"
import { Identity, NodeIdentity, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestCluster from "../harness/NodeCluster.ts"

type Json = TestCluster.Json
type Act = Effect.Effect<unknown, never, TestCluster.Services>

const USER = "seinode-controller"

/** The node as it is stored, with another spec where one is given. */
export const nodeOf = (cluster: TestCluster.TestCluster, spec: Json = {}): SeiNode.SeiNode => {
  const object = cluster.node()
  if (object === undefined) throw new Error("the node is not there")
  return Result.getOrThrow(SeiNode.decode({ ...object, spec: { ...TestCluster.asObject(object.spec), ...spec } }))
}

/** A node that runs an image, the one it wants unless told: its objects, its pod, and a sidecar that was told to go on. */
export const converged = Effect.fnUntraced(function* (cluster: TestCluster.TestCluster, image?: string) {
  const node = nodeOf(cluster, image === undefined ? {} : { image })
  yield* create(cluster, made(node, TestCluster.Claim))
  for (const kind of [TestCluster.ConfigMap, TestCluster.StatefulSet, Identity.Service])
    yield* apply(cluster, made(node, kind))
  yield* rest(cluster)
  yield* submit(cluster, { type: "mark-ready", id: "an earlier plan's" }, { hasEnded: true })
})

/** The StatefulSet follows the spec in every pass, whatever the plan is at. */
export const statefulSet = (cluster: TestCluster.TestCluster): Act =>
  apply(cluster, made(nodeOf(cluster), TestCluster.StatefulSet))

/** What a task leaves behind once it is complete. */
export const perform = (cluster: TestCluster.TestCluster, task: Json): Act => {
  const type = String(task.type)
  const leaves = LEAVES[type]
  if (leaves !== undefined) return leaves(cluster, nodeOf(cluster))
  const sent = TestCluster.isRemote(type) ? submit(cluster, task, { hasEnded: true }) : Effect.void
  return type === "mark-ready" ? Effect.andThen(sent, rest(cluster)) : sent
}

/** Hands a task to the sidecar. */
export const submit = (
  cluster: TestCluster.TestCluster,
  { id, type }: Json,
  { hasEnded }: { readonly hasEnded: boolean }
) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    cluster.agents.at(TestCluster.ADDRESS).submit(String(id), String(type), undefined, hasEnded ? now - 1_000 : now)
  )

/** By task type; what is not here is the sidecar's, or leaves nothing. */
const LEAVES: { readonly [type: string]: (cluster: TestCluster.TestCluster, node: SeiNode.SeiNode) => Act } = {
  "ensure-data-pvc": (cluster, node) => create(cluster, made(node, TestCluster.Claim)),
  "apply-rbac-proxy-config": (cluster, node) => apply(cluster, made(node, TestCluster.ConfigMap)),
  "apply-service": (cluster, node) => apply(cluster, made(node, Identity.Service)),
  "deploy-bootstrap-service": (cluster, node) => create(cluster, made(node, Identity.Service, "bootstrap")),
  "deploy-bootstrap-job": (cluster, node) =>
    Effect.andThen(create(cluster, made(node, TestCluster.Job, "bootstrap")), rest(cluster)),
  "teardown-bootstrap": (cluster, node) =>
    Effect.all([
      remove(cluster, TestCluster.Job, NodeIdentity.bootstrapJobName(node)),
      remove(cluster, Identity.Service, node.name),
      rest(cluster)
    ]),
  "replace-pod": (cluster, node) => Effect.andThen(remove(cluster, TestCluster.Pod, `${node.name}-0`), rest(cluster))
}

/** What is made for a node there is what is made here, but for the mark of what it was made from. */
const made = (node: SeiNode.SeiNode, kind: ObjectMeta.ObjectKind, component?: string): ObjectMeta.Manifest => {
  const found = Fixtures.manifests(node).find(
    (each) => each.kind === kind.kind && each.metadata.labels?.[Identity.COMPONENT_LABEL] === component
  )
  if (found === undefined) throw new Error(`no ${kind.kind} is made for this node`)
  const { annotations: _, ...metadata } = found.metadata
  return { ...found, metadata }
}

const here = { user: USER, namespace: TestCluster.NAMESPACE }
const KINDS = [TestCluster.Claim, TestCluster.ConfigMap, TestCluster.StatefulSet, TestCluster.Job]
const kindOf = ({ kind }: ObjectMeta.Manifest) => KINDS.find((each) => each.kind === kind) ?? Identity.Service

const create = (cluster: TestCluster.TestCluster, body: ObjectMeta.Manifest): Act =>
  cluster.other(kindOf(body), { ...here, verb: "create", body, query: { fieldManager: USER } })

const apply = (cluster: TestCluster.TestCluster, body: ObjectMeta.Manifest): Act => {
  const query = { fieldManager: USER, force: "true" }
  return cluster.other(kindOf(body), {
    ...here,
    verb: "patch",
    patchFormat: "apply",
    name: body.metadata.name,
    body,
    query
  })
}

const remove = (cluster: TestCluster.TestCluster, kind: ObjectMeta.ObjectKind, name: string): Act =>
  cluster.other(kind, { ...here, verb: "delete", name, body: { propagationPolicy: "Foreground" } })

/** Notes whose the StatefulSet is: a checker of deletes knows the owners of owners from calls alone. */
export const confess = (cluster: TestCluster.TestCluster) =>
  Effect.suspend(() => {
    const after = cluster.statefulSet()
    const target = `StatefulSet ${TestCluster.NAMESPACE}/${TestCluster.NAME}`
    const call = { verb: "apply", target, pass: undefined, process: USER, sent: undefined, result: "ok" } as const
    return cluster.callLog.record(after === undefined ? call : { ...call, after })
  })

/** Lets everybody but the controllers of nodes do what is due soon. */
export const rest = (cluster: TestCluster.TestCluster): Act =>
  Effect.ignore(
    cluster.converge({
      reconcile: () => Effect.succeed({ requeue: Requeue.awaitChange, wrote: false }),
      maxTime: "5 seconds"
    })
  )
