/** Reading, creating and applying objects. */
import { assert } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { api, find, keyOf, make, manifest, mustFind, refusal, type Suite, writer } from "./Widget.ts"

export const reading = (suite: Suite) => {
  suite("an object that does not exist reads as none", (namespace) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* find(namespace, "never-made"), Option.none())
    }))

  suite("objects of the core group and of the cluster read by the same words", (namespace) =>
    Effect.gen(function* () {
      const kind = { apiVersion: "v1", kind: "Namespace", plural: "namespaces", scope: "Cluster" } as const
      const found = yield* api.use((server) => server.get(ObjectMeta.key(kind, "", namespace)))

      assert.strictEqual(Option.getOrThrow(found).metadata.name, namespace)
    }))
}

export const creating = (suite: Suite) => {
  suite("a new object has an identity, a version and its first generation", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "created")

      assert.strictEqual(made.metadata.namespace, namespace)
      assert.strictEqual(made.metadata.generation, 1)
      assert.isNotEmpty(made.metadata.uid)
      assert.deepStrictEqual(yield* mustFind(namespace, "created"), made)
    }))

  suite("creating an object twice is rejected as AlreadyExists", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "created-twice")
      const reason = yield* refusal(make(namespace, "created-twice"))

      assert.strictEqual(reason._tag === "Rejected" && reason.code, "AlreadyExists")
      assert.deepStrictEqual(yield* mustFind(namespace, "created-twice"), made)
    }))

  suite("an object that breaks a rule of its kind is rejected, and the answer names the field", (namespace) =>
    Effect.gen(function* () {
      const body = manifest("broken", { size: 0 })
      const reason = yield* refusal(api.use((server) => server.create(keyOf(namespace, "broken"), body)))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 422)
      assert.strictEqual(reason._tag === "Rejected" && reason.code, "Invalid")
      assert.include(reason.message, "spec.size")
      assert.deepStrictEqual(yield* find(namespace, "broken"), Option.none())
    }))

  suite("an object in a namespace that does not exist is rejected", () =>
    Effect.gen(function* () {
      const reason = yield* refusal(make("no-such-namespace", "lost"))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 404)
    }))

  suite("status is not for those who create", (namespace) =>
    Effect.gen(function* () {
      const body = { ...manifest("born-ready", { size: 1 }), status: { phase: "Ready" } }
      const made = yield* api.use((server) => server.create(keyOf(namespace, "born-ready"), body))

      assert.isUndefined(made.status)
    }))
}

export const applying = (suite: Suite) => {
  const apply = (namespace: string, name: string, spec: ObjectMeta.JsonObject, more: object = {}) =>
    api.use((server) => server.apply(keyOf(namespace, name), { ...manifest(name, spec), ...more }))

  suite("applying creates what is not there", (namespace) =>
    Effect.gen(function* () {
      const applied = yield* apply(namespace, "applied", { size: 3 })

      assert.deepStrictEqual(applied.spec, { size: 3 })
      assert.deepStrictEqual(yield* mustFind(namespace, "applied"), applied)
    }))

  suite("applying twice is one change", (namespace) =>
    Effect.gen(function* () {
      const first = yield* apply(namespace, "applied-twice", { size: 3, tags: ["a", "b"] })
      const second = yield* apply(namespace, "applied-twice", { size: 3, tags: ["a", "b"] })

      assert.strictEqual(second.metadata.resourceVersion, first.metadata.resourceVersion)
      assert.deepStrictEqual(second, first)
    }))

  suite("a field that is no longer applied goes away", (namespace) =>
    Effect.gen(function* () {
      yield* apply(namespace, "applied-less", { size: 3, color: "red" })
      const less = yield* apply(namespace, "applied-less", { size: 3 })

      assert.deepStrictEqual(less.spec, { size: 3 })
    }))

  suite("applying leaves alone what it does not mention", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* apply(namespace, "applied-beside", { size: 3 })
      const key = keyOf(namespace, "applied-beside")
      yield* writer.use((status) => status.setFinalizers(key, metadata.resourceVersion, ["example.dev/held"]))
      const again = yield* apply(namespace, "applied-beside", { size: 4 })

      assert.deepStrictEqual(again.metadata.finalizers, ["example.dev/held"])
    }))

  suite("applying does not touch status", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* apply(namespace, "applied-status", { size: 3 })
      const key = keyOf(namespace, "applied-status")
      yield* writer.use((status) => status.patchStatus(key, metadata.resourceVersion, { phase: "Ready" }))
      const again = yield* apply(namespace, "applied-status", { size: 4 }, { status: { phase: "Lost" } })

      assert.deepStrictEqual(again.status, { phase: "Ready" })
      assert.deepStrictEqual(again.spec, { size: 4 })
    }))
}
