/**
 * What every keeper of a promise must do. Run a suite against memory and against a real server: it states only what
 * both do, so a failure on either side is a finding.
 */
import { assert, layer as layerTests } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/** The toy kind of the suite. Its definition is {@link widgetDefinition}. */
export const widget: ObjectMeta.ObjectKind = {
  apiVersion: "example.dev/v1",
  kind: "Widget",
  plural: "widgets",
  scope: "Namespaced"
}

/** A kind with a status subresource, one rule to break (`size` is at least 1), and a status that keeps what it is given. */
export const widgetDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                properties: {
                  size: { type: "integer", minimum: 1 },
                  color: { type: "string" },
                  tags: { type: "array", items: { type: "string" } }
                }
              },
              status: {
                type: "object",
                "x-kubernetes-preserve-unknown-fields": true,
                properties: { phase: { type: "string" } }
              }
            }
          }
        }
      }
    ]
  }
}

export interface KubernetesApiOptions<R> {
  /** Where the suite makes its objects. Empty at first: names are the same on every run. */
  readonly namespace: string
  /** Makes the namespace and {@link widgetDefinition} exist. Runs once. */
  readonly setup?: Effect.Effect<unknown, unknown, R>
}

type Promises = KubernetesApi.KubernetesApi | StatusWriter.StatusWriter

/** The suite of `KubernetesApi` and `StatusWriter`. It runs on the real clock. */
export const kubernetesApi = <R, E>(
  name: string,
  keeper: Layer.Layer<Promises | R, E>,
  { namespace, setup = Effect.void }: KubernetesApiOptions<Promises | R>
): void =>
  layerTests(Layer.effectDiscard(setup).pipe(Layer.provideMerge(keeper)), {
    timeout: "60 seconds",
    excludeTestServices: true
  })(`KubernetesApi (${name})`, (it) => {
    const suite: Suite = (sentence, behaviour) => it.effect(sentence, () => behaviour(namespace))
    reading(suite)
    creating(suite)
    applying(suite)
    writingStatus(suite)
    deleting(suite)
    finalizing(suite)
    listing(suite)
  })

type Behaviour = (namespace: string) => Effect.Effect<void, unknown, Promises>
type Suite = (sentence: string, behaviour: Behaviour) => void

const api = KubernetesApi.KubernetesApi
const writer = StatusWriter.StatusWriter

const keyOf = (namespace: string, name: string) => ObjectMeta.key(widget, namespace, name)

const manifest = (name: string, spec: ObjectMeta.JsonObject, more: Partial<ObjectMeta.Manifest["metadata"]> = {}) => ({
  apiVersion: widget.apiVersion,
  kind: widget.kind,
  metadata: { name, ...more },
  spec
})

const make = (namespace: string, name: string, more: Partial<ObjectMeta.Manifest["metadata"]> = {}) =>
  api.use((server) => server.create(keyOf(namespace, name), manifest(name, { size: 1 }, more)))

const find = (namespace: string, name: string) => api.use((server) => server.get(keyOf(namespace, name)))

const mustFind = (namespace: string, name: string) => Effect.map(find(namespace, name), Option.getOrThrow)

/** The reason of a call that must fail. */
const refusal = <A, R>(call: Effect.Effect<A, KubernetesApi.KubernetesError, R>) =>
  Effect.map(Effect.flip(call), (error) => error.reason)

const preconditions = ({ metadata }: ObjectMeta.KubernetesObject) => ({ uid: metadata.uid })

const reading = (suite: Suite) => {
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

const creating = (suite: Suite) => {
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

const applying = (suite: Suite) => {
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

const writingStatus = (suite: Suite) => {
  const patch = (object: ObjectMeta.KubernetesObject, status: ObjectMeta.JsonObject) =>
    writer.use((writes) =>
      writes.patchStatus(ObjectMeta.keyOf(widget, object), object.metadata.resourceVersion, status)
    )

  suite("a status write on an old version conflicts and changes nothing", (namespace) =>
    Effect.gen(function* () {
      const old = yield* make(namespace, "status-stale")
      const current = yield* patch(old, { phase: "First" })
      const reason = yield* refusal(patch(old, { phase: "Second" }))

      assert.strictEqual(reason._tag, "Conflict")
      assert.deepStrictEqual(yield* mustFind(namespace, "status-stale"), current)
    }))

  suite("a status write changes neither spec nor generation, and moves the version", (namespace) =>
    Effect.gen(function* () {
      const before = yield* make(namespace, "status-only")
      const after = yield* patch(before, { phase: "Ready" })

      assert.deepStrictEqual(after.spec, before.spec)
      assert.strictEqual(after.metadata.generation, before.metadata.generation)
      assert.isTrue(ObjectMeta.isNewer(after.metadata.resourceVersion, before.metadata.resourceVersion))
    }))

  suite("a status write that changes nothing keeps the version", (namespace) =>
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

  suite("lists in status are replaced whole", (namespace) =>
    Effect.gen(function* () {
      const two = yield* patch(yield* make(namespace, "status-list"), { tasks: [{ id: "a" }, { id: "b" }] })
      const one = yield* patch(two, { tasks: [{ id: "c" }] })

      assert.deepStrictEqual(one.status, { tasks: [{ id: "c" }] })
    }))

  suite("INV-13: fields of status that a write does not mention survive it", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "status-unknown")
      const strange = yield* patch(made, { phase: "First", future: { deep: [1, { field: true }] } })
      const after = yield* patch(strange, { phase: "Second" })

      assert.deepStrictEqual(after.status, { phase: "Second", future: { deep: [1, { field: true }] } })
    }))

  suite("a change of spec moves the generation", (namespace) =>
    Effect.gen(function* () {
      yield* make(namespace, "generation")
      const body = manifest("generation", { size: 2 })
      const changed = yield* api.use((server) => server.apply(keyOf(namespace, "generation"), body))
      const labelled = yield* api.use((server) =>
        server.apply(keyOf(namespace, "generation"), { ...body, metadata: { name: "generation", labels: { a: "b" } } })
      )

      assert.strictEqual(changed.metadata.generation, 2)
      assert.strictEqual(labelled.metadata.generation, 2)
    }))

  suite("a status write on an object that is gone is rejected or a conflict, never created", (namespace) =>
    Effect.gen(function* () {
      const made = yield* make(namespace, "status-gone")
      yield* api.use((server) => server.delete(ObjectMeta.keyOf(widget, made), preconditions(made)))
      const reason = yield* refusal(patch(made, { phase: "Ready" }))

      assert.notStrictEqual(reason._tag, "Unavailable")
      assert.deepStrictEqual(yield* find(namespace, "status-gone"), Option.none())
    }))
}

const deleting = (suite: Suite) => {
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

const finalizing = (suite: Suite) => {
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

const listing = (suite: Suite) => {
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
