/** What `ObjectCache` says: reading the cache of a process right after that process wrote. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { ConformanceCase } from "./ConformanceCase.ts"
import { api, keyOf, make, manifest, preconditions, type WriteServices, widget, writer } from "./Widget.ts"

type R = ObjectCache.ObjectCache | WriteServices

const cache = ObjectCache.ObjectCache

const known = (namespace: string, name: string) => cache.use((reads) => reads.get(keyOf(namespace, name)))

const isKnown = (namespace: string, name: string) => Effect.map(known(namespace, name), Option.isSome)

const names = (selection: KubernetesApi.Selection) =>
  Effect.map(
    cache.use((reads) => reads.list(widget, selection)),
    (objects) => objects.map(({ metadata }) => metadata.name)
  )

/** The cache has an object as a write was answered. Nobody else writes, so there is nothing newer. */
const sees = (namespace: string, answer: ObjectMeta.KubernetesObject) =>
  Effect.map(known(namespace, answer.metadata.name), (found) => {
    const { metadata, spec, status } = Option.getOrThrow(found)
    const { deletionTimestamp, finalizers, labels, resourceVersion, uid } = metadata
    assert.deepStrictEqual(
      { spec, status, deletionTimestamp, finalizers, labels, resourceVersion, uid },
      {
        spec: answer.spec,
        status: answer.status,
        deletionTimestamp: answer.metadata.deletionTimestamp,
        finalizers: answer.metadata.finalizers,
        labels: answer.metadata.labels,
        resourceVersion: answer.metadata.resourceVersion,
        uid: answer.metadata.uid
      }
    )
  })

const patch = ({ metadata }: ObjectMeta.KubernetesObject, namespace: string, phase: string) =>
  writer.use((writes) => writes.patchStatus(keyOf(namespace, metadata.name), metadata.resourceVersion, { phase }))

const hold = ({ metadata }: ObjectMeta.KubernetesObject, namespace: string, finalizers: ReadonlyArray<string>) =>
  writer.use((writes) => writes.setFinalizers(keyOf(namespace, metadata.name), metadata.resourceVersion, finalizers))

const remove = (object: ObjectMeta.KubernetesObject) =>
  api.use((server) => server.delete(ObjectMeta.keyOf(widget, object), preconditions(object)))

/** A while in which a watch tells what a process did long since. */
const echoes = <A, E, R2>(look: Effect.Effect<A, E, R2>) =>
  Effect.repeat(Effect.andThen(Effect.sleep("3 millis"), look), { times: 20 })

export const cases = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  ...writing(namespace),
  ...ending(namespace),
  ...listing(namespace)
]

const writing = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an object that nobody made is not known",
    run: Effect.gen(function* () {
      assert.isFalse(yield* isKnown(namespace, "cache-never"))
    })
  },
  {
    name: "an object is known once its creation is answered",
    run: Effect.flatMap(make(namespace, "cache-created"), (made) => sees(namespace, made))
  },
  {
    name: "an object is known as it was applied, at first and again",
    run: Effect.gen(function* () {
      for (const size of [1, 2]) {
        const body = manifest("cache-applied", { size })
        yield* sees(namespace, yield* api.use((server) => server.apply(keyOf(namespace, "cache-applied"), body)))
      }
    })
  },
  {
    name: "status is known once its write is answered, also after many writes",
    run: Effect.gen(function* () {
      let object = yield* make(namespace, "cache-status")
      for (const phase of ["One", "Two", "Three", "Four", "Five"]) {
        object = yield* patch(object, namespace, phase)
        yield* sees(namespace, object)
      }
    })
  },
  {
    name: "no late word of an earlier write takes the place of a later one",
    run: Effect.gen(function* () {
      const first = yield* patch(yield* make(namespace, "cache-late"), namespace, "First")
      const second = yield* patch(first, namespace, "Second")
      yield* echoes(sees(namespace, second))
    })
  },
  {
    name: "finalizers are known once they are set",
    run: Effect.gen(function* () {
      const made = yield* make(namespace, "cache-finalizers")
      yield* sees(namespace, yield* hold(made, namespace, ["example.dev/held"]))
    })
  },
  {
    name: "a finalizer that was taken off is not known any more",
    run: Effect.gen(function* () {
      const held = yield* hold(yield* make(namespace, "cache-released"), namespace, ["example.dev/a", "example.dev/b"])
      yield* api.use((server) => server.removeFinalizer(widget, held, "example.dev/a"))
      const found = Option.getOrThrow(yield* known(namespace, "cache-released"))
      assert.deepStrictEqual(found.metadata.finalizers, ["example.dev/b"])
    })
  }
]

const ending = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "an object is not known once its deletion is answered",
    run: Effect.gen(function* () {
      yield* remove(yield* make(namespace, "cache-deleted"))
      assert.isFalse(yield* isKnown(namespace, "cache-deleted"))
      assert.notInclude(yield* names({ namespace }), "cache-deleted")
    })
  },
  {
    name: "no late word of an earlier write brings a deleted object back",
    run: Effect.gen(function* () {
      yield* remove(yield* patch(yield* make(namespace, "cache-back"), namespace, "Ready"))
      yield* echoes(Effect.map(isKnown(namespace, "cache-back"), (found) => assert.isFalse(found)))
    })
  },
  {
    name: "a deleted object that a finalizer holds is known to be going",
    run: Effect.gen(function* () {
      yield* remove(yield* hold(yield* make(namespace, "cache-going"), namespace, ["example.dev/held"]))
      const found = Option.getOrThrow(yield* known(namespace, "cache-going"))
      assert.isDefined(found.metadata.deletionTimestamp)
    })
  },
  {
    name: "an object whose last finalizer was set aside is not known any more",
    run: Effect.gen(function* () {
      yield* remove(yield* hold(yield* make(namespace, "cache-let-go"), namespace, ["example.dev/held"]))
      const going = Option.getOrThrow(yield* api.use((server) => server.get(keyOf(namespace, "cache-let-go"))))
      yield* hold(going, namespace, [])
      assert.isFalse(yield* isKnown(namespace, "cache-let-go"))
    })
  },
  {
    name: "an object whose last finalizer was taken off is not known any more",
    run: Effect.gen(function* () {
      yield* remove(yield* hold(yield* make(namespace, "cache-free"), namespace, ["example.dev/held"]))
      const going = Option.getOrThrow(yield* api.use((server) => server.get(keyOf(namespace, "cache-free"))))
      yield* api.use((server) => server.removeFinalizer(widget, going, "example.dev/held"))
      assert.isFalse(yield* isKnown(namespace, "cache-free"))
    })
  },
  {
    name: "an object that was made again under its name is known as the new one",
    run: Effect.gen(function* () {
      yield* remove(yield* make(namespace, "cache-again"))
      const second = yield* make(namespace, "cache-again")
      yield* echoes(sees(namespace, second))
    })
  }
]

const listing = (namespace: string): ReadonlyArray<ConformanceCase<R>> => [
  {
    name: "a list has what was made, in order of name",
    run: Effect.gen(function* () {
      for (const name of ["cache-list-c", "cache-list-a", "cache-list-b"]) {
        yield* make(namespace, name, { labels: { list: "order" } })
      }
      const found = yield* names({ namespace, labels: { list: "order" } })
      assert.deepStrictEqual(found, ["cache-list-a", "cache-list-b", "cache-list-c"])
    })
  },
  {
    name: "a list has the objects that carry every label, with its value or with any",
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
    name: "an object whose labels changed is listed by the new ones only",
    run: Effect.gen(function* () {
      const apply = (team: string) => {
        const body = manifest("cache-relabelled", { size: 1 }, { labels: { list: "relabelled", team } })
        return api.use((server) => server.apply(keyOf(namespace, "cache-relabelled"), body))
      }
      yield* apply("a")
      yield* apply("b")
      const listed = (team: string) => names({ namespace, labels: { list: "relabelled", team } })
      assert.deepStrictEqual([yield* listed("a"), yield* listed("b")], [[], ["cache-relabelled"]])
    })
  },
  {
    name: "a list of one namespace has nothing of another, and one of all has both",
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
