/** Conformance of `ObjectCache`: a read that no watch covers dies, and says what to add. An empty result would be wrong. */
import { assert } from "@effect/vitest"
import { type KubernetesApi, ObjectCache, ObjectMeta } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { ConformanceCase } from "./ConformanceCase.ts"
import { api, ConfigMap, make, SECRET_ANNOTATION, Secret, WATCHED_LABEL, type WriteServices } from "./Widget.ts"

const Service = ObjectMeta.namespaced("v1", "Service", "services")

const cache = ObjectCache.ObjectCache

const get = (kind: ObjectMeta.ObjectKind, namespace: string, name: string) =>
  cache.use((reads) => reads.get(ObjectMeta.key(kind, namespace, name)))

const list = (kind: ObjectMeta.ObjectKind, selection: KubernetesApi.Selection) =>
  cache.use((reads) => reads.list(kind, selection))

/** The message of the defect of a read. */
const defect = <A, R>(read: Effect.Effect<A, never, R>) =>
  Effect.map(Effect.exit(read), (exit) => {
    assert.isTrue(Exit.isFailure(exit), "the read must die")
    return Exit.isFailure(exit) ? String(Cause.squash(exit.cause)) : ""
  })

const create = (kind: ObjectMeta.ObjectKind, namespace: string, name: string, labels = {}) =>
  api.use((server) =>
    server.create(ObjectMeta.key(kind, namespace, name), {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name, labels }
    })
  )

type Cases = ReadonlyArray<ConformanceCase<ObjectCache.ObjectCache | WriteServices>>

export const cases = (namespace: string): Cases => [...readingAndListing(namespace), ...ofSingleObjects(namespace)]

const readingAndListing = (namespace: string): Cases => [
  {
    name: "a read of a kind that is not watched dies, and names the watch to add",
    run: Effect.gen(function* () {
      assert.include(
        yield* defect(get(Service, namespace, "s")),
        `Service ${namespace}/s was read from the cache, but Service is not watched: ` +
          "add { kind: Service, map: … } to the watches"
      )
      assert.match(
        yield* defect(list(Service, { namespace, labels: { app: "x" } })),
        /Service was listed from the cache.*, but Service is not watched: add \{ kind: Service, map: … \} to the watches$/u
      )
    })
  },
  {
    name: "a list without the labels of the watch dies, and names the labels",
    run: Effect.gen(function* () {
      yield* create(ConfigMap, namespace, "cache-watched", { [WATCHED_LABEL]: "a" })
      const names = (value: string | true) =>
        Effect.map(list(ConfigMap, { namespace, labels: { [WATCHED_LABEL]: value } }), (objects) =>
          objects.map(({ metadata }) => metadata.name)
        )
      assert.deepStrictEqual(
        [yield* names(true), yield* names("a"), yield* names("b")],
        [["cache-watched"], ["cache-watched"], []]
      )
      for (const labels of [{}, { app: "x" }]) {
        assert.include(
          yield* defect(list(ConfigMap, { namespace, labels })),
          `but it is watched with labels "${WATCHED_LABEL}": list with these labels, or ` +
            "add { kind: ConfigMap, map: … } to the watches without labels"
        )
      }
    })
  }
]

const ofSingleObjects = (namespace: string): Cases => [
  {
    name: "an object that was written without the labels of its watch cannot be read, and the defect says so",
    run: Effect.gen(function* () {
      assert.deepStrictEqual(yield* get(ConfigMap, namespace, "cache-unlabelled"), Option.none())
      yield* create(ConfigMap, namespace, "cache-unlabelled")
      assert.include(
        yield* defect(get(ConfigMap, namespace, "cache-unlabelled")),
        `ConfigMap ${namespace}/cache-unlabelled was written without the labels that ConfigMap is watched with ` +
          `(${WATCHED_LABEL}), so the cache does not have it: write it with these labels`
      )
      const key = ObjectMeta.key(ConfigMap, namespace, "cache-unlabelled")
      const metadata = { name: key.name, labels: { [WATCHED_LABEL]: "a" } }
      const stored = Option.getOrUndefined(yield* api.use((server) => server.get(key)))
      yield* api.use((server) => server.apply(key, { apiVersion: "v1", kind: "ConfigMap", metadata }, stored))
      assert.isTrue(Option.isSome(yield* get(ConfigMap, namespace, "cache-unlabelled")))
    })
  },
  {
    name: "an object that a cached object references is read by its name; another one, and a list, die",
    run: Effect.gen(function* () {
      yield* create(Secret, namespace, "cache-referenced")
      yield* create(Secret, namespace, "cache-unreferenced")
      yield* make(namespace, "cache-referrer", { annotations: { [SECRET_ANNOTATION]: "cache-referenced" } })
      assert.isTrue(Option.isSome(yield* get(Secret, namespace, "cache-referenced")))
      assert.include(
        yield* defect(get(Secret, namespace, "cache-unreferenced")),
        `Secret ${namespace}/cache-unreferenced was read from the cache, but no cached object references it: ` +
          'return its key from "references.of", or add { kind: Secret, map: … } to the watches'
      )
      assert.include(
        yield* defect(list(Secret, { namespace })),
        "but only referenced objects of this kind are watched: get each by its name, or " +
          "add { kind: Secret, map: … } to the watches"
      )
    })
  }
]
