/** The other controller's hands: what its tasks leave in the world, made by somebody of its name and without marks of ours. */
import { type ObjectMeta, Requeue } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as World from "../world/World.ts"

type Json = World.Json
type Act = Effect.Effect<unknown, never, World.Promises>

const USER = "seinode-controller"

/** The node as it is stored, with another spec where one is given. */
export const nodeOf = (world: World.World, spec: Json = {}): SeiNode.SeiNode => {
  const object = world.node()
  if (object === undefined) throw new Error("the node is not there")
  return Result.getOrThrow(SeiNode.decode({ ...object, spec: { ...World.asObject(object.spec), ...spec } }))
}

/** A node that runs an image, the one it wants unless told: its objects, its pod, and a sidecar that was told to go on. */
export const settled = Effect.fnUntraced(function* (world: World.World, image?: string) {
  const node = nodeOf(world, image === undefined ? {} : { image })
  yield* create(world, made(node, World.Claim))
  for (const kind of [World.ConfigMap, World.StatefulSet, Identity.Service]) yield* apply(world, made(node, kind))
  yield* rest(world)
  yield* submit(world, { type: "mark-ready", id: "an earlier plan's" }, { hasEnded: true })
})

/** The StatefulSet follows the spec in every pass, whatever the plan is at. */
export const statefulSet = (world: World.World): Act => apply(world, made(nodeOf(world), World.StatefulSet))

/** What a task leaves behind once it is complete. */
export const perform = (world: World.World, task: Json): Act => {
  const type = String(task.type)
  const leaves = LEAVES[type]
  if (leaves !== undefined) return leaves(world, nodeOf(world))
  const sent = World.isRemote(type) ? submit(world, task, { hasEnded: true }) : Effect.void
  return type === "mark-ready" ? Effect.andThen(sent, rest(world)) : sent
}

/** Hands a task to the sidecar. */
export const submit = (world: World.World, { id, type }: Json, { hasEnded }: { readonly hasEnded: boolean }) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    world.agents.at(World.ADDRESS).submit(String(id), String(type), undefined, hasEnded ? now - 1_000 : now)
  )

/** By task type; what is not here is the sidecar's, or leaves nothing. */
const LEAVES: { readonly [type: string]: (world: World.World, node: SeiNode.SeiNode) => Act } = {
  "ensure-data-pvc": (world, node) => create(world, made(node, World.Claim)),
  "apply-rbac-proxy-config": (world, node) => apply(world, made(node, World.ConfigMap)),
  "apply-service": (world, node) => apply(world, made(node, Identity.Service)),
  "deploy-bootstrap-service": (world, node) => create(world, made(node, Identity.Service, "bootstrap")),
  "deploy-bootstrap-job": (world, node) =>
    Effect.andThen(create(world, made(node, World.Job, "bootstrap")), rest(world)),
  "teardown-bootstrap": (world, node) =>
    Effect.all([
      remove(world, World.Job, Identity.bootstrapJobName(node)),
      remove(world, Identity.Service, node.name),
      rest(world)
    ]),
  "replace-pod": (world, node) => Effect.andThen(remove(world, World.Pod, `${node.name}-0`), rest(world))
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

const here = { user: USER, namespace: World.NAMESPACE }
const KINDS = [World.Claim, World.ConfigMap, World.StatefulSet, World.Job]
const kindOf = ({ kind }: ObjectMeta.Manifest) => KINDS.find((each) => each.kind === kind) ?? Identity.Service

const create = (world: World.World, body: ObjectMeta.Manifest): Act =>
  world.other(kindOf(body), { ...here, verb: "create", body, query: { fieldManager: USER } })

const apply = (world: World.World, body: ObjectMeta.Manifest): Act => {
  const query = { fieldManager: USER, force: "true" }
  return world.other(kindOf(body), {
    ...here,
    verb: "patch",
    patchFormat: "apply",
    name: body.metadata.name,
    body,
    query
  })
}

const remove = (world: World.World, kind: ObjectMeta.ObjectKind, name: string): Act =>
  world.other(kind, { ...here, verb: "delete", name, body: { propagationPolicy: "Foreground" } })

/** Notes whose the StatefulSet is: a checker of deletes knows the owners of owners from calls alone. */
export const confess = (world: World.World) =>
  Effect.suspend(() => {
    const after = world.statefulSet()
    const target = `StatefulSet ${World.NAMESPACE}/${World.NAME}`
    const call = { verb: "apply", target, turn: undefined, process: USER, sent: undefined, result: "ok" } as const
    return world.ledger.record(after === undefined ? call : { ...call, after })
  })

/** Lets everybody but the controllers of nodes do what is due soon. */
export const rest = (world: World.World): Act =>
  Effect.ignore(
    world.settle({ turn: () => Effect.succeed({ requeue: Requeue.settled, wrote: false }), maxTime: "5 seconds" })
  )
