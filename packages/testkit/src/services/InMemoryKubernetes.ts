/**
 * Planner's Kubernetes services over the emulator's API server. Every call is recorded in the call log, except reads of
 * the cache, which send no request.
 *
 * The server uses the `Clock` that is current when the layer is built, so it follows a `TestClock`.
 */

import { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { at, objectsOf, textOf } from "@portolan/cluster-emulator/apiserver/Json"
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
import { resourceOf } from "./Resources.ts"
import * as ResponseReasons from "./ResponseReasons.ts"

export interface Options {
  /** The field manager of every write. Default: `controller`. */
  readonly fieldManager?: string
  /** CustomResourceDefinitions that exist from the start. */
  readonly definitions?: ReadonlyArray<object>
  /** Namespaces that exist from the start, besides `default` and `kube-system`. */
  readonly namespaces?: ReadonlyArray<string>
  /** How many past changes the server keeps at least. */
  readonly historyCapacity?: number
}

/** A request of another user. Default user: `test-user`. */
export type Ask = Pick<ApiRequest, "verb"> & Partial<Omit<ApiRequest, "verb" | "group" | "version" | "plural">>

/** A test's access to the server behind the services: to inspect it, or to be another user of it. */
export class InMemoryKubernetes extends Context.Service<
  InMemoryKubernetes,
  {
    readonly server: ApiServer
    /** Sends a request as another user. It is not recorded in the call log. */
    readonly ask: (kind: ObjectMeta.ObjectKind, request: Ask) => ApiResponse
  }
>()("@portolan/testkit/InMemoryKubernetes") {
  /** It can send any request, so no task may require it (INV-2). */
  declare readonly "~writesStatus": true
}

/** Everything that {@link layer} provides. */
export type ProvidedServices =
  | InMemoryKubernetes
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | ObjectCache.ObjectCache
  | EventRecorder.EventRecorder

/** All services over one new server; records calls in the current call log. */
export const layerNoDepsWith = (options: Options = {}): Layer.Layer<ProvidedServices, never, CallLog.CallLog> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const callLog = yield* CallLog.CallLog
      const server = yield* makeServer(options)
      const context: ServerContext = { server, callLog, manager: options.fieldManager ?? "controller" }
      return Context.make(InMemoryKubernetes, {
        server,
        ask: (kind, request) => server.handle(requestOf(kind, request))
      }).pipe(
        Context.add(KubernetesApi.KubernetesApi, kubernetesApi(context)),
        Context.add(StatusWriter.StatusWriter, statusWriter(context)),
        Context.add(ObjectCache.ObjectCache, objectCache(context)),
        Context.add(EventRecorder.EventRecorder, eventRecorder(context))
      )
    })
  )

/** {@link layerNoDepsWith} and its call log. */
export const layerWith = (options: Options = {}): Layer.Layer<ProvidedServices | CallLog.CallLog> =>
  layerNoDepsWith(options).pipe(Layer.provideMerge(CallLog.layer))

export const layerNoDeps: Layer.Layer<ProvidedServices, never, CallLog.CallLog> = layerNoDepsWith()

export const layer: Layer.Layer<ProvidedServices | CallLog.CallLog> = layerWith()

/** A server on the current `Clock`. Throws when the server rejects a definition or a namespace. */
export const makeServer = Effect.fnUntraced(function* (options: Options = {}) {
  const clock = yield* Clock.Clock
  const now = memoizeLast(() => clock.currentTimeMillisUnsafe(), Times.fromMillis)
  return new ApiServer({ now, like: initialServer({ ...options, at: now() }) })
})

/**
 * A server with the definitions and namespaces of its options, built once for equal options and copied by every user.
 */
const initialServer = byText((options: InitialOptions): ApiServer => {
  const { at, definitions = [], historyCapacity, namespaces = [] } = options
  const server = new ApiServer({ now: () => at, ...(historyCapacity === undefined ? {} : { historyCapacity }) })
  const create = (kind: ObjectMeta.ObjectKind, body: object): void => {
    const response = server.handle(requestOf(kind, { verb: "create", body }))
    if (response.code >= 300) throw new Error(textOf(response.body.message))
  }
  for (const name of namespaces) create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } })
  for (const body of definitions) create(CustomResourceDefinition, body)
  return server
})

interface InitialOptions extends Omit<Options, "fieldManager"> {
  readonly at: string
}

/** Keeps the result for the last value: the server formats the same time many times. */
const memoizeLast = <A>(source: () => number, format: (value: number) => A): (() => A) => {
  let last = { value: source(), formatted: format(source()) }
  return () => {
    const value = source()
    if (value !== last.value) last = { value, formatted: format(value) }
    return last.formatted
  }
}

const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")

const CustomResourceDefinition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

const Event = ObjectMeta.namespaced("v1", "Event", "events")

/** What every service is built from. */
interface ServerContext {
  readonly server: ApiServer
  readonly callLog: CallLog.CallLog["Service"]
  readonly manager: string
}

const requestOf = (kind: ObjectMeta.ObjectKind, request: Ask): ApiRequest => ({
  namespace: "",
  name: "",
  query: {},
  user: "test-user",
  ...request,
  ...resourceOf(kind)
})

/** One call of a service: what is recorded, and the request that is sent. */
interface Call extends Pick<CallLog.Call, "precondition"> {
  readonly verb: CallLog.Verb
  readonly key: ObjectMeta.ObjectKey
  readonly sent: unknown
  readonly request: Ask
}

/** Sends the request and records the call. */
const perform = Effect.fnUntraced(function* (
  { callLog, manager, server }: ServerContext,
  { key, precondition, request, sent, verb }: Call
) {
  const pass = yield* CurrentReconcile.CurrentReconcile
  const process = yield* CallLog.CurrentProcess
  const { kind, name, namespace } = key
  const resource = resourceOf(kind)
  const isWrite = request.verb !== "get" && request.verb !== "list"
  const before = isWrite ? server.peek(resource, namespace, name) : undefined
  const response = server.handle(requestOf(kind, { user: manager, ...request, namespace, name: request.name ?? name }))
  const after = isWrite ? server.peek(resource, namespace, name) : undefined
  const reason = reasonOf(verb, response)
  yield* callLog.record({
    verb,
    target: ObjectMeta.keyText(key),
    pass,
    process,
    sent,
    ...(precondition === undefined ? {} : { precondition }),
    result: reason === undefined ? "ok" : ResponseReasons.resultOf(reason),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after })
  })
  if (reason === undefined) return response.body
  return yield* new KubernetesApi.KubernetesError({ verb, key: ObjectMeta.keyText(key), reason })
})

/** Calls that succeed when the object does not exist. */
const SUCCEEDS_IF_ABSENT: ReadonlyArray<CallLog.Verb> = ["get", "delete", "removeFinalizer"]

/** Why a call failed, by its response; `undefined` if it succeeded. */
const reasonOf = (verb: CallLog.Verb, { body, code }: ApiResponse): ResponseReasons.Reason | undefined => {
  if (code < 300) return undefined
  const message = textOf(body.message)
  const reason = textOf(body.reason)
  const isAbsent = code === 404 && textOf(at(body, "details", "name")) !== ""
  if (isAbsent && SUCCEEDS_IF_ABSENT.includes(verb)) return undefined
  if (code === 422 && isOfAnother(body)) return new KubernetesApi.Conflict({ message })
  return ResponseReasons.reasonOf({ status: code, code: reason, message })
}

/** True when an update is invalid because the object is another one, or has another controller by now. */
const isOfAnother = (body: ApiResponse["body"]): boolean => {
  const fields = objectsOf(at(body, "details", "causes")).map(({ field }) => textOf(field))
  return fields.length > 0 && fields.every((field) => field === "metadata.uid" || field === "metadata.ownerReferences")
}

/** The object in a response to a write. Anything else is a defect of the server. */
const objectIn = (body: ObjectMeta.JsonObject): Effect.Effect<ObjectMeta.KubernetesObject> =>
  ObjectMeta.isKubernetesObject(body) ? Effect.succeed(body) : Effect.die(new Error("the response is not an object"))

const write = (context: ServerContext, call: Call) => Effect.flatMap(perform(context, call), objectIn)

const kubernetesApi = (context: ServerContext): KubernetesApi.KubernetesApi["Service"] => ({
  get: (key) =>
    Effect.map(perform(context, { verb: "get", key, sent: undefined, request: { verb: "get" } }), (body) =>
      ObjectMeta.isKubernetesObject(body) ? Option.some(body) : Option.none()
    ),
  list: (kind, selection = {}) => {
    const key = ObjectMeta.key(kind, selection.namespace ?? "", "")
    const query = { labelSelector: ObjectMeta.selectorText(selection.labels ?? {}) }
    const call: Call = { verb: "list", key, sent: selection, request: { verb: "list", query } }
    return Effect.map(perform(context, call), (body) => objectsOf(body.items).filter(ObjectMeta.isKubernetesObject))
  },
  create: (key, body) =>
    write(context, {
      verb: "create",
      key,
      sent: body,
      request: { verb: "create", name: "", body: withName(key, body), query: { fieldManager: context.manager } }
    }),
  apply: (key, body, existing) => {
    const manifest = withName(key, body)
    const expected = existing === undefined ? { resourceVersion: NEVER_STORED } : { uid: existing.metadata.uid }
    const query = { fieldManager: context.manager, ...(existing === undefined ? {} : { force: "true" }) }
    const patch = { ...manifest, metadata: { ...manifest.metadata, ...expected } }
    const request: Ask = { verb: "patch", patchFormat: "apply", body: patch, query }
    return write(context, { verb: "apply", key, sent: body, request })
  },
  delete: (key, preconditions) => {
    const body = { preconditions, propagationPolicy: "Background" }
    const request: Ask = { verb: "delete", body }
    return Effect.asVoid(perform(context, { verb: "delete", key, sent: preconditions, request }))
  },
  removeFinalizer: (kind, observed, finalizer) => {
    const { finalizers = [], resourceVersion, uid } = observed.metadata
    if (!finalizers.includes(finalizer)) return Effect.void
    const body = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((other) => other !== finalizer) } }
    const request: Ask = { verb: "patch", patchFormat: "merge", body, query: { fieldManager: context.manager } }
    const key = ObjectMeta.keyOf(kind, observed)
    return Effect.asVoid(perform(context, { verb: "removeFinalizer", key, sent: finalizer, request }))
  }
})

/** No stored object has this version. */
const NEVER_STORED = "1"

const withName = (key: ObjectMeta.ObjectKey, body: ObjectMeta.Manifest): ObjectMeta.Manifest => ({
  ...body,
  metadata: { ...body.metadata, name: key.name }
})

const statusWriter = (context: ServerContext): StatusWriter.StatusWriter["Service"] => {
  const query = { fieldManager: context.manager }
  return {
    patchStatus: (key, expected, patch) => {
      const body = { metadata: { resourceVersion: expected }, status: patch }
      const request: Ask = { verb: "patch", patchFormat: "merge", subresource: "status", body, query }
      return write(context, { verb: "patchStatus", key, sent: patch, precondition: expected, request })
    },
    setFinalizers: (key, expected, finalizers) => {
      const body = { metadata: { resourceVersion: expected, finalizers } }
      const request: Ask = { verb: "patch", patchFormat: "merge", body, query }
      return write(context, { verb: "setFinalizers", key, sent: finalizers, precondition: expected, request })
    }
  }
}

/** A cache without lag and without watches: it reads the stored objects. */
const objectCache = ({ server }: Pick<ServerContext, "server">): ObjectCache.ObjectCache["Service"] => ({
  get: (key) => Effect.sync(() => Option.fromUndefinedOr(storedObject(server, key))),
  list: (kind, selection) => Effect.sync(() => storedObjects(server, kind, selection))
})

export const storedObject = (
  server: ApiServer,
  { kind, name, namespace }: ObjectMeta.ObjectKey
): ObjectMeta.KubernetesObject | undefined => server.peek(resourceOf(kind), namespace, name)

/** In order of namespace and name. The same array until an object of the kind changes, for a list without labels. */
export const storedObjects = (
  server: ApiServer,
  kind: ObjectMeta.ObjectKind,
  { labels = {}, namespace = "" }: KubernetesApi.Selection = {}
): ReadonlyArray<ObjectMeta.KubernetesObject> => {
  const all = server.peekAll(resourceOf(kind), namespace)
  const [label] = Object.entries(labels)
  if (label === undefined) return all
  const candidates = typeof label[1] === "string" ? (byLabel(all).get(label.join("=")) ?? []) : all
  return candidates.filter((object) => ObjectMeta.selects(labels, object.metadata.labels))
}

/**
 * The objects of a list by `label=value`. Memoized by list: the server returns the same array until an object changes.
 */
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
  record: (kind, object, event) =>
    Effect.flatMap(Clock.currentTimeMillis, (millis) => {
      const namespace = object.metadata.namespace ?? "default"
      const body = eventBody(context.manager, object, event, namespace, Times.fromMillis(millis))
      const key = ObjectMeta.key(Event, namespace, object.metadata.name)
      const request: Ask = { verb: "create", name: "", body }
      return perform(context, { verb: "event", key, sent: { kind: kind.kind, ...event }, request })
    }).pipe(
      Effect.catchTag("KubernetesError", (error) => Effect.logWarning("event dropped", error.message)),
      Effect.asVoid
    )
})

const eventBody = (
  manager: string,
  object: ObjectMeta.KubernetesObject,
  event: EventRecorder.Event,
  namespace: string,
  time: string
) => {
  const { name, resourceVersion, uid } = object.metadata
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid, resourceVersion },
    ...event,
    source: { component: manager },
    reportingComponent: manager,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1
  }
}
