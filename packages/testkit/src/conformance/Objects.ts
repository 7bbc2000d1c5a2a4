/** Conformance of `KubernetesApi`: get, create, apply and list. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  api,
  apply as applyExisting,
  find,
  keyOf,
  make,
  manifest,
  mustFind,
  rejection,
  type Suite,
  widget,
  writer
} from "./Widget.ts"

export const reading = (suite: Suite) => {
  suite("reading an object that does not exist returns none", (namespace) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* find(namespace, "never-made"), Option.none())
    }))

  suite("cluster-scoped objects and objects of the core group can be read", (namespace) =>
    Effect.gen(function* () {
      const kind = { apiVersion: "v1", kind: "Namespace", plural: "namespaces", scope: "Cluster" } as const
      const found = yield* api.use((server) => server.get(ObjectMeta.key(kind, "", namespace)))

      assert.strictEqual(Option.getOrThrow(found).metadata.name, namespace)
    }))
}

export const creating = (suite: Suite) => {
  suite("a new object has a uid, a resourceVersion and generation 1", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "created")

      assert.strictEqual(created.metadata.namespace, namespace)
      assert.strictEqual(created.metadata.generation, 1)
      assert.isNotEmpty(created.metadata.uid)
      assert.deepStrictEqual(yield* mustFind(namespace, "created"), created)
    }))

  suite("creating an object twice is rejected as AlreadyExists", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "created-twice")
      const reason = yield* rejection(make(namespace, "created-twice"))

      assert.strictEqual(reason._tag === "Rejected" && reason.code, "AlreadyExists")
      assert.deepStrictEqual(yield* mustFind(namespace, "created-twice"), created)
    }))

  suite("an object that violates its schema is rejected with the path of the field", (namespace) =>
    Effect.gen(function* () {
      const body = manifest("broken", { size: 0 })
      const reason = yield* rejection(api.use((server) => server.create(keyOf(namespace, "broken"), body)))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 422)
      assert.strictEqual(reason._tag === "Rejected" && reason.code, "Invalid")
      assert.include(reason.message, "spec.size")
      assert.deepStrictEqual(yield* find(namespace, "broken"), Option.none())
    }))

  suite("creating an object in a namespace that does not exist is rejected", () =>
    Effect.gen(function* () {
      const reason = yield* rejection(make("no-such-namespace", "lost"))

      assert.strictEqual(reason._tag === "Rejected" && reason.status, 404)
    }))

  suite("create ignores status", (namespace) =>
    Effect.gen(function* () {
      // The type of a manifest has no status; a body that is computed may have one all the same.
      const more: object = { status: { phase: "Ready" } }
      const body = { ...manifest("born-ready", { size: 1 }), ...more }
      const created = yield* api.use((server) => server.create(keyOf(namespace, "born-ready"), body))

      assert.isUndefined(created.status)
    }))
}

export const applying = (suite: Suite) => {
  const apply = (namespace: string, name: string, spec: ObjectMeta.JsonObject, more: object = {}) =>
    applyExisting(keyOf(namespace, name), { ...manifest(name, spec), ...more })

  suite("apply creates an object that does not exist", (namespace) =>
    Effect.gen(function* () {
      const applied = yield* apply(namespace, "applied", { size: 3 })

      assert.deepStrictEqual(applied.spec, { size: 3 })
      assert.deepStrictEqual(yield* mustFind(namespace, "applied"), applied)
    }))

  suite("applying the same body twice changes the object once", (namespace) =>
    Effect.gen(function* () {
      const first = yield* apply(namespace, "applied-twice", { size: 3, tags: ["a", "b"] })
      const second = yield* apply(namespace, "applied-twice", { size: 3, tags: ["a", "b"] })

      assert.strictEqual(second.metadata.resourceVersion, first.metadata.resourceVersion)
      assert.deepStrictEqual(second, first)
    }))

  suite("apply removes a field that it no longer contains", (namespace) =>
    Effect.gen(function* () {
      yield* apply(namespace, "applied-less", { size: 3, color: "red" })
      const second = yield* apply(namespace, "applied-less", { size: 3 })

      assert.deepStrictEqual(second.spec, { size: 3 })
    }))

  suite("apply keeps fields that it does not own", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* apply(namespace, "applied-beside", { size: 3 })
      const key = keyOf(namespace, "applied-beside")
      yield* writer.use((status) => status.setFinalizers(key, metadata.resourceVersion, ["example.dev/held"]))
      const again = yield* apply(namespace, "applied-beside", { size: 4 })

      assert.deepStrictEqual(again.metadata.finalizers, ["example.dev/held"])
    }))

  suite("an apply onto an object that was read takes over the fields of other managers", (namespace) =>
    Effect.gen(function* () {
      yield* make(namespace, "apply-forced")
      const body = manifest("apply-forced", { size: 2 })
      const applied = yield* applyExisting(keyOf(namespace, "apply-forced"), body)

      assert.deepStrictEqual(applied.spec, { size: 2 })
    }))

  suite("apply ignores status", (namespace) =>
    Effect.gen(function* () {
      const { metadata } = yield* apply(namespace, "applied-status", { size: 3 })
      const key = keyOf(namespace, "applied-status")
      yield* writer.use((status) => status.patchStatus(key, metadata.resourceVersion, { phase: "Ready" }))
      const again = yield* apply(namespace, "applied-status", { size: 4 }, { status: { phase: "Lost" } })

      assert.deepStrictEqual(again.status, { phase: "Ready" })
      assert.deepStrictEqual(again.spec, { size: 4 })
    }))
}

export const applyingOntoOthers = (suite: Suite) => {
  const apply = (
    namespace: string,
    name: string,
    existing: ObjectMeta.KubernetesObject | undefined,
    metadata: Parameters<typeof manifest>[2] = {}
  ) => api.use((server) => server.apply(keyOf(namespace, name), manifest(name, { color: "blue" }, metadata), existing))
  const remove = ({ metadata }: ObjectMeta.KubernetesObject) =>
    api.use((server) => server.delete(keyOf(metadata.namespace ?? "", metadata.name), { uid: metadata.uid }))
  const conflicts = <R>(
    namespace: string,
    existing: ObjectMeta.KubernetesObject,
    call: Effect.Effect<ObjectMeta.KubernetesObject, KubernetesApi.KubernetesError, R>
  ) =>
    Effect.gen(function* () {
      const reason = yield* rejection(call)
      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, existing.metadata.name), existing)
      return reason.message
    })

  suite("INV-17: an apply that creates an object conflicts if one exists, and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "apply-taken")
      yield* conflicts(namespace, created, apply(namespace, "apply-taken", undefined))

      const body = manifest("apply-taken-twice", { size: 1 })
      const applied = yield* applyExisting(keyOf(namespace, "apply-taken-twice"), body)
      const again = api.use((server) => server.apply(keyOf(namespace, "apply-taken-twice"), body, undefined))
      yield* conflicts(namespace, applied, again)
    }))

  suite("INV-17: an apply onto an object conflicts if another one has its name, and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const first = yield* make(namespace, "apply-replaced")
      yield* remove(first)
      const second = yield* make(namespace, "apply-replaced")
      yield* conflicts(namespace, second, apply(namespace, "apply-replaced", first))
    }))

  suite("INV-17: an apply onto an object that was deleted conflicts and creates nothing", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "apply-gone")
      yield* remove(created)
      const reason = yield* rejection(apply(namespace, "apply-gone", created))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* find(namespace, "apply-gone"), Option.none())
    }))

  suite("INV-17: an apply onto an object of another controller conflicts and names both", (namespace) =>
    Effect.gen(function* () {
      const [ours, theirs] = [yield* make(namespace, "apply-ours"), yield* make(namespace, "apply-theirs")]
      const controlledBy = (owner: ObjectMeta.KubernetesObject) => ({
        ownerReferences: [ObjectMeta.controllerReference(owner)]
      })
      const owned = yield* make(namespace, "apply-owned", controlledBy(theirs))
      const message = yield* conflicts(namespace, owned, apply(namespace, "apply-owned", owned, controlledBy(ours)))

      assert.include(message, "Widget/apply-theirs")
      assert.include(message, "Widget/apply-ours")
    }))
}

export const listing = (suite: Suite) => {
  suite("a list has every object that has all labels, sorted by name", (namespace) =>
    Effect.gen(function* () {
      yield* make(namespace, "list-c", { labels: { team: "a", tier: "front" } })
      yield* make(namespace, "list-a", { labels: { team: "a", tier: "front" } })
      yield* make(namespace, "list-b", { labels: { team: "a", tier: "back" } })
      const list = (labels: { readonly [label: string]: string }) =>
        Effect.map(
          api.use((server) => server.list(widget, { namespace, labels })),
          (objects) => objects.map(({ metadata }) => metadata.name)
        )

      assert.deepStrictEqual(yield* list({ team: "a", tier: "front" }), ["list-a", "list-c"])
      assert.deepStrictEqual(yield* list({ team: "a" }), ["list-a", "list-b", "list-c"])
      assert.deepStrictEqual(yield* list({ team: "b" }), [])
    }))

  suite("a list of all namespaces has complete objects", (namespace) =>
    Effect.gen(function* () {
      const created = yield* make(namespace, "list-anywhere", { labels: { where: "anywhere" } })
      const found = yield* api.use((server) => server.list(widget, { labels: { where: "anywhere" } }))

      assert.deepStrictEqual(found, [created])
    }))
}
