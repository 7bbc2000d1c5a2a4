/** The process as it ships, over HTTP, in an emulated cluster with a user and a node. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { ObjectMeta, ReconcileReport } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { intents } from "@portolan/sei/testing/Intents"
import { AuditCalls, HttpFaults, Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as DemoCluster from "../../demo/DemoCluster.ts"
import * as DemoUser from "../../demo/DemoUser.ts"
import * as Scenarios from "../../demo/Scenarios.ts"
import { run } from "../../src/Run.ts"

/** An image that no kubelet can pull. */
export const WRONG_IMAGE = "sei:wrong"
/** Another controller, which writes `status.adoptedWorkflow`. */
export const WORKFLOW = "workflow-controller"

const example = (name: string): Scenarios.Scenario => {
  const found = Scenarios.find(name)
  if (found === undefined) throw new Error(`there is no example ${name}`)
  return found
}

export const { node } = example("full-node")
/** Nodes of other names in the same namespace: a validator after its Secrets, and one that waits for state syncers. */
export const others = [...example("validator").dependencies, example("validator").node, example("state-sync").node]
export const KEY = ObjectMeta.keyOf(SeiNode.resource, node)
const NODES = { group: "sei.io", version: "v1alpha1", plural: "seinodes" }
const PODS = { group: "", version: "v1", plural: "pods" }

export interface Cluster extends Effect.Success<typeof makeCluster> {}

/** A cluster without a controller. */
export const makeCluster = Effect.gen(function* () {
  const faults = HttpFaults.make()
  const cluster = yield* DemoCluster.make({ port: undefined, pulls: (image) => image !== WRONG_IMAGE, faults })
  const user = yield* DemoUser.make(cluster.kubeconfig)
  yield* user.install(KEY.namespace)
  const { kubeconfig, server } = cluster
  const platformFile = Path.join(Path.dirname(kubeconfig), "platform.yaml")
  return {
    ...cluster,
    ...user,
    faults,
    platformFile,
    /** Registers state syncers in the platform file, which does not exist before. */
    registerSyncers: () => Fs.copyFileSync(DemoCluster.environment.SEI_CONTROLLER_CONFIG, platformFile),
    isPodStuck: () => JSON.stringify(server.peekAll(PODS)).includes("ImagePullBackOff"),
    /** The phases of all nodes. */
    phases: () => server.peekAll(NODES).map((object) => ObjectMeta.statusOf(object).phase),
    exists: () => server.peek(NODES, KEY.namespace, KEY.name) !== undefined,
    setImage: (image: string) => user.apply({ ...node, spec: { ...Object(node.spec), image } }),
    /** What a workflow's controller does to the node. */
    adopt: (adoptedWorkflow: ObjectMeta.JsonObject | null) =>
      Effect.promise(() =>
        fetch(`${cluster.api.url}/apis/sei.io/v1alpha1/namespaces/${KEY.namespace}/seinodes/${KEY.name}/status`, {
          method: "PATCH",
          headers: { "content-type": "application/merge-patch+json", "user-agent": WORKFLOW },
          body: JSON.stringify({ status: { adoptedWorkflow } })
        })
      )
  }
})

type Holds = (status: ObjectMeta.JsonObject, report: ReconcileReport.ReconcileReport) => boolean

/** Runs the controllers until the scope closes. */
export const start = Effect.fnUntraced(function* (cluster: Cluster) {
  const reports = yield* Queue.unbounded<ReconcileReport.ReconcileReport>()
  const options = yield* DemoCluster.runOptions(cluster)
  yield* run({ ...options, platformFile: cluster.platformFile }).pipe(
    Effect.provideService(ReconcileReport.ReconcileObserver, (report) => Effect.asVoid(Queue.offer(reports, report)))
  )
  return {
    /** Waits for a reconcile of the node whose status satisfies `holds`. */
    until: (holds: Holds) =>
      Effect.repeat(Queue.take(reports), {
        until: (report) => report.pass.key.name === KEY.name && holds(ObjectMeta.statusOf(report.object), report)
      })
  }
})

export const isIdle: Holds = (status, { patch, requeue }) =>
  requeue._tag === "AwaitChange" && Object.keys(patch).length === 0 && status.plan === undefined

export const runs =
  (image: string): Holds =>
  (status, report) =>
    isIdle(status, report) && status.phase === "Running" && status.currentImage === image

/** Waits for a state of the cluster that no reconcile reports. */
export const eventually = (holds: () => boolean) => Effect.repeat(Effect.sleep("10 millis"), { until: holds })

/** What the API server's audit log and the sidecars' requests show about each invariant. */
export const verdicts = ({ agentCalls, api }: Cluster): ReadonlyArray<Invariants.Verdict> => {
  const kinds = [Identity.StatefulSet, Identity.Pod, Identity.Service, Identity.PersistentVolumeClaim]
  const calls = AuditCalls.fromAudit(api.audit(), agentCalls(), { kind: SeiNode.resource, kinds })
  return Invariants.evaluate(calls, { intents, otherWriters: [WORKFLOW] })
}
