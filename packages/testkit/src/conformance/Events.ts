/** Conformance of `EventRecorder`. A recorder may write events later, so the suite waits for them. */
import { assert } from "@effect/vitest"
import { EventRecorder, type KubernetesApi, ObjectMeta } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ConformanceCase, eventually } from "./ConformanceCase.ts"
import { api, make, mustFind, widget } from "./Widget.ts"

export interface Options {
  /** The namespace of the suite's objects. */
  readonly namespace: string
  /** How long it may take until an event is stored. Default: 5 seconds. */
  readonly timeout?: Duration.Input
}

type R = EventRecorder.EventRecorder | KubernetesApi.KubernetesApi

const Event = ObjectMeta.namespaced("v1", "Event", "events")
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")

const ready: EventRecorder.Event = { type: "Normal", reason: "Ready", message: "all replicas are ready" }

const record = (kind: ObjectMeta.ObjectKind, object: ObjectMeta.KubernetesObject, event: EventRecorder.Event) =>
  EventRecorder.EventRecorder.use((recorder) => recorder.record(kind, object, event))

const involvedObjectOf = (event: ObjectMeta.KubernetesObject): ObjectMeta.JsonObject =>
  ObjectMeta.isJsonObject(event.involvedObject) ? event.involvedObject : {}

/** The events about an object, by its uid. */
const eventsAbout = ({ metadata }: ObjectMeta.KubernetesObject) =>
  Effect.map(
    api.use((server) => server.list(Event)),
    (events) => events.filter((event) => involvedObjectOf(event).uid === metadata.uid)
  )

const storedEvent = (object: ObjectMeta.KubernetesObject, { timeout = "5 seconds" }: Options) =>
  eventually(
    Effect.map(eventsAbout(object), ([event]) => Option.fromUndefinedOr(event)),
    timeout
  )

export const cases = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  ...storing(options),
  ...dropping(options)
]

const storing = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { namespace } = options
  return [
    {
      name: "an event is stored in the namespace of its object and refers to it by uid",
      run: Effect.gen(function* () {
        const object = yield* make(namespace, "noted")
        yield* record(widget, object, ready)
        const event = yield* storedEvent(object, options)
        const { apiVersion, kind, name, namespace: where, uid } = involvedObjectOf(event)
        assert.strictEqual(event.metadata.namespace, namespace)
        assert.deepStrictEqual(
          { apiVersion, kind, name, where, uid },
          {
            apiVersion: widget.apiVersion,
            kind: widget.kind,
            name: "noted",
            where: namespace,
            uid: object.metadata.uid
          }
        )
      })
    },
    {
      name: "an event has its type, reason and message",
      run: Effect.gen(function* () {
        for (const type of ["Normal", "Warning"] as const) {
          const object = yield* make(namespace, `noted-${type.toLowerCase()}`)
          yield* record(widget, object, { ...ready, type })
          const { message, reason, type: storedType } = yield* storedEvent(object, options)
          assert.deepStrictEqual({ type: storedType, reason, message }, { ...ready, type })
        }
      })
    },
    {
      name: "an event about a cluster-scoped object is stored too",
      run: Effect.gen(function* () {
        const found = yield* api.use((server) => server.get(ObjectMeta.key(Namespace, "", namespace)))
        const object = Option.getOrThrow(found)
        yield* record(Namespace, object, ready)
        assert.strictEqual((yield* storedEvent(object, options)).reason, ready.reason)
      })
    },
    {
      name: "an event does not change its object",
      run: Effect.gen(function* () {
        const object = yield* make(namespace, "noted-only")
        yield* record(widget, object, ready)
        yield* storedEvent(object, options)
        assert.deepStrictEqual(yield* mustFind(namespace, "noted-only"), object)
      })
    }
  ]
}

const dropping = ({ namespace }: Options): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an event that cannot be written is dropped without an error",
    run: Effect.gen(function* () {
      const { metadata, ...rest } = yield* make(namespace, "noted-nowhere")
      const object = { ...rest, metadata: { ...metadata, namespace: "no-such-namespace", uid: "nowhere" } }
      yield* record(widget, object, ready)
      assert.deepStrictEqual(yield* eventsAbout(object), [])
    })
  },
  {
    name: "an event that is repeated or long causes no error",
    run: Effect.gen(function* () {
      const object = yield* make(namespace, "noted-again")
      yield* record(widget, object, ready)
      yield* record(widget, object, ready)
      yield* record(widget, object, { ...ready, message: "long ".repeat(2_000) })
    })
  }
]
