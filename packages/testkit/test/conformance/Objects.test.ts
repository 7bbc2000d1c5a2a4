/**
 * The `KubernetesApi` and `ObjectCache` suites detect faulty implementations: each fails exactly the cases it violates.
 */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectCache, type ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryKubernetes, LaggingCache } from "../../src/index.ts"
import { cluster, failingCases } from "./failingCases.ts"

type Api = KubernetesApi.KubernetesApi["Service"]
type Writer = StatusWriter.StatusWriter["Service"]
type Cache = ObjectCache.ObjectCache["Service"]

describe("the suite of KubernetesApi fails for an implementation", () => {
  type Breaks = (api: Api, writer: Writer) => Partial<Api & Writer>
  const cases: { readonly [title: string]: readonly [Breaks, ReadonlyArray<string>] } = {
    "that cannot read cluster-scoped objects": [
      (api) => ({ get: (key) => (key.namespace === "" ? Effect.succeedNone : api.get(key)) }),
      ["cluster-scoped objects and objects of the core group can be read"]
    ],
    "that ignores the label selector": [
      (api) => ({ list: (kind, { namespace = "" } = {}) => api.list(kind, { namespace }) }),
      ["a list has every object that has all labels, sorted by name", "a list of all namespaces has complete objects"]
    ],
    "that ignores preconditions of a delete": [
      (api) => ({
        delete: (key, preconditions) =>
          Effect.flatMap(api.get(key), (found) =>
            api.delete(key, Option.isSome(found) ? { uid: found.value.metadata.uid } : preconditions)
          )
      }),
      [
        "INV-11: a delete with the uid of another object conflicts and deletes nothing",
        "a delete with an old resourceVersion conflicts and deletes nothing"
      ]
    ],
    "that ignores the expected version of a status write": [
      (api, writer) => ({
        patchStatus: (key, expected, patch) =>
          Effect.flatMap(api.get(key), (found) =>
            writer.patchStatus(key, Option.isSome(found) ? found.value.metadata.resourceVersion : expected, patch)
          )
      }),
      ["a status write on an old version conflicts and changes nothing"]
    ]
  }
  for (const [title, [breaks, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const api = yield* KubernetesApi.KubernetesApi
        const writer = yield* StatusWriter.StatusWriter
        const faulty = breaks(api, writer)
        const failed = yield* failingCases(Conformance.cases.kubernetesApi({ namespace: "sei" })).pipe(
          Effect.provideService(KubernetesApi.KubernetesApi, { ...api, ...faulty }),
          Effect.provideService(StatusWriter.StatusWriter, { ...writer, ...faulty })
        )
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(cluster))
    )
  }
})

/** A frozen cache that does not see some of the writes of its own process either. */
const unaware = (...verbs: ReadonlyArray<keyof Api | keyof Writer>) =>
  Effect.gen(function* () {
    const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
    const [api, writer] = [yield* KubernetesApi.KubernetesApi, yield* StatusWriter.StatusWriter]
    const cache = LaggingCache.make(server, Conformance.watched)
    cache.freeze()
    const services = yield* Effect.context<Conformance.CacheServices>().pipe(Effect.provide(cache.layer))
    const bypassing = <S extends object>(aware: S, direct: S): S => ({
      ...aware,
      ...Object.fromEntries(Object.entries(direct).filter(([verb]) => verbs.some((unaware) => unaware === verb)))
    })
    return services.pipe(
      Context.add(KubernetesApi.KubernetesApi, bypassing(Context.get(services, KubernetesApi.KubernetesApi), api)),
      Context.add(StatusWriter.StatusWriter, bypassing(Context.get(services, StatusWriter.StatusWriter), writer))
    )
  })

/** A cache without lag, with some of its reads replaced. */
const withReads = (breaks: (cache: Cache) => Partial<Cache>) =>
  Effect.gen(function* () {
    const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
    const { layer } = LaggingCache.make(server, Conformance.watched)
    const services = yield* Effect.context<Conformance.CacheServices>().pipe(Effect.provide(layer))
    const cache = Context.get(services, ObjectCache.ObjectCache)
    return Context.add(services, ObjectCache.ObjectCache, { ...cache, ...breaks(cache) })
  })

/** A cache that has every object, whatever is watched. */
const unrestricted = Effect.gen(function* () {
  const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
  return yield* Effect.context<Conformance.CacheServices>().pipe(Effect.provide(LaggingCache.make(server).layer))
})

/** A cache that receives the event of each creation after all other events. */
const lateEvents = Effect.gen(function* () {
  const created = new Map<string, ObjectMeta.KubernetesObject>()
  const reads = new Map<string, number>()
  const services = yield* withReads(({ get }) => ({
    get: (key) => {
      const count = (reads.get(key.name) ?? 0) + 1
      reads.set(key.name, count)
      return count === 10 ? Effect.succeed(Option.fromUndefinedOr(created.get(key.name))) : get(key)
    }
  }))
  const api = Context.get(services, KubernetesApi.KubernetesApi)
  const create: Api["create"] = (key, body) =>
    Effect.tap(api.create(key, body), (object) => Effect.sync(() => created.set(key.name, object)))
  return Context.add(services, KubernetesApi.KubernetesApi, { ...api, create })
})

describe("the suite of ObjectCache fails for an implementation", () => {
  const cases = {
    "that does not cache what it created": [
      unaware("create"),
      [
        "an object is cached when its create returns",
        "a recreated object is cached as the new one",
        "a list has all objects, sorted by name",
        "a list has the objects that have every label, with a value or with any value",
        "a list of one namespace has no objects of another, and a list of all namespaces has both",
        "a list without the labels of the watch dies, and names the labels",
        "an object that was written without the labels of its watch cannot be read, and the defect says so",
        "an object that a cached object references is read by its name; another one, and a list, die"
      ]
    ],
    "that does not cache what it applied": [
      unaware("apply"),
      [
        "an object is cached as it was applied, the first and the second time",
        "an object whose labels changed is listed by the new labels only",
        "an object that was written without the labels of its watch cannot be read, and the defect says so"
      ]
    ],
    "that does not cache the status that it wrote": [
      unaware("patchStatus"),
      [
        "status is cached when its write returns, also after many writes",
        "a late event of an earlier write does not replace a later write"
      ]
    ],
    "that does not cache the finalizers that it set": [
      unaware("setFinalizers"),
      [
        "finalizers are cached when their write returns",
        "an object is not cached after setFinalizers removed its last finalizer"
      ]
    ],
    "that does not cache the removal of a finalizer": [
      unaware("removeFinalizer"),
      [
        "a removed finalizer is not cached any more",
        "an object is not cached after removeFinalizer removed its last finalizer"
      ]
    ],
    "that does not cache what it deleted": [
      unaware("delete"),
      [
        "an object is not cached when its delete returns",
        "a late event of an earlier write does not bring a deleted object back",
        "a deleted object with a finalizer is cached with its deletionTimestamp"
      ]
    ],
    "that ignores the label selector": [
      withReads(({ list }) => ({ list: (kind, { namespace = "" } = {}) => list(kind, { namespace }) })),
      [
        "a list has all objects, sorted by name",
        "a list has the objects that have every label, with a value or with any value",
        "an object whose labels changed is listed by the new labels only",
        "a list of one namespace has no objects of another, and a list of all namespaces has both",
        "a list without the labels of the watch dies, and names the labels"
      ]
    ],
    "that ignores the namespace of a list": [
      withReads(({ list }) => ({ list: (kind, { labels = {} } = {}) => list(kind, { labels }) })),
      ["a list of one namespace has no objects of another, and a list of all namespaces has both"]
    ],
    "that does not sort a list": [
      withReads(({ list }) => ({ list: (...args) => Effect.map(list(...args), (all) => all.toReversed()) })),
      ["a list has all objects, sorted by name"]
    ],
    "that has objects that no watch selects": [
      unrestricted,
      [
        "a read of a kind that is not watched dies, and names the watch to add",
        "a list without the labels of the watch dies, and names the labels",
        "an object that was written without the labels of its watch cannot be read, and the defect says so",
        "an object that a cached object references is read by its name; another one, and a list, die"
      ]
    ],
    "that lets a late event replace a newer write": [
      lateEvents,
      [
        "a late event of an earlier write does not replace a later write",
        "a late event of an earlier write does not bring a deleted object back"
      ]
    ]
  } as const
  for (const [title, [implementation, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const services = yield* implementation
        const failed = yield* Effect.provideContext(
          failingCases(Conformance.cases.objectCache({ namespace: "sei" })),
          services
        )
        assert.deepStrictEqual(failed, [...expected])
      }).pipe(Effect.provide(cluster))
    )
  }
})
