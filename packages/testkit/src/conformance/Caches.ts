/** Conformance of `ObjectCache`: reads right after writes of the same process, and reads that no watch covers. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ConformanceCase } from "./ConformanceCase.ts"
import * as Unwatched from "./Unwatched.ts"
import { api, apply, keyOf, make, manifest, preconditions, type WriteServices, widget, writer } from "./Widget.ts"

type R = ObjectCache.ObjectCache | WriteServices

const cache = ObjectCache.ObjectCache

const cached = (namespace: string, name: string) => cache.use((reads) => reads.get(keyOf(namespace, name)))

const isCached = (namespace: string, name: string) => Effect.map(cached(namespace, name), Option.isSome)

const names = (selection: KubernetesApi.Selection) =>
  Effect.map(
    cache.use((reads) => reads.list(widget, selection)),
    (objects) => objects.map(({ metadata }) => metadata.name)
  )

/** Asserts that the cache has the object that a write returned. No other process writes, so no newer version exists. */
const expectCached = (namespace: string, written: ObjectMeta.KubernetesObject) =>
  Effect.map(cached(namespace, written.metadata.name), (found) => {
    const { metadata, spec, status } = Option.getOrThrow(found)
    const { deletionTimestamp, finalizers, labels, resourceVersion, uid } = metadata
    assert.deepStrictEqual(
      { spec, status, deletionTimestamp, finalizers, labels, resourceVersion, uid },
      {
        spec: written.spec,
        status: written.status,
        deletionTimestamp: written.metadata.deletionTimestamp,
        finalizers: written.metadata.finalizers,
        labels: written.metadata.labels,
        resourceVersion: written.metadata.resourceVersion,
        uid: written.metadata.uid
      }
    )
  })

const patch = ({ metadata }: ObjectMeta.KubernetesObject, namespace: string, phase: string) =>
  writer.use((writes) => writes.patchStatus(keyOf(namespace, metadata.name), metadata.resourceVersion, { phase }))

const setFinalizers = (
  { metadata }: ObjectMeta.KubernetesObject,
  namespace: string,
  finalizers: ReadonlyArray<string>
) => writer.use((writes) => writes.setFinalizers(keyOf(namespace, metadata.name), metadata.resourceVersion, finalizers))

const remove = (object: ObjectMeta.KubernetesObject) =>
  api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

/** Repeats a check for some time, in which late events of earlier writes may arrive. */
const repeatedly = <A, E, R2>(check: Effect.Effect<A, E, R2>) =>
  Effect.repeat(Effect.andThen(Effect.sleep("3 millis"), check), { times: 20 })

export const cases = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  ...writing(namespace),
  ...deleting(namespace),
  ...listing(namespace),
  ...Unwatched.cases(namespace)
]

const writing = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an object that does not exist is not cached",
    run: Effect.gen(function* () {
      assert.isFalse(yield* isCached(namespace, "cache-never"))
    })
  },
  {
    name: "an object is cached when its create returns",
    run: Effect.flatMap(make(namespace, "cache-created"), (created) => expectCached(namespace, created))
  },
  {
    name: "an object is cached as it was applied, the first and the second time",
    run: Effect.gen(function* () {
      for (const size of [1, 2]) {
        const body = manifest("cache-applied", { size })
        yield* expectCached(namespace, yield* apply(keyOf(namespace, "cache-applied"), body))
      }
    })
  },
  {
    name: "status is cached when its write returns, also after many writes",
    run: Effect.gen(function* () {
      let object = yield* make(namespace, "cache-status")
      for (const phase of ["One", "Two", "Three", "Four", "Five"]) {
        object = yield* patch(object, namespace, phase)
        yield* expectCached(namespace, object)
      }
    })
  },
  {
    name: "a late event of an earlier write does not replace a later write",
    run: Effect.gen(function* () {
      const first = yield* patch(yield* make(namespace, "cache-late"), namespace, "First")
      const second = yield* patch(first, namespace, "Second")
      yield* repeatedly(expectCached(namespace, second))
    })
  },
  {
    name: "finalizers are cached when their write returns",
    run: Effect.gen(function* () {
      const created = yield* make(namespace, "cache-finalizers")
      yield* expectCached(namespace, yield* setFinalizers(created, namespace, ["example.dev/held"]))
    })
  },
  {
    name: "a removed finalizer is not cached any more",
    run: Effect.gen(function* () {
      const withFinalizers = yield* setFinalizers(yield* make(namespace, "cache-released"), namespace, [
        "example.dev/a",
        "example.dev/b"
      ])
      yield* api.use((server) => server.removeFinalizer(widget, withFinalizers, "example.dev/a"))
      const found = Option.getOrThrow(yield* cached(namespace, "cache-released"))
      assert.deepStrictEqual(found.metadata.finalizers, ["example.dev/b"])
    })
  }
]

const deleting = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an object is not cached when its delete returns",
    run: Effect.gen(function* () {
      yield* remove(yield* make(namespace, "cache-deleted"))
      assert.isFalse(yield* isCached(namespace, "cache-deleted"))
      assert.notInclude(yield* names({ namespace }), "cache-deleted")
    })
  },
  {
    name: "a late event of an earlier write does not bring a deleted object back",
    run: Effect.gen(function* () {
      yield* remove(yield* patch(yield* make(namespace, "cache-back"), namespace, "Ready"))
      yield* repeatedly(Effect.map(isCached(namespace, "cache-back"), (found) => assert.isFalse(found)))
    })
  },
  {
    name: "a deleted object with a finalizer is cached with its deletionTimestamp",
    run: Effect.gen(function* () {
      yield* remove(yield* setFinalizers(yield* make(namespace, "cache-going"), namespace, ["example.dev/held"]))
      const found = Option.getOrThrow(yield* cached(namespace, "cache-going"))
      assert.isDefined(found.metadata.deletionTimestamp)
    })
  },
  {
    name: "an object is not cached after setFinalizers removed its last finalizer",
    run: Effect.gen(function* () {
      yield* remove(yield* setFinalizers(yield* make(namespace, "cache-let-go"), namespace, ["example.dev/held"]))
      const terminating = Option.getOrThrow(yield* api.use((server) => server.get(keyOf(namespace, "cache-let-go"))))
      yield* setFinalizers(terminating, namespace, [])
      assert.isFalse(yield* isCached(namespace, "cache-let-go"))
    })
  },
  {
    name: "an object is not cached after removeFinalizer removed its last finalizer",
    run: Effect.gen(function* () {
      yield* remove(yield* setFinalizers(yield* make(namespace, "cache-free"), namespace, ["example.dev/held"]))
      const terminating = Option.getOrThrow(yield* api.use((server) => server.get(keyOf(namespace, "cache-free"))))
      yield* api.use((server) => server.removeFinalizer(widget, terminating, "example.dev/held"))
      assert.isFalse(yield* isCached(namespace, "cache-free"))
    })
  },
  {
    name: "a recreated object is cached as the new one",
    run: Effect.gen(function* () {
      yield* remove(yield* make(namespace, "cache-again"))
      const second = yield* make(namespace, "cache-again")
      yield* repeatedly(expectCached(namespace, second))
    })
  }
]

const listing = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "a list has all objects, sorted by name",
    run: Effect.gen(function* () {
      for (const name of ["cache-list-c", "cache-list-a", "cache-list-b"]) {
        yield* make(namespace, name, { labels: { list: "order" } })
      }
      const found = yield* names({ namespace, labels: { list: "order" } })
      assert.deepStrictEqual(found, ["cache-list-a", "cache-list-b", "cache-list-c"])
    })
  },
  {
    name: "a list has the objects that have every label, with a value or with any value",
    run: Effect.gen(function* () {
      yield* make(namespace, "cache-label-a", { labels: { list: "labels", tier: "front" } })
      yield* make(namespace, "cache-label-b", { labels: { list: "labels", tier: "back" } })
      yield* make(namespace, "cache-label-c", { labels: { list: "labels" } })
      const found = (tier: string | true) => names({ namespace, labels: { list: "labels", tier } })
      assert.deepStrictEqual(yield* found("front"), ["cache-label-a"])
      assert.sameMembers(yield* found(true), ["cache-label-a", "cache-label-b"])
      assert.deepStrictEqual(yield* found("side"), [])
    })
  },
  {
    name: "an object whose labels changed is listed by the new labels only",
    run: Effect.gen(function* () {
      const label = (team: string) => {
        const body = manifest("cache-relabelled", { size: 1 }, { labels: { list: "relabelled", team } })
        return apply(keyOf(namespace, "cache-relabelled"), body)
      }
      yield* label("a")
      yield* label("b")
      const listed = (team: string) => names({ namespace, labels: { list: "relabelled", team } })
      assert.deepStrictEqual([yield* listed("a"), yield* listed("b")], [[], ["cache-relabelled"]])
    })
  },
  {
    name: "a list of one namespace has no objects of another, and a list of all namespaces has both",
    run: Effect.gen(function* () {
      const labels = { list: "namespaces" }
      yield* make(namespace, "cache-here", { labels })
      const there = yield* make("default", "cache-there", { labels })
      const [here, all] = [yield* names({ namespace, labels }), yield* names({ labels })]
      yield* remove(there)
      assert.deepStrictEqual(here, ["cache-here"])
      assert.sameMembers(all, ["cache-here", "cache-there"])
    })
  }
]
