/** Conformance of `KubernetesApi` and `StatusWriter`: delete and finalizers. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { api, find, keyOf, make, mustFind, preconditions, rejection, type Suite, widget, writer } from "./Widget.ts"

export const deleting = (suite: Suite) => {
  const remove = (namespace: string, name: string, expected: KubernetesApi.Preconditions) =>
    api.use((server) => server.delete(keyOf(namespace, name), expected))

  suite("a deleted object does not exist, and its name can be used again", (namespace) =>
    Effect.gen(function* () {
      const first = yield* make(namespace, "deleted")
      yield* remove(namespace, "deleted", preconditions(first))
      assert.deepStrictEqual(yield* find(namespace, "deleted"), Option.none())

      const second = yield* make(namespace, "deleted")
      assert.notStrictEqual(second.metadata.uid, first.metadata.uid)
    }))

  suite("deleting an object that does not exist succeeds", (namespace) =>
    remove(namespace, "never-was", { uid: "any" }))

  suite("INV-11: a delete with the uid of another object conflicts and deletes nothing", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "not-ours")
      const reason = yield* rejection(remove(namespace, "not-ours", { uid: "00000000-0000-0000-0000-000000000000" }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "not-ours"), created)
    }))

  suite("a delete with an old resourceVersion conflicts and deletes nothing", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* make(namespace, "changed-since")
      const changed = yield* writer.use((writes) =>
        writes.patchStatus(keyOf(namespace, "changed-since"), metadata.resourceVersion, { phase: "Ready" })
      )
      const { resourceVersion, uid } = metadata
      const reason = yield* rejection(remove(namespace, "changed-since", { uid, resourceVersion }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "changed-since"), changed)
    }))
}

export const settingFinalizers = (suite: Suite) => {
  const setFinalizers = (object: ObjectMeta.KubernetesObject, finalizers: ReadonlyArray<string>) =>
    writer.use((writes) =>
      writes.setFinalizers(ObjectMeta.keyOf(widget, object), object.metadata.resourceVersion, finalizers)
    )
  const remove = (object: ObjectMeta.KubernetesObject) =>
    api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

  suite("a deleted object with a finalizer stays, with a deletionTimestamp", (namespace) =>
    Effect.gen(function* () {
      const withFinalizer = yield* setFinalizers(yield* make(namespace, "held"), ["example.dev/held"])
      yield* remove(withFinalizer)
      const terminating = yield* mustFind(namespace, "held")

      assert.isDefined(terminating.metadata.deletionTimestamp)
      assert.deepStrictEqual(terminating.metadata.finalizers, ["example.dev/held"])
    }))

  suite("deleting an object that is being deleted succeeds and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const withFinalizer = yield* setFinalizers(yield* make(namespace, "held-twice"), ["example.dev/held"])
      yield* remove(withFinalizer)
      const terminating = yield* mustFind(namespace, "held-twice")
      yield* remove(terminating)

      assert.deepStrictEqual(yield* mustFind(namespace, "held-twice"), terminating)
    }))

  suite("removing the last finalizer removes the object and returns it", (namespace) =>
    Effect.gen(function* () {
      const withFinalizer = yield* setFinalizers(yield* make(namespace, "let-go"), [
        "example.dev/held",
        "example.dev/also"
      ])
      yield* remove(withFinalizer)
      const one = yield* setFinalizers(yield* mustFind(namespace, "let-go"), ["example.dev/also"])
      const last = yield* setFinalizers(one, [])

      assert.strictEqual(last.metadata.uid, withFinalizer.metadata.uid)
      assert.deepStrictEqual(yield* find(namespace, "let-go"), Option.none())
    }))

  suite("adding a finalizer to an object that is being deleted is rejected", (namespace) =>
    Effect.gen(function* () {
      yield* remove(yield* setFinalizers(yield* make(namespace, "too-late"), ["example.dev/held"]))
      const terminating = yield* mustFind(namespace, "too-late")
      const reason = yield* rejection(setFinalizers(terminating, ["example.dev/held", "example.dev/also"]))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 422)
    }))

  suite("setting finalizers on an old version conflicts", (namespace) =>
    Effect.gen(function* () {
      const old = yield* make(namespace, "finalizer-stale")
      yield* setFinalizers(old, ["example.dev/held"])
      const reason = yield* rejection(setFinalizers(old, []))

      assert.strictEqual(reason._tag, "Conflict")
    }))
}

export const removingFinalizers = (suite: Suite) => {
  const makeWithFinalizers = (namespace: string, name: string) =>
    Effect.flatMap(make(namespace, name), ({ metadata }) =>
      writer.use((writes) =>
        writes.setFinalizers(keyOf(namespace, name), metadata.resourceVersion, ["example.dev/held", "example.dev/also"])
      )
    )
  const removeFinalizer = (observed: ObjectMeta.KubernetesObject, finalizer = "example.dev/held") =>
    api.use((server) => server.removeFinalizer(widget, observed, finalizer))
  const remove = (object: ObjectMeta.KubernetesObject) =>
    api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

  suite("removeFinalizer keeps the other finalizers; removing the last one removes a deleted object", (namespace) =>
    Effect.gen(function* () {
      yield* remove(yield* makeWithFinalizers(namespace, "released"))
      yield* removeFinalizer(yield* mustFind(namespace, "released"))
      const remaining = yield* mustFind(namespace, "released")
      yield* removeFinalizer(remaining, "example.dev/also")

      assert.deepStrictEqual(remaining.metadata.finalizers, ["example.dev/also"])
      assert.deepStrictEqual(yield* find(namespace, "released"), Option.none())
    }))

  suite("removeFinalizer changes nothing if the object does not have the finalizer", (namespace) =>
    Effect.gen(function* () {
      const observed = yield* makeWithFinalizers(namespace, "not-held")
      yield* removeFinalizer(observed, "example.dev/other")

      assert.deepStrictEqual(yield* mustFind(namespace, "not-held"), observed)
    }))

  suite("removeFinalizer conflicts if the object has changed or was recreated", (namespace) =>
    Effect.gen(function* () {
      const old = yield* makeWithFinalizers(namespace, "release-stale")
      yield* removeFinalizer(old)
      const changed = yield* rejection(removeFinalizer(old, "example.dev/also"))
      const remaining = yield* mustFind(namespace, "release-stale")
      yield* removeFinalizer(remaining, "example.dev/also")
      yield* remove(remaining)
      const recreated = yield* make(namespace, "release-stale")
      const replaced = yield* rejection(removeFinalizer(remaining, "example.dev/also"))

      assert.deepStrictEqual([changed._tag, replaced._tag], ["Conflict", "Conflict"])
      assert.deepStrictEqual(yield* mustFind(namespace, "release-stale"), recreated)
    }))

  suite("removeFinalizer succeeds if the object does not exist", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* make(namespace, "released-late")
      const withFinalizer = yield* writer.use((writes) =>
        writes.setFinalizers(keyOf(namespace, "released-late"), metadata.resourceVersion, ["example.dev/held"])
      )
      yield* remove(withFinalizer)
      yield* removeFinalizer(yield* mustFind(namespace, "released-late"))
      yield* removeFinalizer(withFinalizer)

      assert.deepStrictEqual(yield* find(namespace, "released-late"), Option.none())
    }))
}
