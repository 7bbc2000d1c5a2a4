/** Conformance of `StatusWriter`: status writes. */
import { assert } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  api,
  apply,
  find,
  keyOf,
  make,
  manifest,
  mustFind,
  preconditions,
  rejection,
  type Suite,
  widget,
  writer
} from "./Widget.ts"

export const writingStatus = (suite: Suite) => {
  const patch = (object: ObjectMeta.KubernetesObject, status: ObjectMeta.JsonObject) =>
    writer.use((writes) =>
      writes.patchStatus(ObjectMeta.keyOf(widget, object), object.metadata.resourceVersion, status)
    )

  suite("a status write on an old version conflicts and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const old = yield* make(namespace, "status-stale")
      const current = yield* patch(old, { phase: "First" })
      const reason = yield* rejection(patch(old, { phase: "Second" }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "status-stale"), current)
    }))

  suite("a status write changes the resourceVersion, but neither spec nor generation", (namespace) =>
    Effect.gen(function* () {
      const before = yield* make(namespace, "status-only")
      const after = yield* patch(before, { phase: "Ready" })

      assert.deepStrictEqual(after.spec, before.spec)
      assert.strictEqual(after.metadata.generation, before.metadata.generation)
      assert.isTrue(ObjectMeta.isNewer(after.metadata.resourceVersion, before.metadata.resourceVersion))
    }))

  suite("a status write without changes keeps the resourceVersion", (namespace) =>
    Effect.gen(function* () {
      const ready = yield* patch(yield* make(namespace, "status-same"), { phase: "Ready" })
      const again = yield* patch(ready, { phase: "Ready" })

      assert.deepStrictEqual(again, ready)
    }))

  suite("null removes a field of status", (namespace) =>
    Effect.gen(function* () {
      const ready = yield* patch(yield* make(namespace, "status-null"), { phase: "Ready", plan: { id: "1" } })
      const cleared = yield* patch(ready, { plan: null })

      assert.deepStrictEqual(cleared.status, { phase: "Ready" })
    }))

  suite("a status write replaces lists as a whole", (namespace) =>
    Effect.gen(function* () {
      const two = yield* patch(yield* make(namespace, "status-list"), { tasks: [{ id: "a" }, { id: "b" }] })
      const one = yield* patch(two, { tasks: [{ id: "c" }] })

      assert.deepStrictEqual(one.status, { tasks: [{ id: "c" }] })
    }))
}

export const keepingStatus = (suite: Suite) => {
  const patch = (object: ObjectMeta.KubernetesObject, status: ObjectMeta.JsonObject) =>
    writer.use((writes) =>
      writes.patchStatus(ObjectMeta.keyOf(widget, object), object.metadata.resourceVersion, status)
    )

  suite("INV-13: a status write keeps fields that it does not contain", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "status-unknown")
      const withUnknownFields = yield* patch(created, { phase: "First", future: { deep: [1, { field: true }] } })
      const after = yield* patch(withUnknownFields, { phase: "Second" })

      assert.deepStrictEqual(after.status, { phase: "Second", future: { deep: [1, { field: true }] } })
    }))

  suite("a change of spec increments the generation, a change of labels does not", (namespace) =>
    Effect.gen(function* () {
      yield* make(namespace, "generation")
      const body = manifest("generation", { size: 2 })
      const key = keyOf(namespace, "generation")
      const changed = yield* apply(key, body)
      const labelled = yield* apply(key, { ...body, metadata: { name: "generation", labels: { a: "b" } } })

      assert.strictEqual(changed.metadata.generation, 2)
      assert.strictEqual(labelled.metadata.generation, 2)
    }))

  suite("a status write to a deleted object is rejected or conflicts, and does not recreate it", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "status-gone")
      yield* api.use((server) => server.delete(ObjectMeta.keyOf(widget, created), preconditions(created)))
      const reason = yield* rejection(patch(created, { phase: "Ready" }))

      assert.notStrictEqual(reason._tag, "Unavailable")
      assert.deepStrictEqual(yield* find(namespace, "status-gone"), Option.none())
    }))
}
