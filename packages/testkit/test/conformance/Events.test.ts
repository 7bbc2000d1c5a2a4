/** The `EventRecorder` suite detects faulty implementations: each fails exactly the cases that it violates. */
import { assert, describe, it } from "@effect/vitest"
import { EventRecorder, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { cluster, failingCases } from "./failingCases.ts"

type Writer = StatusWriter.StatusWriter["Service"]
type Recorder = EventRecorder.EventRecorder["Service"]

/** Silences the warnings about dropped events. */
const withoutLogs = Logger.layer([])

describe("the suite of EventRecorder fails for an implementation", () => {
  type Breaks = (recorder: Recorder, writer: Writer) => Recorder["record"]
  const cases: { readonly [title: string]: readonly [Breaks, ReadonlyArray<string>] } = {
    "that stores nothing": [
      () => () => Effect.void,
      [
        "an event is stored in the namespace of its object and refers to it by uid",
        "an event has its type, reason and message",
        "an event about a cluster-scoped object is stored too",
        "an event does not change its object"
      ]
    ],
    "that drops events about cluster-scoped objects": [
      ({ record }) =>
        (kind, object, event) =>
          kind.scope === "Cluster" ? Effect.void : record(kind, object, event),
      ["an event about a cluster-scoped object is stored too"]
    ],
    "that omits the uid of the object": [
      ({ record }) =>
        (kind, object, event) =>
          record(kind, { ...object, metadata: { ...object.metadata, uid: "" } }, event),
      [
        "an event is stored in the namespace of its object and refers to it by uid",
        "an event has its type, reason and message",
        "an event about a cluster-scoped object is stored too",
        "an event does not change its object"
      ]
    ],
    "that refers to another kind": [
      ({ record }) =>
        (kind, object, event) =>
          record(kind, { ...object, kind: "Gadget" }, event),
      ["an event is stored in the namespace of its object and refers to it by uid"]
    ],
    "that stores every event as Normal": [
      ({ record }) =>
        (kind, object, event) =>
          record(kind, object, { ...event, type: "Normal" }),
      ["an event has its type, reason and message"]
    ],
    "that dies on an event that it cannot write": [
      ({ record }) =>
        (kind, object, event) =>
          object.metadata.namespace === "no-such-namespace" ? Effect.die("not found") : record(kind, object, event),
      ["an event that cannot be written is dropped without an error"]
    ],
    "that dies on a long message": [
      ({ record }) =>
        (kind, object, event) =>
          event.message.length > 1024 ? Effect.die("too long") : record(kind, object, event),
      ["an event that is repeated or long causes no error"]
    ],
    "that writes to the object": [
      ({ record }, { patchStatus }) =>
        (kind, object, event) => {
          const wrote = patchStatus(ObjectMeta.keyOf(kind, object), object.metadata.resourceVersion, { noted: true })
          return Effect.andThen(Effect.ignore(wrote), record(kind, object, event))
        },
      ["an event does not change its object"]
    ]
  }
  for (const [title, [breaks, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const recorder = yield* EventRecorder.EventRecorder
        const record = breaks(recorder, yield* StatusWriter.StatusWriter)
        const failed = yield* Effect.provideService(
          failingCases(Conformance.cases.eventRecorder({ namespace: "sei", timeout: "50 millis" })),
          EventRecorder.EventRecorder,
          { record }
        )
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(Layer.merge(cluster, withoutLogs)))
    )
  }
})
