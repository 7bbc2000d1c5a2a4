/**
 * The implementations of `KubernetesApi` and `StatusWriter` on a real API server.
 *
 * Every write is sent once, and is reported to `WriteTracker` before it returns.
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
  /** Owner of the applied fields. It must not change between releases. */
  readonly fieldManager: string
}

/**
 * Both services over one client.
 *
 * **Guarantees**
 *
 * - INV-3: patches of status and finalizers contain the expected resourceVersion. The API server rejects them with 409
 *   when the object has changed.
 * - INV-11: a delete carries the uid of the observed object as a precondition.
 * - INV-17: an apply is forced only onto the object that the caller has read, by its uid. Without one, it creates an
 *   object or fails.
 * - INV-13: objects are returned as the API server sent them, with unknown fields.
 * - A write whose response is missing or cannot be decoded fails with `Unavailable`, because it may have been stored.
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

type ObjectEffect = Effect.Effect<ObjectMeta.KubernetesObject, KubernetesApi.KubernetesError>
type WriteEffect = Effect.Effect<WriteTracker.WriteResult, KubernetesApi.KubernetesError>

const api = (
  client: Client.Client["Service"],
  tracker: WriteTracker.WriteTracker["Service"],
  { fieldManager }: Options
): KubernetesApi.KubernetesApi["Service"] =>
  KubernetesApi.KubernetesApi.of({
    get: (key) =>
      send(client, "get", key, { method: "GET", path: ResourcePath.object(key) }).pipe(
        Effect.flatMap((response) =>
          Responses.isAbsent(response) ? Effect.succeedNone : Effect.asSome(objectFrom("get", key, response))
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
    apply: (key, body, existing) => {
      const request = applyPatch(key, body, existing, fieldManager)
      return write(client, tracker, "apply", key, request, (_, status) => status === 201)
    },
    delete: (key, preconditions) =>
      Effect.asVoid(tracker.track(key, sendDelete(client, key, preconditions), (result) => result)),
    removeFinalizer: (kind, observed, finalizer) => {
      const { finalizers = [], resourceVersion, uid } = observed.metadata
      if (!finalizers.includes(finalizer)) return Effect.void
      const key = ObjectMeta.keyOf(kind, observed)
      const remaining = finalizers.filter((name) => name !== finalizer)
      const request = mergePatch(key, resourceVersion, "", { metadata: { uid, finalizers: remaining } }, fieldManager)
      return Effect.asVoid(tracker.track(key, sendRemoveFinalizer(client, key, uid, request), (result) => result))
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
    change: Patch
  ): ObjectEffect => {
    const request = mergePatch(key, expected, subresource, change, fieldManager)
    return write(client, tracker, verb, key, request, (object) => object.metadata.resourceVersion !== expected)
  }
  return StatusWriter.StatusWriter.of({
    patchStatus: (key, expected, status) => patch("patchStatus", key, expected, "/status", { status }),
    setFinalizers: (key, expected, finalizers) =>
      patch("setFinalizers", key, expected, "", { metadata: { finalizers } })
  })
}

/** No stored object has this version: the first write of etcd has revision 2. */
const NEVER_STORED = "1"

/**
 * A server-side apply that changes `existing` alone, by its uid, or creates the object. kube-apiserver compares a uid and
 * a resourceVersion in the patch with the stored object. A resourceVersion does not keep it from creating an object.
 */
const applyPatch = (
  key: ObjectMeta.ObjectKey,
  body: ObjectMeta.Manifest,
  existing: ObjectMeta.KubernetesObject | undefined,
  fieldManager: string
): Client.Request => {
  const expected = existing === undefined ? { resourceVersion: NEVER_STORED } : { uid: existing.metadata.uid }
  // Sent in either case: an audit log tells an apply from a merge patch by this parameter alone.
  const force = existing === undefined ? "false" : "true"
  return {
    method: "PATCH",
    path: ResourcePath.object(key, "", { fieldManager, force }),
    body: { ...body, metadata: { ...body.metadata, ...expected } },
    contentType: "application/apply-patch+yaml"
  }
}

interface Patch {
  readonly metadata?: object
  readonly status?: ObjectMeta.JsonObject
}

/** A merge patch that the API server accepts only if the object is still at `expected`. */
const mergePatch = (
  key: ObjectMeta.ObjectKey,
  expected: ObjectMeta.ResourceVersion,
  subresource: string,
  change: Patch,
  fieldManager: string
): Client.Request => ({
  method: "PATCH",
  path: ResourcePath.object(key, subresource, { fieldManager }),
  body: { ...change, metadata: { ...change.metadata, resourceVersion: expected } },
  contentType: "application/merge-patch+json"
})

/** Sends a write whose response is the stored object. `isOwnVersion` is that of `WriteTracker.WriteResult`. */
const write = (
  client: Client.Client["Service"],
  tracker: WriteTracker.WriteTracker["Service"],
  verb: string,
  key: ObjectMeta.ObjectKey,
  request: Client.Request,
  isOwnVersion: (object: ObjectMeta.KubernetesObject, status: number) => boolean
): ObjectEffect =>
  Effect.map(
    tracker.track(
      key,
      Effect.flatMap(send(client, verb, key, request), (response) =>
        Effect.map(objectFrom(verb, key, response), (object) => ({ object, status: response.status }))
      ),
      ({ object, status }) => resultOf(object, isOwnVersion(object, status))
    ),
    ({ object }) => object
  )

/** The result of a write whose response is `object`. */
const resultOf = (object: ObjectMeta.KubernetesObject, isOwnVersion: boolean): WriteTracker.WriteResult =>
  isDeleted(object) ? { _tag: "Deleted", uid: object.metadata.uid } : { _tag: "Stored", object, isOwnVersion }

/**
 * The response to the write that deletes an object carries its last state: terminating, without finalizers and grace.
 */
const isDeleted = ({ metadata }: ObjectMeta.KubernetesObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0

const sendDelete = (
  client: Client.Client["Service"],
  key: ObjectMeta.ObjectKey,
  preconditions: KubernetesApi.Preconditions
): WriteEffect =>
  Effect.gen(function* () {
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions, propagationPolicy: "Background" }
    const response = yield* send(client, "delete", key, { method: "DELETE", path: ResourcePath.object(key), body })
    const deleted = { _tag: "Deleted", uid: preconditions.uid } as const
    if (Responses.isAbsent(response)) return deleted
    if (!Responses.succeeded(response)) return yield* failure("delete", key)(Responses.reason(response))
    if (Option.exists(Responses.status(response.body), ({ status }) => status === "Success")) return deleted
    return resultOf(yield* objectFrom("delete", key, response), false)
  })

const sendRemoveFinalizer = (
  client: Client.Client["Service"],
  key: ObjectMeta.ObjectKey,
  uid: string,
  request: Client.Request
): WriteEffect =>
  Effect.gen(function* () {
    const response = yield* send(client, "removeFinalizer", key, request)
    if (Responses.isAbsent(response)) return { _tag: "Deleted", uid }
    return resultOf(yield* objectFrom("removeFinalizer", key, response), true)
  })

const send = (
  client: Client.Client["Service"],
  verb: string,
  key: ObjectMeta.ObjectKey,
  request: Client.Request
): Effect.Effect<Client.Response, KubernetesApi.KubernetesError> =>
  client
    .request(request)
    .pipe(Effect.mapError(({ message }) => failure(verb, key)(new KubernetesApi.Unavailable({ message }))))

const objectFrom = (verb: string, key: ObjectMeta.ObjectKey, response: Client.Response): ObjectEffect => {
  if (!Responses.succeeded(response)) return Effect.fail(failure(verb, key)(Responses.reason(response)))
  return Option.match(Responses.object(response.body, key.kind), {
    onNone: () =>
      Effect.fail(
        failure(verb, key)(new KubernetesApi.Unavailable({ message: "response is not a Kubernetes object" }))
      ),
    onSome: Effect.succeed
  })
}

const failure = (verb: string, key: ObjectMeta.ObjectKey) => (reason: Responses.Reason) =>
  new KubernetesApi.KubernetesError({ verb, key: ObjectMeta.keyText(key), reason })
