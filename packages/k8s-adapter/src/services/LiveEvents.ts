/** `EventRecorder`, kept by a real API server: one core/v1 Event for each note. */
import { EventRecorder, type ObjectMeta } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Client from "../client/Client.ts"
import * as ResourcePath from "../client/ResourcePath.ts"
import * as Responses from "../client/Responses.ts"

export interface Options {
  /** Who says so, as `kubectl describe` shows it. */
  readonly component: string
}

/** Longest message and name that a server takes. */
const MESSAGE_MAX = 1024
const NAME_MAX = 253

const kind: ObjectMeta.ObjectKind = { apiVersion: "v1", kind: "Event", plural: "events", scope: "Namespaced" }

/**
 * Best effort: a note is sent once, and one that could not be written is logged and dropped. Notes on cluster-scoped
 * objects are kept in `default`.
 */
export const layer = (options: Options): Layer.Layer<EventRecorder.EventRecorder, never, Client.Client> =>
  Layer.effect(
    EventRecorder.EventRecorder,
    Effect.gen(function* () {
      const client = yield* Client.Client
      return EventRecorder.EventRecorder.of({
        record: (about, object, note) =>
          Effect.gen(function* () {
            const at = yield* DateTime.now
            const salt = yield* Random.nextIntBetween(0, 0xffffffff)
            const body = event(options, about, object, note, DateTime.formatIso(at), salt.toString(16).padStart(8, "0"))
            const path = ResourcePath.collection(kind, { namespace: body.metadata.namespace })
            const response = yield* client.request({ method: "POST", path, body })
            if (!Responses.succeeded(response)) yield* lost(note, Responses.reason(response).message)
          }).pipe(Effect.catchCause((cause) => lost(note, cause)))
      })
    })
  )

const lost = (note: EventRecorder.Event, why: unknown) =>
  Effect.logWarning(`the event ${note.reason} could not be recorded`, why)

const event = (
  { component }: Options,
  about: ObjectMeta.ObjectKind,
  { metadata }: ObjectMeta.KubernetesObject,
  note: EventRecorder.Event,
  at: string,
  salt: string
) => {
  const time = at.replace(/\.\d+Z$/, "Z")
  return {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    metadata: {
      name: `${metadata.name.slice(0, NAME_MAX - salt.length - 1)}.${salt}`,
      namespace: metadata.namespace ?? "default"
    },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      name: metadata.name,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion
    },
    type: note.type,
    reason: note.reason,
    message: note.message.slice(0, MESSAGE_MAX),
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1
  }
}
