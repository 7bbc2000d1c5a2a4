/**
 * The planner's promises about Kubernetes, kept by an API server in memory. Every call is noted in the ledger, except
 * reads of the cache, which cost no request.
 *
 * Time comes from the `Clock` in view when the layer is built, so a `TestClock` is the server's clock too.
 */

import { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { at, objectsOf, textOf } from "@portolan/cluster-emulator/apiserver/Json"
import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import { byText } from "@portolan/cluster-emulator/apiserver/Memo"
import type { ApiRequest, ApiResponse } from "@portolan/cluster-emulator/apiserver/Request"
import * as Times from "@portolan/cluster-emulator/apiserver/Times"
import {
  CurrentReconcile,
  EventRecorder,
  KubernetesApi,
  ObjectCache,
  ObjectMeta,
  StatusWriter
} from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { memoize } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as CallLog from "./CallLog.ts"

export interface Options {
  /** Under which name the promises write. */
  readonly fieldManager?: string
  /** CustomResourceDefinitions that exist from the start. */
  readonly definitions?: ReadonlyArray<object>
  /** Namespaces that exist from the start, beside `default` and `kube-system`. */
  readonly namespaces?: ReadonlyArray<string>
  /** How many past changes the server remembers at least. */
  readonly historyCapacity?: number
}

/** What a test asks on behalf of somebody else. */
export type Ask = Pick<ApiRequest, "verb"> & Partial<Omit<ApiRequest, "verb" | "group" | "version" | "plural">>

/** The handle by which a test reaches around the promises: to look at the server, or to be another user of it. */
export class InMemoryKubernetes extends Context.Service<
  InMemoryKubernetes,
  {
    readonly server: ApiServer
    /** Asks the server as somebody else; the ledger does not see it. */
    readonly ask: (kind: ObjectMeta.ObjectKind, request: Ask) => ApiResponse
  }
>()("@portolan/testkit/InMemoryKubernetes") {}

/** Everything that {@link layer} provides. */
export type ProvidedServices =
  | InMemoryKubernetes
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | ObjectCache.ObjectCache
  | EventRecorder.EventRecorder

/** All promises over one new server; notes calls in the ledger in view. */
export const layerNoDepsWith = (options: Options = {}): Layer.Layer<ProvidedServices, never, CallLog.CallLog> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const callLog = yield* CallLog.CallLog
      const server = yield* makeServer(options)
      const context: ServerContext = { server, callLog, manager: options.fieldManager ?? "controller" }
      return Context.make(InMemoryKubernetes, {
        server,
        ask: (kind, request) => server.handle(asked(kind, request))
      }).pipe(
        Context.add(KubernetesApi.KubernetesApi, kubernetesApi(context)),
        Context.add(StatusWriter.StatusWriter, statusWriter(context)),
        Context.add(ObjectCache.ObjectCache, objectCache(context)),
        Context.add(EventRecorder.EventRecorder, eventRecorder(context))
      )
    })
  )

/** {@link layerNoDepsWith} and its ledger, for tests that assert on calls. */
export const layerWith = (options: Options = {}): Layer.Layer<ProvidedServices | CallLog.CallLog> =>
  layerNoDepsWith(options).pipe(Layer.provideMerge(CallLog.layer))

export const layerNoDeps: Layer.Layer<ProvidedServices, never, CallLog.CallLog> = layerNoDepsWith()

export const layer: Layer.Layer<ProvidedServices | CallLog.CallLog> = layerWith()

/** A server on the `Clock` in view. Refuses definitions and namespaces that the server refuses. */
export const makeServer = Effect.fnUntraced(function* (options: Options = {}) {
  const clock = yield* Clock.Clock
  const now = whenChanged(() => clock.currentTimeMillisUnsafe(), Times.fromMillis)
  return new ApiServer({ now, like: begun({ ...options, at: now() }) })
})

/** How a server stands that begins at some time. */
const begun = byText(({ at, definitions: bodies = [], historyCapacity, namespaces: names = [] }: Begin): ApiServer => {
  const server = new ApiServer({ now: () => at, ...(historyCapacity === undefined ? {} : { historyCapacity }) })
  const make = (kind: ObjectMeta.ObjectKind, body: object): void => {
    const { body: answer, code } = server.handle(asked(kind, { verb: "create", body }))
    if (code >= 300) throw new Error(textOf(answer.message))
  }
  for (const name of names) make(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } })
  for (const body of bodies) make(definitions, body)
  return server
})

interface Begin extends Omit<Options, "fieldManager"> {
  readonly at: string
}

/** Asked for many a time within one moment. */
const whenChanged = <A>(source: () => number, show: (value: number) => A): (() => A) => {
  let last = { value: source(), shown: show(source()) }
  return () => {
    const value = source()
    if (value !== last.value) last = { value, shown: show(value) }
    return last.shown
  }
}

const namespaces: ObjectMeta.ObjectKind = {
  apiVersion: "v1",
  kind: "Namespace",
  plural: "namespaces",
  scope: "Cluster"
}

const definitions: ObjectMeta.ObjectKind = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  scope: "Cluster"
}

const events: ObjectMeta.ObjectKind = { apiVersion: "v1", kind: "Event", plural: "events", scope: "Namespaced" }

/** Where the promises are kept. */
interface ServerContext {
  readonly server: ApiServer
  readonly callLog: CallLog.CallLog["Service"]
  readonly manager: string
}

const asked = (kind: ObjectMeta.ObjectKind, ask: Ask): ApiRequest => ({
  namespace: "",
  name: "",
  query: {},
  user: "somebody",
  ...ask,
  ...parseApiVersion(kind.apiVersion),
  plural: kind.plural
})

/** One call of a promise: what it is noted as, and what it asks. */
interface Call {
  readonly verb: CallLog.Verb
  readonly key: ObjectMeta.ObjectKey
  readonly sent: unknown
  readonly ask: Ask
}

/** Asks the server and notes the call as its caller learns of it. */
const perform = Effect.fnUntraced(function* (
  { callLog, manager, server }: ServerContext,
  { ask, key, sent, verb }: Call
) {
  const pass = yield* CurrentReconcile.CurrentReconcile
  const process = yield* CallLog.CurrentProcess
  const { kind, name, namespace } = key
  const resource = { ...parseApiVersion(kind.apiVersion), plural: kind.plural }
  const isWrite = ask.verb !== "get" && ask.verb !== "list"
  const before = isWrite ? server.peek(resource, namespace, name) : undefined
  const response = server.handle(asked(kind, { user: manager, ...ask, namespace, name: ask.name ?? name }))
  const after = isWrite ? server.peek(resource, namespace, name) : undefined
  const reason = reasonOf(verb, response)
  yield* callLog.record({
    verb,
    target: ObjectMeta.keyText(key),
    pass,
    process,
    sent,
    result: reason === undefined ? "ok" : resultOf(reason),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after })
  })
  if (reason === undefined) return response.body
  return yield* new KubernetesApi.KubernetesError({ verb, key: ObjectMeta.keyText(key), reason })
})

type Reason = KubernetesApi.KubernetesError["reason"]

/** Calls that have what they want when the object is gone. */
const ABSENT_IS_FINE: ReadonlyArray<CallLog.Verb> = ["get", "delete", "removeFinalizer"]

/** What an answer means to the caller; `undefined` when it is what was asked for. */
const reasonOf = (verb: CallLog.Verb, { body, code }: ApiResponse): Reason | undefined => {
  if (code < 300) return undefined
  const message = textOf(body.message)
  const reason = textOf(body.reason)
  const isAbsent = code === 404 && textOf(at(body, "details", "name")) !== ""
  if (isAbsent && ABSENT_IS_FINE.includes(verb)) return undefined
  if (code === 429 || code >= 500) return new KubernetesApi.Unavailable({ message })
  if (code === 409 && reason !== "AlreadyExists") return new KubernetesApi.Conflict({ message })
  return new KubernetesApi.Rejected({ status: code, code: reason, message })
}

const resultOf = (reason: Reason): CallLog.CallResult => {
  switch (reason._tag) {
    case "Conflict":
      return "conflict"
    case "Rejected":
      return "rejected"
    case "Unavailable":
      return "unavailable"
  }
}

/** The object of an answer. A server that answers a write with anything else is broken, not the caller. */
const objectIn = (body: ObjectMeta.JsonObject): Effect.Effect<ObjectMeta.KubernetesObject> =>
  ObjectMeta.isKubernetesObject(body) ? Effect.succeed(body) : Effect.die(new Error("the answer is no object"))

const write = (context: ServerContext, call: Call) => Effect.flatMap(perform(context, call), objectIn)

const kubernetesApi = (context: ServerContext): KubernetesApi.KubernetesApi["Service"] => ({
  get: (key) =>
    Effect.map(perform(context, { verb: "get", key, sent: undefined, ask: { verb: "get" } }), (body) =>
      ObjectMeta.isKubernetesObject(body) ? Option.some(body) : Option.none()
    ),
  list: (kind, selection = {}) => {
    const key = ObjectMeta.key(kind, selection.namespace ?? "", "")
    const query = { labelSelector: ObjectMeta.selectorText(selection.labels ?? {}) }
    const call: Call = { verb: "list", key, sent: selection, ask: { verb: "list", query } }
    return Effect.map(perform(context, call), (body) => objectsOf(body.items).filter(ObjectMeta.isKubernetesObject))
  },
  create: (key, body) =>
    write(context, {
      verb: "create",
      key,
      sent: body,
      ask: { verb: "create", name: "", body: withName(key, body), query: { fieldManager: context.manager } }
    }),
  apply: (key, body) =>
    write(context, {
      verb: "apply",
      key,
      sent: body,
      ask: {
        verb: "patch",
        patchFormat: "apply",
        body: withName(key, body),
        query: { fieldManager: context.manager, force: "true" }
      }
    }),
  delete: (key, preconditions) => {
    const body = { preconditions, propagationPolicy: "Background" }
    return Effect.asVoid(perform(context, { verb: "delete", key, sent: preconditions, ask: { verb: "delete", body } }))
  },
  removeFinalizer: (kind, seen, finalizer) => {
    const { finalizers = [], resourceVersion, uid } = seen.metadata
    if (!finalizers.includes(finalizer)) return Effect.void
    const body = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } }
    const ask: Ask = { verb: "patch", patchFormat: "merge", body, query: { fieldManager: context.manager } }
    const key = ObjectMeta.keyOf(kind, seen)
    return Effect.asVoid(perform(context, { verb: "removeFinalizer", key, sent: finalizer, ask }))
  }
})

const withName = (key: ObjectMeta.ObjectKey, body: ObjectMeta.Manifest): ObjectMeta.Manifest => ({
  ...body,
  metadata: { ...body.metadata, name: key.name }
})

const statusWriter = (context: ServerContext): StatusWriter.StatusWriter["Service"] => {
  const query = { fieldManager: context.manager }
  return {
    patchStatus: (key, expected, patch) => {
      const body = { metadata: { resourceVersion: expected }, status: patch }
      const ask: Ask = { verb: "patch", patchFormat: "merge", subresource: "status", body, query }
      return write(context, { verb: "patchStatus", key, sent: patch, ask })
    },
    setFinalizers: (key, expected, finalizers) => {
      const body = { metadata: { resourceVersion: expected, finalizers } }
      const ask: Ask = { verb: "patch", patchFormat: "merge", body, query }
      return write(context, { verb: "setFinalizers", key, sent: finalizers, ask })
    }
  }
}

/** A cache without lag: it reads what is stored, now. */
export const objectCache = ({ server }: Pick<ServerContext, "server">): ObjectCache.ObjectCache["Service"] => ({
  get: ({ kind, name, namespace }) =>
    Effect.sync(() => {
      const resource = { ...parseApiVersion(kind.apiVersion), plural: kind.plural }
      return Option.fromUndefinedOr(server.peek(resource, namespace, name))
    }),
  list: (kind, { labels = {}, namespace = "" } = {}) =>
    Effect.sync(() => {
      const resource = { ...parseApiVersion(kind.apiVersion), plural: kind.plural }
      const all = server.peekAll(resource, namespace)
      const [label] = Object.entries(labels)
      const some = typeof label?.[1] === "string" ? (byLabel(all).get(label.join("=")) ?? []) : all
      return some.filter((object) => ObjectMeta.selects(labels, object.metadata.labels))
    })
})

/** The objects of a list under each `label=value`. A list is the same one until an object of its kind changes. */
const byLabel = memoize((all: ReadonlyArray<ObjectMeta.KubernetesObject>) => {
  const index = new Map<string, Array<ObjectMeta.KubernetesObject>>()
  for (const object of all) {
    for (const [label, value] of Object.entries(object.metadata.labels ?? {})) {
      const text = `${label}=${value}`
      const known = index.get(text)
      if (known === undefined) index.set(text, [object])
      else known.push(object)
    }
  }
  return index
})

const eventRecorder = (context: ServerContext): EventRecorder.EventRecorder["Service"] => ({
  record: (kind, about, note) =>
    Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const namespace = about.metadata.namespace ?? "default"
      const body = eventBody(context.manager, about, note, namespace, Times.fromMillis(millis))
      const key = ObjectMeta.key(events, namespace, about.metadata.name)
      const ask: Ask = { verb: "create", name: "", body }
      return perform(context, { verb: "event", key, sent: { kind: kind.kind, ...note }, ask })
    }).pipe(
      Effect.catchTag("KubernetesError", (error) => Effect.logWarning("a note was dropped", error.message)),
      Effect.asVoid
    )
})

const eventBody = (
  manager: string,
  about: ObjectMeta.KubernetesObject,
  note: EventRecorder.Event,
  namespace: string,
  time: string
) => {
  const { name, resourceVersion, uid } = about.metadata
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, namespace, name, uid, resourceVersion },
    ...note,
    source: { component: manager },
    reportingComponent: manager,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1
  }
}
