/** The writing services of a process whose cache has the result of each write before the write returns. */
import type { ApiEvent } from "@portolan/cluster-emulator/apiserver/Request"
import type { Stored } from "@portolan/cluster-emulator/apiserver/Storage"
import { KubernetesApi, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"

export type Writers = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter

/** What a write did. */
export interface WriteResult {
  /** Whether an event shows it. */
  readonly isShownBy: (event: ApiEvent) => boolean
  /** The object that the response contains; `undefined` after a deletion. */
  readonly object: Stored | undefined
}

/** Performs a write; the cache has its result before the returned effect ends. */
export type Track = <A, E>(
  key: ObjectMeta.ObjectKey,
  write: Effect.Effect<A, E>,
  resultOf: (response: A) => WriteResult
) => Effect.Effect<A, E>

export const make = (writers: Context.Context<Writers>, track: Track): Context.Context<Writers> =>
  Context.make(KubernetesApi.KubernetesApi, trackedApi(Context.get(writers, KubernetesApi.KubernetesApi), track)).pipe(
    Context.add(StatusWriter.StatusWriter, trackedWriter(Context.get(writers, StatusWriter.StatusWriter), track))
  )

const trackedApi = (
  api: KubernetesApi.KubernetesApi["Service"],
  track: Track
): KubernetesApi.KubernetesApi["Service"] => ({
  get: (key) => api.get(key),
  list: (kind, selection) => api.list(kind, selection),
  create: (key, body) => track(key, api.create(key, body), stored),
  apply: (key, body, existing) => track(key, api.apply(key, body, existing), stored),
  delete: (key, preconditions) =>
    track(key, api.delete(key, preconditions), () => ({
      isShownBy: (event) => showsDeletionOf(event, preconditions.uid),
      object: undefined
    })),
  removeFinalizer: (kind, observed, finalizer) => {
    const write = api.removeFinalizer(kind, observed, finalizer)
    if (observed.metadata.finalizers?.includes(finalizer) !== true) return write
    return track(ObjectMeta.keyOf(kind, observed), write, () => ({
      isShownBy: (event) => showsRemovalOf(event, observed, finalizer),
      object: observed
    }))
  }
})

const trackedWriter = (
  writer: StatusWriter.StatusWriter["Service"],
  track: Track
): StatusWriter.StatusWriter["Service"] => ({
  patchStatus: (key, expected, patch) => track(key, writer.patchStatus(key, expected, patch), stored),
  setFinalizers: (key, expected, finalizers) => track(key, writer.setFinalizers(key, expected, finalizers), stored)
})

/** A write whose response is the object. The response to the last finalizer's removal has the version before it. */
const stored = (response: Stored): WriteResult => ({
  isShownBy: ({ object, previous, type }) =>
    object.metadata.uid === response.metadata.uid &&
    (object.metadata.resourceVersion === response.metadata.resourceVersion ||
      (type === "DELETED" && previous?.metadata.resourceVersion === response.metadata.resourceVersion)),
  object: response
})

const showsDeletionOf = ({ object: { metadata }, type }: ApiEvent, uid: string): boolean =>
  metadata.uid === uid && (type === "DELETED" || metadata.deletionTimestamp !== undefined)

const showsRemovalOf = ({ object, type }: ApiEvent, observed: Stored, finalizer: string): boolean =>
  object.metadata.uid === observed.metadata.uid &&
  ObjectMeta.isNewer(object.metadata.resourceVersion, observed.metadata.resourceVersion) &&
  (type === "DELETED" || object.metadata.finalizers?.includes(finalizer) !== true)
