/**
 * A cluster in memory with one node in it: a server, actors, sidecars, and processes of the node controller, on the
 * test's clock. What a test does here a user could do with kubectl.
 */
import { CustomKind, type ObjectCache, ObjectMeta, Reconcile, Registry, TaskAgent } from "@portolan/planner"
import {
  Identity,
  NodeReconciler,
  NodeTasks,
  type PeerDiscovery,
  type Platform,
  SamplePlatform,
  SeiNode,
  type SyncerRegistry
} from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as InMemoryDiscovery from "@portolan/sei/testing/InMemoryDiscovery"
import {
  CallLog,
  type ClusterControllers,
  Faults,
  InMemoryAgent,
  InMemoryKubernetes,
  Invariants,
  ReconcileLoop
} from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as Cluster from "./Surroundings.ts"
import { NAMESPACE, resourceOf, sidecarOf } from "./Surroundings.ts"

export type Json = ObjectMeta.JsonObject

/** The tasks of a full node from genesis, in order. */
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

export { NAMESPACE, sidecarOf } from "./Surroundings.ts"
export const { ConfigMap, Job, PersistentVolume, PersistentVolumeClaim: Claim, Pod, Secret, StatefulSet } = Identity

/** Long enough for a sidecar's task to end. */
export const later = TestClock.adjust("100 millis")

/** Longer than a failed plan waits for its first rebuild. */
export const backOff = TestClock.adjust("6 seconds")

export const NAME = "node-0"
export const NODE = SeiNode.resource
export const KEY = ObjectMeta.key(NODE, NAMESPACE, NAME)
export const ADDRESS = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")
export const keyOf = (name: string) => ObjectMeta.key(SeiNode.resource, NAMESPACE, name)

/** A stored pause is an intent by itself. */
const EXPECTATIONS = { intents: ["Paused"] }

export interface Options {
  readonly platform?: Platform.Platform
  readonly kubelet?: ClusterControllers.Options
}

const layerOf = (definition: Json) =>
  Layer.mergeAll(
    InMemoryKubernetes.layerNoDepsWith({
      definitions: [definition],
      namespaces: [NAMESPACE],
      fieldManager: "seinode-controller"
    }),
    InMemoryAgent.layerNoDepsWith(),
    InMemoryDiscovery.layer
  ).pipe(Layer.provideMerge(CallLog.layer))

/** Every promise, over a server that knows SeiNodes. */
export const layer = layerOf(CustomKind.manifest(SeiNode.kind))

/** The same over a server that keeps every field of a status, as one with a newer definition would. */
export const layerThatKeepsAll = layerOf(
  CustomKind.manifest({
    ...SeiNode.kind,
    status: CustomKind.extend(Schema.Struct({}), { "x-kubernetes-preserve-unknown-fields": true })
  })
)

export type TestCluster = Effect.Success<ReturnType<typeof make>>

/** The world around one node. Its sidecar listens while the pod runs and forgets its signal when the pod goes. */
export const make = Effect.fnUntraced(function* ({ kubelet = {}, platform = SamplePlatform.sample }: Options = {}) {
  const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const agents = yield* InMemoryAgent.InMemoryAgent
  const finders = yield* InMemoryDiscovery.InMemoryDiscovery
  const callLog = yield* CallLog.CallLog
  const { disksHeldTwice, keysHeldTwice, rest } = Cluster.make(server, agents, kubelet)

  const here = { namespace: NAMESPACE, name: NAME }
  const peek = (kind: ObjectMeta.ObjectKind, name: string) => server.peek(resourceOf(kind), NAMESPACE, name)
  const user = (request: Parameters<typeof ask>[1], kind = SeiNode.resource) =>
    Effect.suspend(() => {
      const { body, code } = ask(kind, { user: "somebody", namespace: NAMESPACE, ...request })
      return code < 300 ? Effect.succeed(body) : Effect.die(new Error(`${code}: ${String(body.message)}`))
    })
  const reconcile = yield* Reconcile.make(NodeReconciler.make(platform))

  return {
    server,
    agents,
    finders,
    callLog,
    reconcile: reconcile(KEY),
    /** Another process that controls the same node: its turns. */
    boot: Reconcile.make(NodeReconciler.make(platform)),
    /** A turn whose object somebody edits after it was read and before anything is written. */
    overtaken: Effect.suspend(() => {
      let isEdited = false
      const overtake = Faults.around((call) =>
        isEdited
          ? call
          : Effect.suspend(() => {
              isEdited = true
              ask(SeiNode.resource, {
                verb: "patch",
                patchFormat: "merge",
                ...here,
                body: { spec: { podLabels: { a: "b" } } }
              })
              return call
            })
      )
      return reconcile(KEY).pipe(Effect.provide(overtake))
    }),
    /** Runs turns until the node has settled. */
    converge: (more: Partial<ReconcileLoop.Options<Services>> = {}) =>
      ReconcileLoop.converge({ reconcile, key: KEY, clusterControllers: rest, ...more }),
    create: (spec: Json = {}, metadata: Json = {}) => {
      agents.setReachable(sidecarOf(typeof metadata.name === "string" ? metadata.name : NAME), false)
      return user({ verb: "create", body: Fixtures.manifest(spec, metadata) })
    },
    /** Runs turns of another node until it has settled. */
    convergeOther: (name: string, more: Partial<ReconcileLoop.Options<Services>> = {}) =>
      ReconcileLoop.converge({ reconcile, key: keyOf(name), clusterControllers: rest, ...more }),
    /** One turn of another node. */
    reconcileOther: (name: string) => reconcile(keyOf(name)),
    statefulSetOf: (name: string) => peek(Identity.StatefulSet, name),
    statusOf: (name: string): Json => asObject(peek(SeiNode.resource, name)?.status),
    removeOther: (name: string) => user({ namespace: NAMESPACE, name, verb: "delete" }),
    /** Merges into the spec, as `kubectl patch` does. */
    edit: (spec: Json) => user({ ...here, verb: "patch", patchFormat: "merge", body: { spec } }),
    /** Merges into the status, as somebody who tampers with it. */
    tamper: (status: Json) =>
      user({ ...here, verb: "patch", patchFormat: "merge", subresource: "status", body: { status } }),
    remove: user({ ...here, verb: "delete" }),
    /** Makes another object as it is to be, whatever it was. */
    put: (kind: ObjectMeta.ObjectKind, name: string, body: Json, status: Json) => {
      const namespace = kind.scope === "Cluster" ? "" : NAMESPACE
      const whole = { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name }, ...body }
      const merge = { verb: "patch", patchFormat: "merge", namespace, name } as const
      const isThere = server.peek(resourceOf(kind), namespace, name) !== undefined
      return Effect.andThen(
        user(isThere ? { ...merge, body } : { verb: "create", namespace, body: whole }, kind),
        user({ ...merge, subresource: "status", body: { status } }, kind)
      )
    },
    /** Does something to another object as somebody else. */
    other: (kind: ObjectMeta.ObjectKind, request: Parameters<typeof ask>[1]) => user(request, kind),
    node: () => peek(SeiNode.resource, NAME),
    status: (): Json => asObject(peek(SeiNode.resource, NAME)?.status),
    plan: (): Json => asObject(asObject(peek(SeiNode.resource, NAME)?.status).plan),
    condition: (type: string) => conditionOf(asObject(peek(SeiNode.resource, NAME)?.status), type),
    statefulSet: () => peek(Identity.StatefulSet, NAME),
    job: () => peek(Identity.Job, `${NAME}-bootstrap`),
    pods: () => server.peekAll(resourceOf(Identity.Pod), NAMESPACE),
    claimOf: (name: string) => peek(Identity.PersistentVolumeClaim, name),
    claim: () => peek(Identity.PersistentVolumeClaim, `data-${NAME}`),
    workflowFinalizers: (name: string) => peek(Workflow, name)?.metadata.finalizers,
    pod: () => peek(Identity.Pod, `${NAME}-0`),
    events: () =>
      server.peekAll({ group: "", version: "v1", plural: "events" }, NAMESPACE).map(({ reason }) => String(reason)),
    calls: callLog.calls,
    /** Calls since the last time this was asked, and the ledger is empty again. */
    take: Effect.tap(callLog.calls, () => callLog.clear),
    /** Every moment at which two pods had one signing key (INV-15). */
    keysHeldTwice,
    /** Every moment at which two pods that had started had one volume. */
    disksHeldTwice,
    /** Dies with the names of the laws that the ledger shows broken. */
    invariantsHold: Invariants.expectInvariants(EXPECTATIONS)
  }
})

/** What a process of the controller needs. */
export type Services =
  | Faults.Services
  | ObjectCache.ObjectCache
  | PeerDiscovery.PeerDiscovery
  | SyncerRegistry.SyncerRegistry
  | InMemoryKubernetes.InMemoryKubernetes

/** Makes the node and runs turns until something holds. */
export const until = (cluster: TestCluster, holds: () => boolean) =>
  Effect.andThen(cluster.create(), cluster.converge({ until: Effect.sync(holds) }))

/** Makes the node and runs turns until it has settled. */
export const converged = (cluster: TestCluster) => Effect.andThen(cluster.create(), cluster.converge())

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

/** The StatefulSet of the node, as a controller makes it that does not wait for the bootstrap to end. */
export const earlyStatefulSet = (cluster: TestCluster) =>
  Effect.gen(function* () {
    const object = cluster.node()
    if (object === undefined) return
    const node = Result.getOrThrow(SeiNode.decode(object))
    const manifest = Fixtures.manifests(node).find(({ kind }) => kind === "StatefulSet")
    const { annotations: _, ...metadata } = { ...manifest?.metadata }
    const body = asObject(asJson({ ...manifest, metadata }))
    yield* cluster.other(StatefulSet, { verb: "create", namespace: NAMESPACE, body })
  })

/** Makes a workflow that works on a node, and first its kind, which a cluster need not have. */
export const workflow = (cluster: TestCluster, name: string, node: string) =>
  Effect.gen(function* () {
    const { apiVersion, kind, plural } = Workflow
    const [group = "", version = ""] = apiVersion.split("/")
    const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } }
    const spec = {
      group,
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: "Namespaced",
      versions: [{ name: version, served: true, storage: true, schema }]
    }
    const named = { metadata: { name: `${plural}.${group}` } }
    const definition = { apiVersion: Definition.apiVersion, kind: Definition.kind, ...named, spec }
    yield* Effect.ignoreCause(cluster.other(Definition, { verb: "create", namespace: "", body: definition }))
    const metadata = { name, finalizers: ["sei.io/seinodetaskworkflow-finalizer", "example.dev/other"] }
    const body = { apiVersion, kind, metadata, spec: { target: { nodeRef: { name: node } } } }
    yield* cluster.other(Workflow, { verb: "create", namespace: NAMESPACE, body })
  })

const Workflow = ObjectMeta.namespaced("sei.io/v1alpha1", "SeiNodeTaskWorkflow", "seinodetaskworkflows")

/** Whether a task of the plan was claimed. */
export const submitted = (cluster: TestCluster, type: string) => () =>
  tasks(cluster.plan()).some((task) => task.type === type && task.submittedAt !== undefined)

/** Requests to the API server, by verb; reads of the cache and calls of the sidecar are none. */
export const requests = (calls: ReadonlyArray<CallLog.Call>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { verb } of calls) {
    if (verb === "submit" || verb === "poll" || verb === "health") continue
    counts[verb] = (counts[verb] ?? 0) + 1
  }
  return counts
}

/** Types of the tasks that were submitted, in order. */
export const submissions = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<string> =>
  calls.flatMap(({ sent, verb }) => (verb === "submit" ? [String(asObject(asJson(sent)).type)] : []))

/** Whether a type of task is the sidecar's to do. */
export const isRemote = (type: string): boolean =>
  Option.exists(Registry.lookup(NodeTasks.registry, type), ({ _tag }) => _tag === "Remote")

export const types = (plan: Json): ReadonlyArray<string> =>
  Array.isArray(plan.tasks) ? plan.tasks.map((task: Json[string]) => String(asObject(task).type)) : []

export const tasks = (plan: Json): ReadonlyArray<Json> =>
  Array.isArray(plan.tasks) ? plan.tasks.map((task: Json[string]) => asObject(task)) : []

/** The first task of a type. */
export const task = (plan: Json, type: string): Json => tasks(plan).find((each) => each.type === type) ?? {}

export const asObject = (value: Json[string] | undefined): Json => (ObjectMeta.isJsonObject(value) ? value : {})

export const asJson = (value: unknown): Json[string] | undefined => JSON.parse(JSON.stringify(value ?? null))

/** The condition of a type; empty when there is none. */
export const conditionOf = (status: Json, type: string): Json =>
  Array.isArray(status.conditions)
    ? asObject(status.conditions.find((each: Json[string]) => asObject(each).type === type))
    : {}
