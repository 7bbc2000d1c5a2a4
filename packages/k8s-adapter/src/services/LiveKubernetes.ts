/**
 * `KubernetesApi` and `StatusWriter`, kept by a real API server.
 *
 * Every write is sent once, and is known to whoever listens to `WriteTracker` before it returns.
 */
import { KubernetesApi, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as WriteTracker from "../cache/WriteTracker.ts"
import * as Client from "../client/Client.ts"
import * as ListPager from "../client/ListPager.ts"
import * as ResourcePath from "../client/ResourcePath.ts"
import * as Responses from "../client/Responses.ts"

export interface Options {
  /** Who owns the fields that we apply. It must not change between releases. */
  readonly fieldManager: string
}

/**
 * Both promises over one client.
 *
 * **Guarantees**
 *
 * - INV-3: status and finalizers are written with the expected version in the patch; the server is the referee.
 * - INV-11: a delete carries the uid that was seen.
 * - INV-13: objects are sent and returned as they are.
 * - A broken answer to a write is `Unavailable`, because it may have landed.
 */
export const layer = (
  options: Options
): Layer.Layer<
  KubernetesApi.KubernetesApi | StatusWriter.StatusWriter,
  never,
  Client.Client | WriteTracker.WriteTracker
> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const client = yield* Client.Client
      const tracker = yield* WriteTracker.WriteTracker
      return Context.make(KubernetesApi.KubernetesApi, api(client, tracker, options)).pipe(
        Context.add(StatusWriter.StatusWriter, statusWriter(client, tracker, options))
      )
    })
  )

type Sent = Effect.Effect<ObjectMeta.KubernetesObject, KubernetesApi.KubernetesError>

const api = (
  client: Client.Client["Service"],
  tracker: WriteTracker.WriteTracker["Service"],
  { fieldManager }: Options
): KubernetesApi.KubernetesApi["Service"] =>
  KubernetesApi.KubernetesApi.of({
    get: (key) =>
      ask(client, "get", key, { method: "GET", path: ResourcePath.object(key) }).pipe(
        Effect.flatMap((response) =>
          response.status === 404 ? Effect.succeedNone : Effect.asSome(objectOf("get", key, response))
        )
      ),
    list: (kind, selection = {}) =>
      ListPager.list(client, kind, selection).pipe(
        Effect.map(({ objects }) => objects),
        Effect.mapError(failure("list", ObjectMeta.key(kind, selection.namespace ?? "", "*")))
      ),
    create: (key, body) => {
      const path = ResourcePath.collection(key.kind, { namespace: key.namespace }, { fieldManager })
      return write(client, tracker, "create", key, { method: "POST", path, body }, () => true)
    },
    apply: (key, body) => {
      const path = ResourcePath.object(key, "", { fieldManager, force: "true" })
      const request = { method: "PATCH", path, body, contentType: "application/apply-patch+yaml" } as const
      return write(client, tracker, "apply", key, request, (_, status) => status === 201)
    },
    delete: (key, preconditions) =>
      Effect.asVoid(tracker.during(key, remove(client, key, preconditions), (left) => left)),
    removeFinalizer: (kind, seen, finalizer) => {
      const { finalizers = [], resourceVersion, uid } = seen.metadata
      if (!finalizers.includes(finalizer)) return Effect.void
      const key = ObjectMeta.keyOf(kind, seen)
      const rest = finalizers.filter((each) => each !== finalizer)
      const request = mergePatch(key, resourceVersion, "", { metadata: { uid, finalizers: rest } }, fieldManager)
      return Effect.asVoid(tracker.during(key, release(client, key, seen, request), (left) => left))
    }
  })

const statusWriter = (
  client: Client.Client["Service"],
  tracker: WriteTracker.WriteTracker["Service"],
  { fieldManager }: Options
): StatusWriter.StatusWriter["Service"] => {
  const patch = (
    verb: string,
    key: ObjectMeta.ObjectKey,
    expected: ObjectMeta.ResourceVersion,
    subresource: string,
    change: Change
  ): Sent => {
    const request = mergePatch(key, expected, subresource, change, fieldManager)
    return write(client, tracker, verb, key, request, (object) => object.metadata.resourceVersion !== expected)
  }
  return StatusWriter.StatusWriter.of({
    patchStatus: (key, expected, status) => patch("patchStatus", key, expected, "/status", { status }),
    setFinalizers: (key, expected, finalizers) =>
      patch("setFinalizers", key, expected, "", { metadata: { finalizers } })
  })
}

interface Change {
  readonly metadata?: object
  readonly status?: ObjectMeta.JsonObject
}

/** A change of an object that is still at `expected`. */
const mergePatch = (
  key: ObjectMeta.ObjectKey,
  expected: ObjectMeta.ResourceVersion,
  subresource: string,
  change: Change,
  fieldManager: string
): Client.Request => ({
  method: "PATCH",
  path: ResourcePath.object(key, subresource, { fieldManager }),
  body: { ...change, metadata: { ...change.metadata, resourceVersion: expected } },
  contentType: "application/merge-patch+json"
})

/** Sends a write whose answer is the object as stored. `ours`: whether that version is this write alone. */
const write = (
  client: Client.Client["Service"],
  tracker: WriteTracker.WriteTracker["Service"],
  verb: string,
  key: ObjectMeta.ObjectKey,
  request: Client.Request,
  ours: (object: ObjectMeta.KubernetesObject, status: number) => boolean
): Sent =>
  Effect.map(
    tracker.during(
      key,
      Effect.flatMap(ask(client, verb, key, request), (response) =>
        Effect.map(objectOf(verb, key, response), (object) => ({ object, status: response.status }))
      ),
      ({ object, status }) => left(object, ours(object, status))
    ),
    ({ object }) => object
  )

/** What a write left that was answered with `object`. */
const left = (object: ObjectMeta.KubernetesObject, ours: boolean): WriteTracker.Written =>
  isEnded(object) ? { _tag: "Gone", uid: object.metadata.uid } : { _tag: "Stored", object, ours }

/** Nothing holds an object that is to go, has no finalizer and no time left: this is the last that was seen of it. */
const isEnded = ({ metadata }: ObjectMeta.KubernetesObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0

const remove = (
  client: Client.Client["Service"],
  key: ObjectMeta.ObjectKey,
  preconditions: KubernetesApi.Preconditions
): Effect.Effect<WriteTracker.Written, KubernetesApi.KubernetesError> =>
  Effect.gen(function* () {
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions, propagationPolicy: "Background" }
    const response = yield* ask(client, "delete", key, { method: "DELETE", path: ResourcePath.object(key), body })
    const gone = { _tag: "Gone", uid: preconditions.uid } as const
    if (response.status === 404) return gone
    if (!Responses.succeeded(response)) return yield* failure("delete", key)(Responses.reason(response))
    if (Option.exists(Responses.status(response.body), (said) => said.status === "Success")) return gone
    return left(yield* objectOf("delete", key, response), false)
  })

const release = (
  client: Client.Client["Service"],
  key: ObjectMeta.ObjectKey,
  { metadata }: ObjectMeta.KubernetesObject,
  request: Client.Request
): Effect.Effect<WriteTracker.Written, KubernetesApi.KubernetesError> =>
  Effect.gen(function* () {
    const response = yield* ask(client, "removeFinalizer", key, request)
    if (response.status === 404) return { _tag: "Gone", uid: metadata.uid }
    return left(yield* objectOf("removeFinalizer", key, response), true)
  })

const ask = (
  client: Client.Client["Service"],
  verb: string,
  key: ObjectMeta.ObjectKey,
  request: Client.Request
): Effect.Effect<Client.Response, KubernetesApi.KubernetesError> =>
  client
    .request(request)
    .pipe(Effect.mapError(({ message }) => failure(verb, key)(new KubernetesApi.Unavailable({ message }))))

const objectOf = (verb: string, key: ObjectMeta.ObjectKey, response: Client.Response): Sent => {
  if (!Responses.succeeded(response)) return Effect.fail(failure(verb, key)(Responses.reason(response)))
  return Option.match(Responses.object(response.body, key.kind), {
    onNone: () => Effect.fail(failure(verb, key)(new KubernetesApi.Unavailable({ message: "a broken answer" }))),
    onSome: Effect.succeed
  })
}

const failure = (verb: string, key: ObjectMeta.ObjectKey) => (reason: Responses.Reason) =>
  new KubernetesApi.KubernetesError({ verb, key: ObjectMeta.keyText(key), reason })
