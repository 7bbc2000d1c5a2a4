/**
 * A TestCluster with one SeiNode, `node-0`: accessors of what its status says and of the objects that it owns, and the
 * edits that a user makes to it.
 */
import { Condition, CustomKind, ObjectMeta, Registry, TaskAgent } from "@portolan/planner"
import { Identity, NodeTasks, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as InMemoryDiscovery from "@portolan/sei/testing/InMemoryDiscovery"
import { CallLog, Invariants, Resources, TestCluster } from "@portolan/testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as Acts from "./Acts.ts"
import { asJson, asObject, asObjects, type Json } from "./Json.ts"
import * as NodeController from "./NodeController.ts"
import { NAMESPACE, sidecarOf } from "./NodeController.ts"

export { NAME, OTHER } from "./Acts.ts"
export { asJson, asObject, type Json } from "./Json.ts"
export { NAMESPACE, sidecarOf } from "./NodeController.ts"
export const { ConfigMap, Job, PersistentVolume, PersistentVolumeClaim, Pod, Secret, Service, StatefulSet } = Identity

/** The task types of the first plan of a full node from genesis, in order. */
export const INIT = [
  "ensure-data-pvc",
  "apply-rbac-proxy-config",
  "apply-statefulset",
  "apply-service",
  "configure-genesis",
  "config-apply",
  "config-validate",
  "mark-ready"
]

/** Waits until a sidecar's task has ended. */
export const taskTime = TestClock.adjust("100 millis")

/** Waits longer than the back-off after the first failure of a plan. */
export const backOff = TestClock.adjust("6 seconds")

const { NAME } = Acts
export const keyOf = (name: string) => ObjectMeta.key(SeiNode.resource, NAMESPACE, name)
export const KEY = keyOf(NAME)
/** The address of the node's sidecar. */
export const ADDRESS = TaskAgent.AgentAddress.make(sidecarOf(NAME))

const Event = ObjectMeta.namespaced("v1", "Event", "events")
const Workflow = ObjectMeta.namespaced("sei.io/v1alpha1", "SeiNodeTaskWorkflow", "seinodetaskworkflows")

/** A SeiNode definition whose status keeps unknown fields, as a newer definition would. */
export const openDefinition = CustomKind.manifest({
  ...SeiNode.kind,
  status: CustomKind.extend(Schema.Struct({}), { "x-kubernetes-preserve-unknown-fields": true })
})

export type Options = Omit<NodeController.Options, "discovery">

/** Options of `converge`, for one node: `node-0` by default. */
interface Limits extends Omit<TestCluster.Limits, "keys"> {
  readonly name?: string
}

export interface NodeCluster extends ReturnType<typeof nodeCluster> {}

const nodeCluster = (cluster: TestCluster.TestCluster, discovery: InMemoryDiscovery.Discovery) => {
  const { act, callLog, find } = cluster
  const status = (name = NAME): Json => asObject(find(name)?.status)
  return {
    ...cluster,
    /** What the controller finds: state syncers, peers and instances. */
    discovery,
    /** One pass of the node. */
    reconcile: cluster.reconcileKey(KEY),
    /** Reconciles one node until it has converged. */
    converge: ({ name = NAME, ...limits }: Limits = {}) => cluster.converge({ ...limits, keys: [keyOf(name)] }),
    /** Lets the cluster's other controllers do what is due within five seconds; no node is reconciled. */
    idle: Effect.ignore(cluster.converge({ keys: [], maxTime: "5 seconds" })),
    create: (spec: Json = {}, metadata: Json = {}) => act(Acts.node(spec, metadata)),
    edit: (spec: Json) => act(Acts.edit(spec)),
    /** Merges into the status, as a user who tampers with it. */
    tamper: (body: Json) =>
      act({ verb: "merge", subresource: "status", kind: SeiNode.resource, name: NAME, body: { status: body } }),
    remove: act(Acts.removeNode),
    /** Creates an object with its status, or merges into both. */
    put: (kind: ObjectMeta.ObjectKind, name: string, body: Json, objectStatus: Json) =>
      Effect.andThen(
        act(
          find(name, kind) === undefined
            ? { verb: "create", kind, body: { metadata: { name }, ...body } }
            : { verb: "merge", kind, name, body }
        ),
        act({ verb: "merge", subresource: "status", kind, name, body: { status: objectStatus } })
      ),
    node: () => find(NAME),
    status,
    plan: (): Json => asObject(status().plan),
    /** What the node waits for; empty when it waits for nothing. */
    waiting: (name = NAME): Json => asObject(status(name).waiting),
    /** The condition of a type; empty when there is none. */
    condition: (type: string, name = NAME): Partial<Condition.Condition> => Condition.find(status(name), type) ?? {},
    statefulSet: (name = NAME) => find(name, StatefulSet),
    replicas: () => asObject(find(NAME, StatefulSet)?.spec).replicas,
    pod: () => find(`${NAME}-0`, Pod),
    pods: () => cluster.list(Pod),
    job: () => find(`${NAME}-bootstrap`, Job),
    /** A claim: the node's own by default. */
    pvc: (name = `data-${NAME}`) => find(name, PersistentVolumeClaim),
    /** The reasons of all events, in order. */
    events: () => cluster.list(Event).map(({ reason }) => String(reason)),
    calls: callLog.calls,
    /** Returns every call since the last `take`, and clears the call log. */
    take: Effect.tap(callLog.calls, () => callLog.clear),
    /** Dies with the names of the invariants that the calls violate. */
    expectInvariants: Effect.gen(function* () {
      yield* Invariants.expectInvariants(cluster.expectations())
      const violations = cluster.violations()
      if (violations.length > 0) return yield* Effect.die(new Error(violations.join("\n")))
    }).pipe(Effect.provideService(CallLog.CallLog, callLog))
  }
}

const parts = (options: Options) =>
  Effect.map(NodeController.emptyDiscovery, (discovery) => ({
    controllerUnderTest: NodeController.controllerUnderTest({ ...options, discovery }),
    over: (cluster: TestCluster.TestCluster) =>
      nodeCluster(cluster, Context.get(discovery, InMemoryDiscovery.InMemoryDiscovery))
  }))

/** A new cluster on the `TestClock` in view. */
export const make = (options: Options = {}): Effect.Effect<NodeCluster, never, Scope.Scope> =>
  Effect.flatMap(parts(options), ({ controllerUnderTest, over }) =>
    Effect.map(TestCluster.make(controllerUnderTest), over)
  )

/** Runs something in a new cluster with a clock of its own. */
export const run = <A, E>(
  use: (cluster: NodeCluster) => Effect.Effect<A, E, Scope.Scope>,
  options: Options = {}
): Effect.Effect<A, E> =>
  Effect.flatMap(parts(options), ({ controllerUnderTest, over }) =>
    TestCluster.run(controllerUnderTest, (cluster) => use(over(cluster)))
  )

/** Creates the node and reconciles it until something holds. */
export const until = (cluster: NodeCluster, holds: () => boolean) =>
  Effect.andThen(cluster.create(), cluster.converge({ until: holds }))

/** Creates the node and reconciles it until it has converged. */
export const converged = (cluster: NodeCluster) => Effect.andThen(cluster.create(), cluster.converge())

/** Creates the node's StatefulSet, as a controller does that does not wait for the bootstrap to end. */
export const createStatefulSet = (cluster: NodeCluster) =>
  Effect.gen(function* () {
    const object = cluster.node()
    if (object === undefined) return
    const node = Result.getOrThrow(SeiNode.decode(object))
    const manifest = Fixtures.manifests(node).find(({ kind }) => kind === "StatefulSet")
    const { annotations: _, ...metadata } = { ...manifest?.metadata }
    yield* cluster.act({ verb: "create", kind: StatefulSet, body: asJson({ ...manifest, metadata }) })
  })

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

/** Creates a workflow for a node, and first the workflow's kind, because a cluster need not have it. */
export const createWorkflow = (cluster: NodeCluster, name: string, node: string) =>
  Effect.gen(function* () {
    const { kind } = Workflow
    const { group, plural, version } = Resources.resourceOf(Workflow)
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }
    const spec = {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: "Namespaced",
      versions: [{ name: version, served: true, storage: true, schema }]
    }
    const definition = { metadata: { name: `${plural}.${group}` }, spec }
    yield* Effect.ignore(cluster.act({ verb: "create", kind: Definition, body: definition }))
    const metadata = { name, finalizers: ["sei.io/seinodetaskworkflow-finalizer", "example.dev/other"] }
    const body = { metadata, spec: { target: { nodeRef: { name: node } } } }
    yield* cluster.act({ verb: "create", kind: Workflow, body })
  })

export const workflowFinalizers = (cluster: NodeCluster, name: string) =>
  cluster.find(name, Workflow)?.metadata.finalizers

/** Whether the plan has recorded the submission of a task. */
export const submitted = (cluster: NodeCluster, type: string) => () =>
  tasks(cluster.plan()).some((each) => each.type === type && each.submittedAt !== undefined)

/** Whether the node's pod cannot start because its image cannot be pulled. */
export const isStuck = (cluster: NodeCluster) => () =>
  JSON.stringify(cluster.pod()?.status ?? null).includes("ImagePullBackOff")

/** Requests to the API server by verb; reads of the cache and calls of the sidecar are none. */
export const requests = (calls: ReadonlyArray<CallLog.Call>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { verb } of calls) {
    if (verb === "submit" || verb === "poll" || verb === "health") continue
    counts[verb] = (counts[verb] ?? 0) + 1
  }
  return counts
}

/** The tasks that were submitted, as they were sent, in order. */
export const sentTasks = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<Json> =>
  calls.flatMap(({ sent, verb }) => (verb === "submit" ? [asJson(sent)] : []))

/** The types of the tasks that were submitted, in order. */
export const submissions = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<string> =>
  sentTasks(calls).map(({ type }) => String(type))

/** Whether the sidecar performs a type of task. */
export const isRemote = (type: string): boolean =>
  Option.exists(Registry.lookup(NodeTasks.registry, type), ({ _tag }) => _tag === "Remote")

export const tasks = (plan: Json): ReadonlyArray<Json> => asObjects(plan.tasks)

export const types = (plan: Json): ReadonlyArray<string> => tasks(plan).map(({ type }) => String(type))

/** The first task of a type; empty when there is none. */
export const task = (plan: Json, type: string): Json => tasks(plan).find((each) => each.type === type) ?? {}
