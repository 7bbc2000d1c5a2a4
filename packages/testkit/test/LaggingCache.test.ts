import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectCache, ObjectMeta, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conformance from "../src/conformance/Conformance.ts"
import * as SeededRandom from "../src/explore/SeededRandom.ts"
import { type ApiRequest, InMemoryKubernetes, LaggingCache } from "../src/index.ts"

const cluster = InMemoryKubernetes.layerWith({ definitions: [Conformance.widgetDefinition], namespaces: ["sei"] })
const keyOf = (name: string) => ObjectMeta.key(Conformance.widget, "sei", name)
const body = (name: string, size: number) => ({
  apiVersion: "example.dev/v1",
  kind: "Widget",
  metadata: { name, labels: { size: `${size}` } },
  spec: { size }
})

/** A cache, the process that owns it, and a user who writes directly to the server. */
const setUp = Effect.gen(function* () {
  const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const cache = LaggingCache.make(server)
  const received: Array<string> = []
  const describeState = (object: ObjectMeta.KubernetesObject | undefined) =>
    object === undefined ? "nothing" : sizeOf(object)
  cache.subscribe(({ object, plural, previous, type }) => {
    if (plural !== Conformance.widget.plural) return
    received.push(`${type} ${object.metadata.name} from ${describeState(previous)} to ${sizeOf(object)}`)
  })
  const user = (verb: ApiRequest.Verb, name: string, size = 1) =>
    ask(Conformance.widget, {
      verb,
      namespace: "sei",
      name: verb === "create" ? "" : name,
      ...(verb === "patch" ? { patchFormat: "merge" as const } : {}),
      ...(verb === "delete" ? {} : { body: body(name, size) })
    })
  const process = yield* Effect.context<
    ObjectCache.ObjectCache | KubernetesApi.KubernetesApi | StatusWriter.StatusWriter
  >().pipe(Effect.provide(cache.layer))
  const as = <A, E>(
    work: Effect.Effect<A, E, ObjectCache.ObjectCache | KubernetesApi.KubernetesApi | StatusWriter.StatusWriter>
  ) => Effect.provideContext(work, process)
  const size = (name: string) =>
    as(
      ObjectCache.ObjectCache.use((reads) =>
        Effect.map(reads.get(keyOf(name)), Option.match({ onNone: () => 0, onSome: sizeOf }))
      )
    )
  const sizes = (labels: ObjectMeta.LabelSelector = {}) =>
    as(
      ObjectCache.ObjectCache.use((reads) =>
        Effect.map(reads.list(Conformance.widget, { namespace: "sei", labels }), (all) =>
          all.map((object) => `${object.metadata.name}=${sizeOf(object)}`)
        )
      )
    )
  return { as, server, size, sizes, received, user, cache }
})

const sizeOf = ({ spec }: ObjectMeta.KubernetesObject): number => {
  const size = ObjectMeta.isJsonObject(spec) ? spec.size : 0
  return typeof size === "number" ? size : 0
}

const apply = (name: string, size: number) =>
  KubernetesApi.KubernetesApi.use((api) =>
    Effect.flatMap(api.get(keyOf(name)), (found) =>
      api.apply(keyOf(name), body(name, size), Option.getOrUndefined(found))
    )
  )
const fresh = (name: string) =>
  KubernetesApi.KubernetesApi.use((api) => Effect.map(api.get(keyOf(name)), Option.getOrThrow))
const patch = (observed: ObjectMeta.KubernetesObject) =>
  StatusWriter.StatusWriter.use((writer) =>
    writer.patchStatus(ObjectMeta.keyOf(Conformance.widget, observed), observed.metadata.resourceVersion, {
      phase: "Ready"
    })
  )

describe("LaggingCache", () => {
  it.effect("is up to date until it is frozen, then receives missed events one by one", () =>
    Effect.gen(function* () {
      const { size, sizes, user, cache } = yield* setUp
      user("create", "a", 1)
      user("create", "c", 1)
      assert.deepStrictEqual(yield* sizes(), ["a=1", "c=1"])

      cache.freeze()
      user("patch", "a", 2)
      user("create", "b", 1)
      user("delete", "c")
      assert.deepStrictEqual([cache.lag(), yield* sizes(), yield* size("b")], [3, ["a=1", "c=1"], 0])
      assert.deepStrictEqual(yield* sizes({ size: "1" }), ["a=1", "c=1"])

      assert.isTrue(cache.step())
      assert.deepStrictEqual(yield* sizes(), ["a=2", "c=1"])
      assert.isTrue(cache.step())
      assert.deepStrictEqual(yield* sizes(), ["a=2", "b=1", "c=1"])
      assert.deepStrictEqual([cache.step(), cache.step(), yield* sizes()], [true, false, ["a=2", "b=1"]])

      user("patch", "a", 3)
      assert.strictEqual(yield* size("a"), 2)
      cache.thaw()
      user("patch", "b", 4)
      assert.deepStrictEqual([cache.lag(), yield* sizes()], [0, ["a=3", "b=4"]])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("notifies listeners of events as it receives them", () =>
    Effect.gen(function* () {
      const { received, user, cache } = yield* setUp
      user("create", "a", 1)
      cache.freeze()
      user("patch", "a", 2)
      user("delete", "a")
      assert.deepStrictEqual(received, ["ADDED a from nothing to 1"])

      cache.thaw()
      assert.deepStrictEqual(received.slice(1), ["MODIFIED a from 1 to 2", "DELETED a from 2 to 2"])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("is never behind a write of its own process, but stays behind for all other objects", () =>
    Effect.gen(function* () {
      const { as, size, received, user, cache } = yield* setUp
      user("create", "a", 1)
      user("create", "b", 1)
      cache.freeze()
      user("patch", "b", 2)
      user("patch", "a", 2)
      const ready = yield* as(Effect.flatMap(fresh("a"), patch))
      assert.deepStrictEqual(
        yield* as(ObjectCache.ObjectCache.use((reads) => reads.get(keyOf("a")))),
        Option.some(ready)
      )
      assert.deepStrictEqual([yield* size("b"), cache.lag()], [1, 3])

      user("patch", "a", 3)
      assert.strictEqual(yield* size("a"), 2)
      cache.thaw()
      assert.deepStrictEqual(received.slice(2), [
        "MODIFIED a from 1 to 2",
        "MODIFIED b from 1 to 2",
        "MODIFIED a from 2 to 2",
        "MODIFIED a from 2 to 3"
      ])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("has its own deletes, creations and finalizers at once, and no late event brings an object back", () =>
    Effect.gen(function* () {
      const { as, size, received, user, cache } = yield* setUp
      const { metadata } = yield* as(apply("a", 1))
      const writer = yield* as(StatusWriter.StatusWriter)
      const api = yield* as(KubernetesApi.KubernetesApi)
      cache.freeze()
      const held = yield* writer.setFinalizers(keyOf("a"), metadata.resourceVersion, ["example.dev/held"])
      yield* api.delete(keyOf("a"), { uid: metadata.uid })
      const going = yield* as(ObjectCache.ObjectCache.use((reads) => reads.get(keyOf("a"))))
      assert.isDefined(Option.getOrThrow(going).metadata.deletionTimestamp)
      assert.deepStrictEqual(held.metadata.finalizers, ["example.dev/held"])
      yield* writer.setFinalizers(keyOf("a"), Option.getOrThrow(going).metadata.resourceVersion, [])
      assert.strictEqual(yield* size("a"), 0)
      yield* as(apply("b", 1))
      user("patch", "b", 2)
      const b = yield* as(fresh("b"))
      yield* api.delete(keyOf("b"), { uid: b.metadata.uid })
      const before = received.length
      while (cache.step()) assert.deepStrictEqual([yield* size("a"), yield* size("b")], [0, 0])
      assert.strictEqual(received.length, before)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("has the object that an apply without changes returned", () =>
    Effect.gen(function* () {
      const { as, size, cache, user } = yield* setUp
      yield* as(apply("a", 1))
      cache.freeze()
      user("patch", "a", 2)
      yield* as(apply("a", 1))
      user("patch", "a", 5)
      yield* as(apply("a", 1))
      cache.step()
      assert.strictEqual(yield* size("a"), 1)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("notifies of a deletion that its own process finds out first", () =>
    Effect.gen(function* () {
      const { as, size, received, user, cache } = yield* setUp
      user("create", "a", 1)
      const { metadata } = yield* as(fresh("a"))
      cache.freeze()
      user("delete", "a")
      yield* as(KubernetesApi.KubernetesApi.use((api) => api.delete(keyOf("a"), { uid: metadata.uid })))
      assert.strictEqual(yield* size("a"), 0)
      cache.thaw()
      assert.deepStrictEqual(received.slice(1), ["DELETED a from 1 to 1"])
    }).pipe(Effect.provide(cluster))
  )

  it.effect.each(SeededRandom.seeds(150))(
    "its events add up to what it reads after any sequence of operations (seed %i)",
    (seed) =>
      Effect.gen(function* () {
        const { as, size, sizes, user, cache } = yield* setUp
        const random = SeededRandom.of(seed)
        const objects = new Map<string, string>()
        cache.subscribe(({ object, plural, type }) => {
          if (plural !== Conformance.widget.plural) return
          const { name } = object.metadata
          if (type === "DELETED") objects.delete(name)
          else objects.set(name, `${name}=${sizeOf(object)}`)
        })
        for (let step = 1; step <= 40; step++) {
          const name = random.pick(["a", "b", "c"])
          switch (random.below(11)) {
            case 0:
              cache.freeze()
              break
            case 1:
              cache.thaw()
              break
            case 2:
              cache.rewind(random.below(6))
              break
            case 3:
              cache.relist()
              break
            case 4:
              cache.step()
              break
            case 5:
              user("delete", name)
              break
            case 6: {
              const found = yield* as(KubernetesApi.KubernetesApi.use((api) => api.get(keyOf(name))))
              if (Option.isNone(found)) break
              const { uid } = found.value.metadata
              yield* as(KubernetesApi.KubernetesApi.use((api) => api.delete(keyOf(name), { uid })))
              assert.strictEqual(yield* size(name), 0)
              break
            }
            case 7:
            case 8: {
              yield* as(apply(name, step))
              assert.strictEqual(yield* size(name), step)
              break
            }
            default:
              user("create", name, step)
              user("patch", name, step)
          }
        }
        cache.thaw()
        assert.deepStrictEqual([...objects.values()].sort(), [...(yield* sizes())])
        const stored = LaggingCache.make((yield* InMemoryKubernetes.InMemoryKubernetes).server)
        const now = yield* ObjectCache.ObjectCache.use((reads) => reads.list(Conformance.widget)).pipe(
          Effect.provide(stored.layer)
        )
        assert.deepStrictEqual(
          yield* sizes(),
          now.map((object) => `${object.metadata.name}=${sizeOf(object)}`)
        )
      }).pipe(Effect.provide(cluster))
  )

  it.effect("rewinds to an older server, but not past its process's own writes", () =>
    Effect.gen(function* () {
      const { as, size, sizes, received, user, cache } = yield* setUp
      user("create", "a", 1)
      user("create", "b", 1)
      yield* as(apply("a", 2))
      user("patch", "b", 2)
      user("patch", "a", 3)
      const before = received.length
      cache.rewind(1)
      assert.deepStrictEqual([cache.lag(), yield* sizes()], [1, ["a=2", "b=2"]])
      cache.rewind(3)
      assert.deepStrictEqual([cache.lag(), yield* sizes()], [4, ["a=2"]])
      cache.rewind(1_000_000)
      assert.strictEqual(yield* size("a"), 2)
      cache.thaw()
      assert.deepStrictEqual(yield* sizes(), ["a=3", "b=2"])
      assert.deepStrictEqual(received.slice(before), [
        "MODIFIED a from 3 to 2",
        "DELETED b from 2 to 2",
        "ADDED b from nothing to 1",
        "MODIFIED b from 1 to 2",
        "MODIFIED a from 2 to 3"
      ])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("a new process can rewind past the writes of the process before it", () =>
    Effect.gen(function* () {
      const { as, server, user } = yield* setUp
      user("create", "a", 1)
      yield* as(apply("a", 2))
      const restarted = LaggingCache.make(server)
      restarted.rewind(1)
      const found = yield* ObjectCache.ObjectCache.use((reads) => reads.get(keyOf("a"))).pipe(
        Effect.provide(restarted.layer)
      )
      assert.strictEqual(sizeOf(Option.getOrThrow(found)), 1)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("relists: DELETED has the last known state, a recreated object is MODIFIED", () =>
    Effect.gen(function* () {
      const { sizes, received, user, cache } = yield* setUp
      for (const name of ["gone", "again", "same"]) user("create", name, 1)
      cache.freeze()
      user("patch", "gone", 2)
      user("delete", "gone")
      user("delete", "again")
      user("create", "again", 3)
      user("create", "brief", 1)
      user("delete", "brief")
      user("create", "new", 1)
      cache.relist()
      assert.deepStrictEqual([cache.lag(), yield* sizes()], [0, ["again=3", "new=1", "same=1"]])
      assert.deepStrictEqual(received.slice(3), [
        "DELETED gone from 1 to 1",
        "MODIFIED again from 1 to 3",
        "ADDED new from nothing to 1"
      ])
      user("patch", "same", 2)
      assert.strictEqual(received.length, 7)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("unsubscribes from the server when it is closed", () =>
    Effect.gen(function* () {
      const { size, received, user, cache } = yield* setUp
      user("create", "a", 1)
      cache.freeze()
      user("patch", "a", 2)
      cache.close()
      user("patch", "a", 3)
      assert.deepStrictEqual([yield* size("a"), cache.lag(), received.length], [3, 0, 1])
    }).pipe(Effect.provide(cluster))
  )
})
