/** What `EventRecorder` says. A recorder may take its time, so its notes are looked for until they come. */
import { assert } from "@effect/vitest"
import { EventRecorder, type KubernetesApi, ObjectMeta } from "@portolan/planner"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type ConformanceCase, eventually } from "./ConformanceCase.ts"
import { api, make, mustFind, widget } from "./Widget.ts"

export interface Options {
  /** Where the suite makes its objects. */
  readonly namespace: string
  /** How long a note may take until it is kept: 5 s unless told. */
  readonly timeout?: Duration.Input
}

type R = EventRecorder.EventRecorder | KubernetesApi.KubernetesApi

const event = ObjectMeta.namespaced("v1", "Event", "events")
const namespaces = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")

const ready: EventRecorder.Event = { type: "Normal", reason: "Ready", message: "all of it is there" }

const record = (kind: ObjectMeta.ObjectKind, about: ObjectMeta.KubernetesObject, note: EventRecorder.Event) =>
  EventRecorder.EventRecorder.use((recorder) => recorder.record(kind, about, note))

const subjectOf = (note: ObjectMeta.KubernetesObject): ObjectMeta.JsonObject =>
  ObjectMeta.isJsonObject(note.involvedObject) ? note.involvedObject : {}

/** The notes about an object, by its uid. */
const notesAbout = ({ metadata }: ObjectMeta.KubernetesObject) =>
  Effect.map(
    api.use((server) => server.list(event)),
    (notes) => notes.filter((note) => subjectOf(note).uid === metadata.uid)
  )

const kept = (about: ObjectMeta.KubernetesObject, { timeout = "5 seconds" }: Options) =>
  eventually(
    Effect.map(notesAbout(about), ([note]) => Option.fromUndefinedOr(note)),
    timeout
  )

export const cases = (options: Options): ReadonlyArray<ConformanceCase<R>> => [
  ...keeping(options),
  ...dropping(options)
]

const keeping = (options: Options): ReadonlyArray<ConformanceCase<R>> => {
  const { namespace } = options
  return [
    {
      name: "a note is kept beside its object and is about that very object",
      run: Effect.gen(function* () {
        const about = yield* make(namespace, "noted")
        yield* record(widget, about, ready)
        const note = yield* kept(about, options)
        const { apiVersion, kind, name, namespace: where, uid } = subjectOf(note)
        assert.strictEqual(note.metadata.namespace, namespace)
        assert.deepStrictEqual(
          { apiVersion, kind, name, where, uid },
          { apiVersion: widget.apiVersion, kind: widget.kind, name: "noted", where: namespace, uid: about.metadata.uid }
        )
      })
    },
    {
      name: "a note says its type, its reason and its message",
      run: Effect.gen(function* () {
        for (const type of ["Normal", "Warning"] as const) {
          const about = yield* make(namespace, `noted-${type.toLowerCase()}`)
          yield* record(widget, about, { ...ready, type })
          const { message, reason, type: notified } = yield* kept(about, options)
          assert.deepStrictEqual({ type: notified, reason, message }, { ...ready, type })
        }
      })
    },
    {
      name: "a note about an object of the cluster is kept too",
      run: Effect.gen(function* () {
        const found = yield* api.use((server) => server.get(ObjectMeta.key(namespaces, "", namespace)))
        const about = Option.getOrThrow(found)
        yield* record(namespaces, about, ready)
        assert.strictEqual((yield* kept(about, options)).reason, ready.reason)
      })
    },
    {
      name: "a note leaves its object as it is",
      run: Effect.gen(function* () {
        const about = yield* make(namespace, "noted-only")
        yield* record(widget, about, ready)
        yield* kept(about, options)
        assert.deepStrictEqual(yield* mustFind(namespace, "noted-only"), about)
      })
    }
  ]
}

const dropping = ({ namespace }: Options): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "a note that cannot be written is dropped and fails nothing",
    run: Effect.gen(function* () {
      const { metadata, ...rest } = yield* make(namespace, "noted-nowhere")
      const about = { ...rest, metadata: { ...metadata, namespace: "no-such-namespace", uid: "nowhere" } }
      yield* record(widget, about, ready)
      assert.deepStrictEqual(yield* notesAbout(about), [])
    })
  },
  {
    name: "a note that is told again, or that is long, fails nothing",
    run: Effect.gen(function* () {
      const about = yield* make(namespace, "noted-again")
      yield* record(widget, about, ready)
      yield* record(widget, about, ready)
      yield* record(widget, about, { ...ready, message: "long ".repeat(2_000) })
    })
  }
]
