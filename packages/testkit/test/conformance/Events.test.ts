/** The suite of notes can fail: a keeper that breaks one sentence makes exactly the sentences fail that say so. */
import { assert, describe, it } from "@effect/vitest"
import { EventRecorder, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { broken, cluster } from "./broken.ts"

type Writer = StatusWriter.StatusWriter["Service"]
type Recorder = EventRecorder.EventRecorder["Service"]

/** Nobody reads what is logged of a dropped note. */
const quiet = Logger.layer([])

describe("the suite of EventRecorder fails for a keeper", () => {
  type Breaks = (recorder: Recorder, writer: Writer) => Recorder["record"]
  const cases: { readonly [title: string]: readonly [Breaks, ReadonlyArray<string>] } = {
    "that keeps nothing": [
      () => () => Effect.void,
      [
        "a note is kept beside its object and is about that very object",
        "a note says its type, its reason and its message",
        "a note about an object of the cluster is kept too",
        "a note leaves its object as it is"
      ]
    ],
    "that keeps notes on cluster objects nowhere": [
      ({ record }) =>
        (kind, about, note) =>
          kind.scope === "Cluster" ? Effect.void : record(kind, about, note),
      ["a note about an object of the cluster is kept too"]
    ],
    "that forgets which object of the name it was": [
      ({ record }) =>
        (kind, about, note) =>
          record(kind, { ...about, metadata: { ...about.metadata, uid: "" } }, note),
      [
        "a note is kept beside its object and is about that very object",
        "a note says its type, its reason and its message",
        "a note about an object of the cluster is kept too",
        "a note leaves its object as it is"
      ]
    ],
    "that names another kind": [
      ({ record }) =>
        (kind, about, note) =>
          record(kind, { ...about, kind: "Gadget" }, note),
      ["a note is kept beside its object and is about that very object"]
    ],
    "that calls everything normal": [
      ({ record }) =>
        (kind, about, note) =>
          record(kind, about, { ...note, type: "Normal" }),
      ["a note says its type, its reason and its message"]
    ],
    "that dies of what it cannot write": [
      ({ record }) =>
        (kind, about, note) =>
          about.metadata.namespace === "no-such-namespace" ? Effect.die("not found") : record(kind, about, note),
      ["a note that cannot be written is dropped and fails nothing"]
    ],
    "that dies of a long note": [
      ({ record }) =>
        (kind, about, note) =>
          note.message.length > 1024 ? Effect.die("too long") : record(kind, about, note),
      ["a note that is told again, or that is long, fails nothing"]
    ],
    "that writes to the object": [
      ({ record }, { patchStatus }) =>
        (kind, about, note) => {
          const wrote = patchStatus(ObjectMeta.keyOf(kind, about), about.metadata.resourceVersion, { noted: true })
          return Effect.andThen(Effect.ignore(wrote), record(kind, about, note))
        },
      ["a note leaves its object as it is"]
    ]
  }
  for (const [title, [breaks, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const recorder = yield* EventRecorder.EventRecorder
        const record = breaks(recorder, yield* StatusWriter.StatusWriter)
        const failed = yield* Effect.provideService(
          broken(Conformance.cases.eventRecorder({ namespace: "sei", timeout: "50 millis" })),
          EventRecorder.EventRecorder,
          { record }
        )
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(Layer.merge(cluster, quiet)))
    )
  }
})
