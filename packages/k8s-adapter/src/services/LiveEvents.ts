/** The implementation of `EventRecorder` on a real API server: one `v1` Event object per recorded event. */
import { EventRecorder, ObjectMeta } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Client from "../client/Client.ts"
import * as ResourcePath from "../client/ResourcePath.ts"
import * as Responses from "../client/Responses.ts"

export interface Options {
  /** `source.component` of the events, which `kubectl describe` shows as `From`. */
  readonly component: string
}

/** Limits of the API server. */
const MESSAGE_MAX = 1024
const NAME_MAX = 253

const eventKind: ObjectMeta.ObjectKind = { apiVersion: "v1", kind: "Event", plural: "events", scope: "Namespaced" }

/**
 * Best effort: an event is sent once, and logged and dropped when that fails. It is stored in the namespace of its
 * object; for cluster-scoped objects in `default`.
 */
export const layer = (options: Options): Layer.Layer<EventRecorder.EventRecorder, never, Client.Client> =>
  Layer.effect(
    EventRecorder.EventRecorder,
    Effect.gen(function* () {
      const client = yield* Client.Client
      return EventRecorder.EventRecorder.of({
        record: (kind, object, event) => {
          const logDropped = (cause: unknown) =>
            Effect.logWarning(
              `cannot record event "${event.reason}" of ${ObjectMeta.keyText(ObjectMeta.keyOf(kind, object))}`,
              cause
            )
          return Effect.gen(function* () {
            const time = DateTime.formatIso(yield* DateTime.now).replace(/\.\d+Z$/, "Z")
            const suffix = (yield* Random.nextIntBetween(0, 0xffffffff)).toString(16).padStart(8, "0")
            const body = manifest(options, kind, object, event, time, suffix)
            const path = ResourcePath.collection(eventKind, { namespace: body.metadata.namespace })
            const response = yield* client.request({ method: "POST", path, body })
            if (!Responses.succeeded(response)) yield* logDropped(Responses.reason(response).message)
          }).pipe(Effect.catchCause(logDropped))
        }
      })
    })
  )

const manifest = (
  { component }: Options,
  kind: ObjectMeta.ObjectKind,
  { metadata }: ObjectMeta.KubernetesObject,
  event: EventRecorder.Event,
  time: string,
  suffix: string
) => ({
  apiVersion: eventKind.apiVersion,
  kind: eventKind.kind,
  metadata: {
    name: `${metadata.name.slice(0, NAME_MAX - suffix.length - 1)}.${suffix}`,
    namespace: metadata.namespace ?? "default"
  },
  involvedObject: {
    apiVersion: kind.apiVersion,
    kind: kind.kind,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion
  },
  type: event.type,
  reason: event.reason,
  message: event.message.slice(0, MESSAGE_MAX),
  source: { component },
  reportingComponent: component,
  reportingInstance: "",
  firstTimestamp: time,
  lastTimestamp: time,
  count: 1
})
