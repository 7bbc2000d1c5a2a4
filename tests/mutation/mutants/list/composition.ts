/** Mutants of what the process writes around its passes, gives to its parts, and sends to sidecars. */
import type { Mutant } from "../Mutant.ts"

const run = "apps/controller/src/Run.ts"
const sidecarAgent = "apps/controller/src/sidecar/SidecarAgent.ts"

/** Writes the status of the reconciled object after each pass, with the same content. */
const WRITER = `import { ObjectCache as Cache, StatusWriter as Writer } from "@portolan/planner"
import * as Option from "effect/Option"
const writeAfterPass = (reconcile, isWritten) => (key) =>
  Effect.tap(reconcile(key), () =>
    Effect.gen(function* () {
      const cache = yield* Cache.ObjectCache
      const { patchStatus } = yield* Writer.StatusWriter
      const object = Option.getOrUndefined(yield* cache.get(key))
      if (object?.status === undefined || !isWritten(object.status)) return
      yield* Effect.ignore(patchStatus(key, object.metadata.resourceVersion, { phase: object.status.phase }))
    }))`

/** Writes a status after each pass whose own status write failed. */
const REPORTER = `import { ReconcileReport, StatusWriter as Writer } from "@portolan/planner"
const showRejections = (controller) =>
  Effect.gen(function* () {
    const { patchStatus } = yield* Writer.StatusWriter
    const observe = yield* ReconcileReport.ReconcileObserver
    const show = ({ action, pass }) =>
      action._tag === "WriteFailed"
        ? Effect.ignore(patchStatus(pass.key, pass.observedVersion, { rejection: action.reason }))
        : Effect.void
    return yield* Effect.provideService(controller, ReconcileReport.ReconcileObserver, (report) =>
      Effect.andThen(observe(report), show(report)))
  })`

/** Writes the status of all objects of a kind that wait, before its controller starts. */
const WAITS = `import { ObjectCache as Cache, ObjectMeta, StatusWriter as Writer } from "@portolan/planner"
const clearWaits = (kind) =>
  Effect.gen(function* () {
    const { patchStatus } = yield* Writer.StatusWriter
    yield* (yield* InformerCache.InformerCache).ready
    const waiting = (yield* (yield* Cache.ObjectCache).list(kind)).filter(({ status }) => status?.waiting !== undefined)
    for (const object of waiting) {
      const { resourceVersion } = object.metadata
      yield* Effect.ignore(patchStatus(ObjectMeta.keyOf(kind, object), resourceVersion, { waiting: null }))
    }
  })`

/** Sends an event about the reconciled object after each pass. */
const RECORDER = `import { EventRecorder, ObjectCache as Cache } from "@portolan/planner"
import * as Option from "effect/Option"
const recordAfterPass = (reconcile) => (key) =>
  Effect.tap(reconcile(key), () =>
    Effect.gen(function* () {
      const { record } = yield* EventRecorder.EventRecorder
      const object = Option.getOrUndefined(yield* (yield* Cache.ObjectCache).get(key))
      if (object !== undefined) yield* record(key.kind, object, { type: "Normal", reason: "Seen", message: "seen" })
    }))`

export const composition: ReadonlyArray<Mutant> = [
  {
    id: "writes-as-another-manager",
    story: "applies generated objects as another field manager than the one stored in clusters",
    kind: "unstable identity",
    by: "writes objects, finalizers and status as seinode-controller",
    file: run,
    search: "LiveKubernetes.layer({ fieldManager })",
    replace: 'LiveKubernetes.layer({ fieldManager: "portolan" })'
  },
  {
    id: "writes-status-after-pass-of-adopted",
    story: "writes the status again after each pass of a node that a workflow has adopted",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "adopting", place: "composition" },
    file: run,
    prelude: WRITER,
    search: "Controller.start({ ...definition, reconcile })",
    replace:
      "Controller.start({ ...definition, reconcile: writeAfterPass(reconcile, (status) => status.adoptedWorkflow !== undefined) })"
  },
  {
    id: "writes-status-after-every-pass",
    story: "writes the status again after each pass of a node with a plan",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "creating", place: "composition" },
    file: run,
    prelude: WRITER,
    search: "Controller.start({ ...definition, reconcile })",
    replace:
      "Controller.start({ ...definition, reconcile: writeAfterPass(reconcile, (status) => status.plan !== undefined) })"
  },
  {
    id: "submits-without-params",
    story: "submits a task to its sidecar without the parameters",
    kind: "stale read",
    by: "INV-16",
    file: sidecarAgent,
    search: "body: task, timeoutMs",
    replace: "body: { id: task.id, type: task.type }, timeoutMs"
  },
  {
    id: "fails-on-unknown-task",
    story: "treats a task that its sidecar does not know as a failure of the sidecar",
    kind: "missing requeue",
    by: "Agent",
    file: sidecarAgent,
    search: "if (response.status === 404) return Effect.succeedNone",
    replace: ""
  },
  {
    id: "tracks-writes-apart-from-cache",
    story: "reports writes to a tracker that the informer cache does not listen to",
    kind: "stale read",
    by: "reads its own writes although no watch reports them",
    file: run,
    search: "LiveKubernetes.layer({ fieldManager })",
    replace: "LiveKubernetes.layer({ fieldManager }).pipe(Layer.provide(Layer.fresh(WriteTracker.layer)))"
  },
  {
    id: "calls-sidecars-without-token",
    story: "does not give the client of the sidecars the token file of the process",
    kind: "skipped check",
    by: "sends the token of the process to sidecars",
    file: run,
    search: "SidecarClient.layer(options.sidecars)",
    replace: "SidecarClient.layer({ ...options.sidecars, tokenFile: undefined })"
  },
  {
    id: "reconciles-one-node-at-a-time",
    story: "runs one pass at a time, so one that waits for a response keeps all nodes waiting",
    kind: "missing requeue",
    by: "reconciles other nodes while a pass does not end",
    file: run,
    search: "Controller.start({ ...definition, reconcile })",
    replace: "Controller.start({ ...definition, reconcile, concurrency: 1 })"
  },
  {
    id: "stops-when-passes-end",
    story: "waits for passes for ten minutes when it is stopped, until the kubelet kills it",
    kind: "unbounded retry",
    by: "stops ten seconds after it should",
    file: run,
    search: "Controller.start({ ...definition, reconcile })",
    replace: 'Controller.start({ ...definition, reconcile, grace: "10 minutes" })'
  },
  {
    id: "watches-one-namespace",
    story: "lists and watches the objects of one namespace only",
    kind: "missed event",
    by: "lists and watches each kind once",
    file: run,
    search: "watched: Controller.watched(controllers)",
    replace: 'watched: Controller.watched(controllers), namespace: "sei"'
  },
  {
    id: "enqueues-for-own-kind-alone",
    story: "fills the cache with every watched kind, and enqueues nodes for changes of SeiNodes only",
    kind: "missed event",
    by: "takes a node from its creation to its deletion",
    file: run,
    search: "Controller.start({ ...definition, reconcile })",
    replace: "Controller.start({ ...definition, watches: [], reconcile })"
  },
  {
    id: "serves-probes-everywhere",
    story: "serves the probes on every interface, whatever the address says",
    kind: "skipped check",
    by: "serves the probes on the interface of the address alone",
    file: "apps/controller/src/Health.ts",
    search: "...(host === undefined ? {} : { host }),",
    replace: ""
  },
  {
    id: "counts-runs-from-zero",
    story: "takes a task of an older sidecar, which counts no runs, for run 0, which no attempt has",
    kind: "stale read",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: "run = 1",
    replace: "run = 0"
  },
  {
    id: "sends-tasks-as-text",
    story: "sends tasks without the content type of JSON",
    kind: "wrong status",
    by: "SidecarAgent",
    file: "apps/controller/src/sidecar/SidecarClient.ts",
    search: '"content-type": "application/json",',
    replace: ""
  },
  {
    id: "exits-with-0-on-violation",
    story: "ends the demo with 0 although an invariant is violated",
    kind: "failure as success",
    by: "summary of a run",
    file: "apps/controller/demo/Summary.ts",
    search: 'count("Violated") > 0 ? 1 : 0',
    replace: 'count("Violated") > 0 ? 0 : 0'
  },
  {
    id: "ignores-namespace-of-cache",
    story: "lists and watches all namespaces, although the cache is of one",
    kind: "needless read",
    by: "Controller",
    file: "packages/k8s-adapter/src/cache/InformerCache.ts",
    search: "...(namespace === undefined ? {} : { namespace })",
    replace: ""
  },
  {
    id: "reports-events-as-nobody",
    story: "leaves the reporting component out of events, by which the API server lists them",
    kind: "unstable identity",
    by: "LiveEvents",
    file: "packages/k8s-adapter/src/services/LiveEvents.ts",
    search: "reportingComponent: component",
    replace: 'reportingComponent: ""'
  },
  {
    id: "gives-recreated-object-same-plan",
    story: "derives the id of a plan from the name of its object instead of the uid",
    kind: "unstable identity",
    by: "INV-14",
    file: "packages/planner/src/plan/Identity.ts",
    search: "object.metadata.uid",
    replace: "object.metadata.name"
  },
  {
    id: "sends-event-after-pass",
    story: "sends an event after every pass, also of a converged node",
    kind: "needless write",
    by: "writes nothing outside of its passes",
    file: run,
    prelude: RECORDER,
    search: "Controller.start({ ...definition, reconcile })",
    replace: "Controller.start({ ...definition, reconcile: recordAfterPass(reconcile) })"
  },
  {
    id: "discovers-one-region",
    story: "caches the instances of one region for all regions and tags",
    kind: "stale read",
    by: "LivePeerDiscovery",
    file: "apps/controller/src/LivePeerDiscovery.ts",
    search: "Cache.get(instances, source)",
    replace: 'Cache.get(instances, { region: "eu-central-1", tags: {} })'
  },
  {
    id: "counts-patches-alone",
    story: "counts status writes in the summary of the demo only if they are patches",
    kind: "wrong status",
    by: "summary of a run",
    file: "apps/controller/demo/Summary.ts",
    search: 'verb !== "get"',
    replace: 'verb === "patch"'
  },
  {
    id: "names-events-alike",
    story: "gives all events of an object one name, so the API server rejects all but the first",
    kind: "unstable identity",
    by: "LiveEvents",
    file: "packages/k8s-adapter/src/services/LiveEvents.ts",
    search: "(yield* Random.nextIntBetween(0, 0xffffffff)).toString(16)",
    replace: '"0"'
  },
  {
    id: "hides-violation-in-exit-code",
    story: "lets npm start -- --once exit with 0 although an invariant is violated",
    kind: "failure as success",
    by: "npm start -- --once",
    file: "apps/controller/demo/main.ts",
    search: "if (once) return summary.exitCode",
    replace: "if (once) return 0"
  },
  {
    id: "serves-probes-on-another-port",
    story: "serves the probes on another port than the one that existing deployments probe",
    kind: "wrong status",
    by: "the options of the process",
    file: "apps/controller/src/Cli.ts",
    search: 'const PROBES_ADDRESS = ":8081"',
    replace: 'const PROBES_ADDRESS = ":8080"'
  },
  {
    id: "shows-rejection-in-second-write",
    story: "writes status again after a pass whose status write was rejected, to show the rejection",
    kind: "wrong status",
    by: "INV-2",
    file: run,
    prelude: REPORTER,
    search: "Controller.start({ ...definition, reconcile })",
    replace: "showRejections(Controller.start({ ...definition, reconcile }))"
  },
  {
    id: "clears-waits-at-start",
    story: "clears the waits of all objects when the process starts",
    kind: "lost update",
    by: "INV-2",
    file: run,
    prelude: WAITS,
    search: "const reconcile = yield* definition.reconcile",
    replace:
      "yield* Effect.provideContext(clearWaits(definition.kind), writers)\n  const reconcile = yield* definition.reconcile"
  },
  {
    id: "resends-rejected-tasks",
    story: "sends a task that its sidecar rejects once more with fewer parameters",
    kind: "double submission",
    by: "INV-8",
    file: sidecarAgent,
    search: 'send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),',
    replace: `Effect.flatMap(
        send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),
        (response) =>
          response.status === 400
            ? send(address, { method: "POST", path: "/v0/tasks", body: { ...task, params: {} }, timeoutMs: TASK_TIMEOUT_MS })
            : Effect.succeed(response)
      ),`
  }
]
