/** The suites of objects and their cache can fail: a keeper that breaks one sentence makes exactly the sentences fail that say so. */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectCache, type ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { InMemoryKubernetes, LaggingCache } from "../../src/index.ts"
import { broken, cluster } from "./broken.ts"

type Api = KubernetesApi.KubernetesApi["Service"]
type Writer = StatusWriter.StatusWriter["Service"]
type Cache = ObjectCache.ObjectCache["Service"]

describe("the suite of KubernetesApi fails for a keeper", () => {
  type Breaks = (api: Api, writer: Writer) => Partial<Api & Writer>
  const cases: { readonly [title: string]: readonly [Breaks, ReadonlyArray<string>] } = {
    "that reads nothing for an object of the cluster": [
      (api) => ({ get: (key) => (key.namespace === "" ? Effect.succeedNone : api.get(key)) }),
      ["objects of the core group and of the cluster read by the same words"]
    ],
    "that lists without labels": [
      (api) => ({ list: (kind, { namespace = "" } = {}) => api.list(kind, { namespace }) }),
      [
        "a list has every object that carries all labels, in order of name",
        "a list over all namespaces has the objects of each, whole"
      ]
    ],
    "that deletes whatever has the name": [
      (api) => ({
        delete: (key, seen) =>
          Effect.flatMap(api.get(key), (found) =>
            api.delete(key, Option.isSome(found) ? { uid: found.value.metadata.uid } : seen)
          )
      }),
      [
        "INV-11: deleting by the uid of another object conflicts and leaves the object",
        "deleting by an old version conflicts and leaves the object"
      ]
    ],
    "that writes status whatever the version": [
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
        const worse = breaks(api, writer)
        const failed = yield* broken(Conformance.cases.kubernetesApi({ namespace: "sei" })).pipe(
          Effect.provideService(KubernetesApi.KubernetesApi, { ...api, ...worse }),
          Effect.provideService(StatusWriter.StatusWriter, { ...writer, ...worse })
        )
        assert.deepStrictEqual(failed, expected)
      }).pipe(Effect.provide(cluster))
    )
  }
})

/** A cache that hears nothing, and does not know of some kinds of writes either. */
const unaware = (...verbs: ReadonlyArray<keyof Api | keyof Writer>) =>
  Effect.gen(function* () {
    const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
    const [api, writer] = [yield* KubernetesApi.KubernetesApi, yield* StatusWriter.StatusWriter]
    const view = LaggingCache.make(server)
    view.freeze()
    const known = yield* Effect.context<Conformance.CacheServices>().pipe(Effect.provide(view.layer))
    const past = <S extends object>(aware: S, unaware: S): S => ({
      ...aware,
      ...Object.fromEntries(Object.entries(unaware).filter(([verb]) => verbs.some((each) => each === verb)))
    })
    return known.pipe(
      Context.add(KubernetesApi.KubernetesApi, past(Context.get(known, KubernetesApi.KubernetesApi), api)),
      Context.add(StatusWriter.StatusWriter, past(Context.get(known, StatusWriter.StatusWriter), writer))
    )
  })

/** A cache without lag that reads otherwise. */
const reading = (breaks: (cache: Cache) => Partial<Cache>) =>
  Effect.map(Effect.context<Conformance.CacheServices>(), (known) => {
    const cache = Context.get(known, ObjectCache.ObjectCache)
    return Context.add(known, ObjectCache.ObjectCache, { ...cache, ...breaks(cache) })
  })

/** A cache that hears of each creation long after everything else. */
const lateWord = Effect.gen(function* () {
  const created = new Map<string, ObjectMeta.KubernetesObject>()
  const reads = new Map<string, number>()
  const known = yield* reading(({ get }) => ({
    get: (key) => {
      const count = (reads.get(key.name) ?? 0) + 1
      reads.set(key.name, count)
      return count === 10 ? Effect.succeed(Option.fromUndefinedOr(created.get(key.name))) : get(key)
    }
  }))
  const api = Context.get(known, KubernetesApi.KubernetesApi)
  const create: Api["create"] = (key, body) =>
    Effect.tap(api.create(key, body), (made) => Effect.sync(() => created.set(key.name, made)))
  return Context.add(known, KubernetesApi.KubernetesApi, { ...api, create })
})

describe("the suite of ObjectCache fails for a keeper", () => {
  const cases = {
    "that does not know what it created": [
      unaware("create"),
      [
        "an object is known once its creation is answered",
        "an object that was made again under its name is known as the new one",
        "a list has what was made, in order of name",
        "a list has the objects that carry every label, with its value or with any",
        "a list of one namespace has nothing of another, and one of all has both"
      ]
    ],
    "that does not know what it applied": [
      unaware("apply"),
      [
        "an object is known as it was applied, at first and again",
        "an object whose labels changed is listed by the new ones only"
      ]
    ],
    "that does not know the status that it wrote": [
      unaware("patchStatus"),
      [
        "status is known once its write is answered, also after many writes",
        "no late word of an earlier write takes the place of a later one"
      ]
    ],
    "that does not know the finalizers that it set": [
      unaware("setFinalizers"),
      ["finalizers are known once they are set", "an object whose last finalizer was set aside is not known any more"]
    ],
    "that does not know the finalizers that it took off": [
      unaware("removeFinalizer"),
      [
        "a finalizer that was taken off is not known any more",
        "an object whose last finalizer was taken off is not known any more"
      ]
    ],
    "that does not know what it deleted": [
      unaware("delete"),
      [
        "an object is not known once its deletion is answered",
        "no late word of an earlier write brings a deleted object back",
        "a deleted object that a finalizer holds is known to be going"
      ]
    ],
    "that lists without labels": [
      reading(({ list }) => ({ list: (kind, { namespace = "" } = {}) => list(kind, { namespace }) })),
      [
        "a list has what was made, in order of name",
        "a list has the objects that carry every label, with its value or with any",
        "an object whose labels changed is listed by the new ones only",
        "a list of one namespace has nothing of another, and one of all has both"
      ]
    ],
    "that lists every namespace": [
      reading(({ list }) => ({ list: (kind, { labels = {} } = {}) => list(kind, { labels }) })),
      ["a list of one namespace has nothing of another, and one of all has both"]
    ],
    "that lists in another order": [
      reading(({ list }) => ({ list: (...asked) => Effect.map(list(...asked), (all) => all.toReversed()) })),
      ["a list has what was made, in order of name"]
    ],
    "that lets a late word undo what came after it": [
      lateWord,
      [
        "no late word of an earlier write takes the place of a later one",
        "no late word of an earlier write brings a deleted object back"
      ]
    ]
  } as const
  for (const [title, [implementation, expected]] of Object.entries(cases)) {
    it.live(title, () =>
      Effect.gen(function* () {
        const services = yield* implementation
        const failed = yield* Effect.provideContext(
          broken(Conformance.cases.objectCache({ namespace: "sei" })),
          services
        )
        assert.deepStrictEqual(failed, [...expected])
      }).pipe(Effect.provide(cluster))
    )
  }
})
