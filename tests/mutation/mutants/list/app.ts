/** Mutants of the process that ships: how it is composed, what it tells the API server and the sidecars, and its probes. */
import type { Mutant } from "../Mutant.ts"

const run = "apps/controller/src/Run.ts"
const main = "apps/controller/src/main.ts"
const cli = "apps/controller/src/Cli.ts"
const appConfig = "apps/controller/src/AppConfig.ts"
const health = "apps/controller/src/Health.ts"
const seiNode = "apps/controller/src/kinds/SeiNode.ts"
const sidecarAgent = "apps/controller/src/sidecar/SidecarAgent.ts"
const sidecarClient = "apps/controller/src/sidecar/SidecarClient.ts"
const syncerFile = "apps/controller/src/SyncerFile.ts"
const discovery = "apps/controller/src/LivePeerDiscovery.ts"
const client = "packages/k8s-adapter/src/client/Client.ts"
const resourcePath = "packages/k8s-adapter/src/client/ResourcePath.ts"
const liveKubernetes = "packages/k8s-adapter/src/services/LiveKubernetes.ts"
const liveEvents = "packages/k8s-adapter/src/services/LiveEvents.ts"

/** Wraps every pass of the composition. */
const WRAPPED = "const reconcile = yield* definition.reconcile"
const wrapped = (after: string) => `const inner = yield* definition.reconcile
  const reconcile = (key) => Effect.tap(inner(key), () => Effect.ignore(Effect.gen(function* () {
    const node = (yield* (yield* ObjectCache.ObjectCache).get(key)).value
    const status = node?.status ?? {}
    ${after}
  })))`
const WRAPPERS = `import { KubernetesApi, ObjectCache, StatusWriter } from "@portolan/planner"
import { Client as AnyClient } from "@portolan/k8s-adapter"`

export const app: ReadonlyArray<Mutant> = [
  {
    id: "records-adoption-after-pass",
    story: "writes the status of an adopted node once more after the pass, through the status writer",
    kind: "lost update",
    by: "INV-2",
    seed: { rule: "INV-2", shape: "adopting", place: "composition" },
    file: run,
    prelude: WRAPPERS,
    search: WRAPPED,
    replace: wrapped(`if (status.adoptedWorkflow === undefined || status.note !== undefined) return
    const writer = yield* StatusWriter.StatusWriter
    yield* writer.patchStatus(key, node.metadata.resourceVersion, { note: "adopted" })`)
  },
  {
    id: "patches-status-by-request",
    story: "writes the status after the pass by a request of its own, without a resourceVersion",
    kind: "lost update",
    by: "INV-2",
    file: run,
    prelude: WRAPPERS,
    search: WRAPPED,
    replace: wrapped(`if (status.phase !== "Running" || status.note !== undefined) return
    const { request } = yield* AnyClient.Client
    yield* request({ method: "PATCH", contentType: "application/merge-patch+json", body: { status: { note: "seen" } },
      path: "/apis/sei.io/v1alpha1/namespaces/" + key.namespace + "/seinodes/" + key.name + "/status" })`)
  },
  {
    id: "applies-before-plan",
    story: "applies a ConfigMap for each node before its first pass",
    kind: "early effect",
    by: "writes nothing outside of its passes",
    file: run,
    prelude: WRAPPERS,
    search: WRAPPED,
    replace: `const inner = yield* definition.reconcile
  const reconcile = (key) => Effect.gen(function* () {
    const { create } = yield* KubernetesApi.KubernetesApi
    const kind = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps", scope: "Namespaced" }
    yield* Effect.ignore(create({ ...key, kind },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: key.name, namespace: key.namespace } }))
    return yield* inner(key)
  })`
  },
  {
    id: "is-another-manager",
    story: "applies and patches as another field manager than the one that clusters have stored",
    kind: "unstable identity",
    by: "writes objects, finalizers and status as seinode-controller",
    file: seiNode,
    search: 'fieldManager: "seinode-controller"',
    replace: 'fieldManager: "portolan"'
  },
  {
    id: "patches-as-nobody",
    story: "patches status and finalizers without a field manager",
    kind: "unstable identity",
    by: "writes objects, finalizers and status as seinode-controller",
    file: liveKubernetes,
    search: "path: ResourcePath.object(key, subresource, { fieldManager })",
    replace: "path: ResourcePath.object(key, subresource)"
  },
  {
    id: "creates-as-nobody",
    story: "creates objects without a field manager",
    kind: "unstable identity",
    by: "writes objects, finalizers and status as seinode-controller",
    file: liveKubernetes,
    search: "ResourcePath.collection(key.kind, { namespace: key.namespace }, { fieldManager })",
    replace: "ResourcePath.collection(key.kind, { namespace: key.namespace })"
  },
  {
    id: "sends-events-as-another",
    story: "sends events as another component",
    kind: "unstable identity",
    by: "sends events as seinode-controller",
    file: run,
    search: "LiveEvents.layer({ component: fieldManager })",
    replace: 'LiveEvents.layer({ component: "portolan" })'
  },
  {
    id: "sends-events-without-source",
    story: "leaves the component out of an event's source",
    kind: "unstable identity",
    by: "sends events as seinode-controller",
    file: liveEvents,
    search: "source: { component }",
    replace: "source: {}"
  },
  {
    id: "is-ready-at-once",
    story: "is ready before its caches are synced",
    kind: "stale read",
    by: "is alive but not ready",
    file: run,
    search: "Ref.make(false)",
    replace: "Ref.make(true)"
  },
  {
    id: "is-always-ready",
    story: "responds 200 to /readyz whatever the caches are",
    kind: "stale read",
    by: "is alive but not ready",
    file: health,
    search: "{ status: 503 }",
    replace: "{ status: 200 }"
  },
  {
    id: "is-never-ready",
    story: "stays unready after its caches are synced",
    kind: "wrong status",
    by: "serves /healthz and, once the caches are synced, /readyz",
    file: run,
    search: "yield* Ref.set(isReady, true)",
    replace: "yield* Ref.set(isReady, false)"
  },
  {
    id: "serves-no-probes",
    story: "serves the probes only after the caches are synced",
    kind: "wrong status",
    by: "is alive but not ready",
    file: run,
    search: "yield* Layer.build(Health.layer(health, Ref.get(isReady)))",
    replace: 'yield* Effect.forkScoped(Effect.delay(Layer.build(Health.layer(health, Ref.get(isReady))), "3 seconds"))'
  },
  {
    id: "retries-reads-at-once",
    story: "retries a read after its own delay, not after the server's",
    kind: "unbounded retry",
    by: "is alive but not ready",
    file: client,
    search: "response.retryAfterMs ?? 250 * 2 ** attempt",
    replace: "250 * 2 ** attempt"
  },
  {
    id: "waits-milliseconds",
    story: "takes the seconds of Retry-After for milliseconds",
    kind: "unbounded retry",
    by: "is alive but not ready",
    file: client,
    search: "Math.max(seconds * 1000, 0)",
    replace: "Math.max(seconds, 0)"
  },
  {
    id: "watches-no-references",
    story: "does not watch the Secrets that nodes reference",
    kind: "missed event",
    by: "the composed process",
    file: seiNode,
    search: "...NodeWatches.watches,",
    replace: "...NodeWatches.watches, references: [],"
  },
  {
    id: "lists-without-selector",
    story: "lists and watches all Pods and ConfigMaps, not only the labelled ones",
    kind: "needless read",
    by: "lists and watches each kind once",
    file: resourcePath,
    search: "labelSelector: selector(labels ?? {}),",
    replace: "labelSelector: selector({}),"
  },
  {
    id: "lists-all-secrets",
    story: "lists and watches every Secret of a namespace, not only those that nodes reference",
    kind: "needless read",
    by: "lists and watches each kind once",
    file: resourcePath,
    search: "fieldSelector: name === undefined ? undefined :",
    replace: "fieldSelector: name !== name ? undefined : name !== undefined ? undefined :"
  },
  {
    id: "starts-no-external-source",
    story: "does not start the source of keys outside of the API server",
    kind: "missed event",
    by: "starts the source of keys",
    file: run,
    search: "if (externalSource !== undefined) yield* externalSource(controller)",
    replace: ""
  },
  {
    id: "enqueues-no-waiting-nodes",
    story: "enqueues no node when the state syncers change",
    kind: "missed event",
    by: "SeiNode controller",
    file: seiNode,
    search: "yield* Effect.forEach(keys, enqueue, { discard: true })",
    replace: "yield* Effect.forEach([], enqueue, { discard: true })"
  },
  {
    id: "compares-with-first-content",
    story: "compares the platform file with its content at the start: a change is reported for ever",
    kind: "missed event",
    by: "SyncerFile",
    file: syncerFile,
    search: "current = contentOf(path)\n      return current === previous",
    replace: "const next = contentOf(path)\n      return next === previous"
  },
  {
    id: "runs-two-queues",
    story: "starts every controller twice, so that two passes of one object can overlap",
    kind: "concurrent use",
    by: "runs no two passes of a node at once",
    file: run,
    search: "Effect.forEach(controllers, start)",
    replace: "Effect.forEach([...controllers, ...controllers], start)"
  },
  {
    id: "calls-sidecars-anonymously",
    story: "sends no Audit-ID to sidecars, so that nobody can tell which pass sent a request",
    kind: "wrong status",
    by: "INV-8",
    file: sidecarClient,
    search: "        ...ofPass\n",
    replace: ""
  },
  {
    id: "submits-twice-over-http",
    story: "repeats a submission to a sidecar at once",
    kind: "double submission",
    by: "INV-8",
    file: sidecarAgent,
    search: `      send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),`,
    replace: `      Effect.andThen(send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),
        send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS })),`
  },
  {
    id: "submits-other-params",
    story: "sends parameters to a sidecar that the stored task does not have",
    kind: "early effect",
    by: "INV-16",
    file: sidecarAgent,
    search: 'path: "/v0/tasks", body: task,',
    replace: 'path: "/v0/tasks", body: { ...task, params: { ...task.params, dryRun: true } },'
  },
  {
    id: "submits-under-short-id",
    story: "shortens the id of a task on its way to the sidecar",
    kind: "unstable identity",
    by: "INV-16",
    file: sidecarAgent,
    search: 'path: "/v0/tasks", body: task,',
    replace: 'path: "/v0/tasks", body: { ...task, id: task.id.slice(0, 8) },'
  },
  {
    id: "takes-unknown-task-for-done",
    story: "takes HTTP 404 for a task to be complete",
    kind: "failure as success",
    by: "Agent",
    file: sidecarAgent,
    search: "if (response.status === 404) return Effect.succeedNone",
    replace: 'if (response.status === 404) return Effect.succeedSome({ _tag: "Completed", run: 1 })'
  },
  {
    id: "takes-503-for-ready",
    story: "takes a sidecar that responds 503 for ready",
    kind: "failure as success",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: '"NotReady" as const',
    replace: '"Ready" as const'
  },
  {
    id: "gives-up-on-conflict",
    story: "takes any status of 4xx and 5xx from a sidecar for final",
    kind: "failure as success",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: "FINAL.has(response.status)",
    replace: "response.status >= 400"
  },
  {
    id: "forgets-failures-of-peers",
    story: "keeps the failure to find a peer as long as a result",
    kind: "stale read",
    by: "LivePeerDiscovery",
    file: discovery,
    search: "(Exit.isSuccess(exit) ? ttl : FAILURE_TTL)",
    replace: "(Exit.isSuccess(exit) ? ttl : ttl)"
  },
  {
    id: "interrupts-passes-at-sigterm",
    story: "interrupts the passes that run when the process is stopped",
    kind: "lost update",
    by: "SIGTERM",
    file: run,
    search: "Controller.start({ ...definition, reconcile })",
    replace: "Controller.start({ ...definition, reconcile, grace: 0 })"
  },
  {
    id: "fails-when-stopped",
    story: "exits with 1 when a signal stops the process",
    kind: "wrong status",
    by: "SIGTERM",
    file: main,
    search: "onExit(0)",
    replace: "onExit(1)"
  },
  {
    id: "cannot-disable-probes",
    story: "does not accept 0, which disables the probes",
    kind: "skipped check",
    by: "AppConfig",
    file: appConfig,
    search: 'if (text === "0") return Effect.succeed(undefined)',
    replace: ""
  },
  {
    id: "rejects-task-on-401",
    story: "takes a token that a sidecar rejects for a rejection of the task, which is final",
    kind: "failure as success",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: "new Set([400, 404,",
    replace: "new Set([400, 401, 404,"
  },
  {
    id: "takes-rejection-for-success",
    story: "takes every response of a sidecar to a submission for success",
    kind: "failure as success",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: "(response.status < 300 ? Effect.void : fail(address, reasonOf(response)))",
    replace: "(response.status < 600 ? Effect.void : fail(address, reasonOf(response)))"
  },
  {
    id: "reads-no-platform-file",
    story: "never reads the state syncers, because it does not know their file",
    kind: "stale read",
    by: "the options of the process",
    file: cli,
    search: "platformFile: AppConfig.platformFile(env)",
    replace: 'platformFile: ""'
  },
  {
    id: "sends-no-default-token",
    story: "sends the service account's token to sidecars only if a file is named",
    kind: "wrong status",
    by: "the options of the process",
    file: cli,
    search: "(env.SEI_SIDECAR_TOKEN_FILE ?? SERVICE_ACCOUNT_TOKEN) || undefined",
    replace: "env.SEI_SIDECAR_TOKEN_FILE || undefined"
  },
  {
    id: "exits-with-0-on-error",
    story: "exits with 0 when the process cannot start",
    kind: "failure as success",
    by: "a process that cannot start",
    file: main,
    search: "Runtime.defaultTeardown(exit, onExit)",
    replace: "onExit(0)"
  },
  {
    id: "logs-for-people",
    story: "logs text instead of JSON lines",
    kind: "wrong status",
    by: "SIGTERM",
    file: main,
    search: "  Effect.provide(Logger.layer([Logger.consoleJson])),\n",
    replace: ""
  },
  {
    id: "waits-hours-for-sidecars",
    story: "waits for hours for a sidecar that does not respond",
    kind: "missing requeue",
    by: "SidecarAgent",
    file: sidecarAgent,
    search: "const TASK_TIMEOUT_MS = 10_000",
    replace: "const TASK_TIMEOUT_MS = 10_000_000"
  }
]
