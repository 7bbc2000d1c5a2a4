/** Deleting, finalizing and listing objects. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { api, find, keyOf, make, mustFind, preconditions, refusal, type Suite, widget, writer } from "./Widget.ts"

export const deleting = (suite: Suite) => {
  const remove = (namespace: string, name: string, wanted: KubernetesApi.Preconditions) =>
    api.use((server) => server.delete(keyOf(namespace, name), wanted))

  suite("a deleted object is gone, and its name is free for another", (namespace) =>
    Effect.gen(function* () {
      const first = yield* make(namespace, "deleted")
      yield* remove(namespace, "deleted", preconditions(first))
      assert.deepStrictEqual(yield* find(namespace, "deleted"), Option.none())

      const second = yield* make(namespace, "deleted")
      assert.notStrictEqual(second.metadata.uid, first.metadata.uid)
    }))

  suite("deleting what is not there succeeds", (namespace) => remove(namespace, "never-was", { uid: "any" }))

  suite("INV-11: deleting by the uid of another object conflicts and leaves the object", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "not-ours")
      const reason = yield* refusal(remove(namespace, "not-ours", { uid: "00000000-0000-0000-0000-000000000000" }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "not-ours"), made)
    }))

  suite("deleting by an old version conflicts and leaves the object", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* make(namespace, "changed-since")
      const changed = yield* writer.use((writes) =>
        writes.patchStatus(keyOf(namespace, "changed-since"), metadata.resourceVersion, { phase: "Ready" })
      )
      const { resourceVersion, uid } = metadata
      const reason = yield* refusal(remove(namespace, "changed-since", { uid, resourceVersion }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "changed-since"), changed)
    }))
}

export const finalizing = (suite: Suite) => {
  const hold = (object: ObjectMeta.KubernetesObject, finalizers: ReadonlyArray<string>) =>
    writer.use((writes) =>
      writes.setFinalizers(ObjectMeta.keyOf(widget, object), object.metadata.resourceVersion, finalizers)
    )
  const remove = (object: ObjectMeta.KubernetesObject) =>
    api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

  suite("a finalizer holds an object that was deleted", (namespace) =>
    Effect.gen(function* () {
      const held = yield* hold(yield* make(namespace, "held"), ["example.dev/held"])
      yield* remove(held)
      const going = yield* mustFind(namespace, "held")

      assert.isDefined(going.metadata.deletionTimestamp)
      assert.deepStrictEqual(going.metadata.finalizers, ["example.dev/held"])
    }))

  suite("deleting what is going already succeeds and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const held = yield* hold(yield* make(namespace, "held-twice"), ["example.dev/held"])
      yield* remove(held)
      const going = yield* mustFind(namespace, "held-twice")
      yield* remove(going)

      assert.deepStrictEqual(yield* mustFind(namespace, "held-twice"), going)
    }))

  suite("removing the last finalizer ends the object and still answers with it", (namespace) =>
    Effect.gen(function* () {
      const held = yield* hold(yield* make(namespace, "let-go"), ["example.dev/held", "example.dev/also"])
      yield* remove(held)
      const one = yield* hold(yield* mustFind(namespace, "let-go"), ["example.dev/also"])
      const last = yield* hold(one, [])

      assert.strictEqual(last.metadata.uid, held.metadata.uid)
      assert.deepStrictEqual(yield* find(namespace, "let-go"), Option.none())
    }))

  suite("nobody can add a finalizer to an object that is going", (namespace) =>
    Effect.gen(function* () {
      yield* remove(yield* hold(yield* make(namespace, "too-late"), ["example.dev/held"]))
      const going = yield* mustFind(namespace, "too-late")
      const reason = yield* refusal(hold(going, ["example.dev/held", "example.dev/also"]))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 422)
    }))

  suite("setting finalizers on an old version conflicts", (namespace) =>
    Effect.gen(function* () {
      const old = yield* make(namespace, "finalizer-stale")
      yield* hold(old, ["example.dev/held"])
      const reason = yield* refusal(hold(old, []))

      assert.strictEqual(reason._tag, "Conflict")
    }))
}

export const releasing = (suite: Suite) => {
  const held = (namespace: string, name: string) =>
    Effect.flatMap(make(namespace, name), ({ metadata }) =>
      writer.use((writes) =>
        writes.setFinalizers(keyOf(namespace, name), metadata.resourceVersion, ["example.dev/held", "example.dev/also"])
      )
    )
  const release = (seen: ObjectMeta.KubernetesObject, finalizer = "example.dev/held") =>
    api.use((server) => server.removeFinalizer(widget, seen, finalizer))
  const remove = (object: ObjectMeta.KubernetesObject) =>
    api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

  suite("taking a finalizer off leaves the others, and the last one ends an object that was deleted", (namespace) =>
    Effect.gen(function* () {
      yield* remove(yield* held(namespace, "released"))
      yield* release(yield* mustFind(namespace, "released"))
      const left = yield* mustFind(namespace, "released")
      yield* release(left, "example.dev/also")

      assert.deepStrictEqual(left.metadata.finalizers, ["example.dev/also"])
      assert.deepStrictEqual(yield* find(namespace, "released"), Option.none())
    }))

  suite("taking off a finalizer that is not there changes nothing", (namespace) =>
    Effect.gen(function* () {
      const seen = yield* held(namespace, "not-held")
      yield* release(seen, "example.dev/other")

      assert.deepStrictEqual(yield* mustFind(namespace, "not-held"), seen)
    }))

  suite("taking a finalizer off an object that changed since, or that is another, conflicts", (namespace) =>
    Effect.gen(function* () {
      const old = yield* held(namespace, "release-stale")
      yield* release(old)
      const changed = yield* refusal(release(old, "example.dev/also"))
      const left = yield* mustFind(namespace, "release-stale")
      yield* release(left, "example.dev/also")
      yield* remove(left)
      const other = yield* make(namespace, "release-stale")
      const replaced = yield* refusal(release(left, "example.dev/also"))

      assert.deepStrictEqual([changed._tag, replaced._tag], ["Conflict", "Conflict"])
      assert.deepStrictEqual(yield* mustFind(namespace, "release-stale"), other)
    }))

  suite("taking a finalizer off an object that is gone succeeds", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* make(namespace, "released-late")
      const gone = yield* writer.use((writes) =>
        writes.setFinalizers(keyOf(namespace, "released-late"), metadata.resourceVersion, ["example.dev/held"])
      )
      yield* remove(gone)
      yield* release(yield* mustFind(namespace, "released-late"))
      yield* release(gone)

      assert.deepStrictEqual(yield* find(namespace, "released-late"), Option.none())
    }))
}

export const listing = (suite: Suite) => {
  const names = (objects: ReadonlyArray<ObjectMeta.KubernetesObject>) => objects.map(({ metadata }) => metadata.name)

  suite("a list has every object that carries all labels, in order of name", (namespace) =>
    Effect.gen(function* () {
      yield* make(namespace, "list-c", { labels: { team: "a", tier: "front" } })
      yield* make(namespace, "list-a", { labels: { team: "a", tier: "front" } })
      yield* make(namespace, "list-b", { labels: { team: "a", tier: "back" } })
      const list = (labels: { readonly [label: string]: string }) =>
        Effect.map(
          api.use((server) => server.list(widget, { namespace, labels })),
          names
        )

      assert.deepStrictEqual(yield* list({ team: "a", tier: "front" }), ["list-a", "list-c"])
      assert.deepStrictEqual(yield* list({ team: "a" }), ["list-a", "list-b", "list-c"])
      assert.deepStrictEqual(yield* list({ team: "b" }), [])
    }))

  suite("a list over all namespaces has the objects of each, whole", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "list-anywhere", { labels: { where: "anywhere" } })
      const found = yield* api.use((server) => server.list(widget, { labels: { where: "anywhere" } }))

      assert.deepStrictEqual(found, [made])
    }))
}
