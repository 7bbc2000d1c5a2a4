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

/** A view, a user who writes behind its back, and the process whose view it is. */
const scene = Effect.gen(function* () {
  const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const view = LaggingCache.make(server)
  const notified: Array<string> = []
  const word = (object: ObjectMeta.KubernetesObject | undefined) => (object === undefined ? "nothing" : sizeOf(object))
  view.subscribe(({ object, plural, previous, type }) => {
    if (plural !== Conformance.widget.plural) return
    notified.push(`${type} ${object.metadata.name} from ${word(previous)} to ${sizeOf(object)}`)
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
  >().pipe(Effect.provide(view.layer))
  const as = <A, E>(
    work: Effect.Effect<A, E, ObjectCache.ObjectCache | KubernetesApi.KubernetesApi | StatusWriter.StatusWriter>
  ) => Effect.provideContext(work, process)
  const size = (name: string) =>
    as(
      ObjectCache.ObjectCache.use((cache) =>
        Effect.map(cache.get(keyOf(name)), Option.match({ onNone: () => 0, onSome: sizeOf }))
      )
    )
  const sizes = (labels: ObjectMeta.LabelSelector = {}) =>
    as(
      ObjectCache.ObjectCache.use((cache) =>
        Effect.map(cache.list(Conformance.widget, { namespace: "sei", labels }), (all) =>
          all.map((object) => `${object.metadata.name}=${sizeOf(object)}`)
        )
      )
    )
  return { as, server, size, sizes, notified, user, view }
})

const sizeOf = ({ spec }: ObjectMeta.KubernetesObject): number => {
  const size = ObjectMeta.isJsonObject(spec) ? spec.size : 0
  return typeof size === "number" ? size : 0
}

const apply = (name: string, size: number) =>
  KubernetesApi.KubernetesApi.use((api) => api.apply(keyOf(name), body(name, size)))
const fresh = (name: string) =>
  KubernetesApi.KubernetesApi.use((api) => Effect.map(api.get(keyOf(name)), Option.getOrThrow))
const patch = (seen: ObjectMeta.KubernetesObject) =>
  StatusWriter.StatusWriter.use((writer) =>
    writer.patchStatus(ObjectMeta.keyOf(Conformance.widget, seen), seen.metadata.resourceVersion, { phase: "Ready" })
  )

describe("LaggingCache", () => {
  it.effect("is up to date until it is frozen, then sees the past, change by change", () =>
    Effect.gen(function* () {
      const { size, sizes, user, view } = yield* scene
      user("create", "a", 1)
      user("create", "c", 1)
      assert.deepStrictEqual(yield* sizes(), ["a=1", "c=1"])

      view.freeze()
      user("patch", "a", 2)
      user("create", "b", 1)
      user("delete", "c")
      assert.deepStrictEqual([view.lag(), yield* sizes(), yield* size("b")], [3, ["a=1", "c=1"], 0])
      assert.deepStrictEqual(yield* sizes({ size: "1" }), ["a=1", "c=1"])

      assert.isTrue(view.step())
      assert.deepStrictEqual(yield* sizes(), ["a=2", "c=1"])
      assert.isTrue(view.step())
      assert.deepStrictEqual(yield* sizes(), ["a=2", "b=1", "c=1"])
      assert.deepStrictEqual([view.step(), view.step(), yield* sizes()], [true, false, ["a=2", "b=1"]])

      user("patch", "a", 3)
      assert.strictEqual(yield* size("a"), 2)
      view.thaw()
      user("patch", "b", 4)
      assert.deepStrictEqual([view.lag(), yield* sizes()], [0, ["a=3", "b=4"]])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("tells of changes as it hears them", () =>
    Effect.gen(function* () {
      const { notified, user, view } = yield* scene
      user("create", "a", 1)
      view.freeze()
      user("patch", "a", 2)
      user("delete", "a")
      assert.deepStrictEqual(notified, ["ADDED a from nothing to 1"])

      view.thaw()
      assert.deepStrictEqual(notified.slice(1), ["MODIFIED a from 1 to 2", "DELETED a from 2 to 2"])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("is never behind a write of its own process, and goes on being behind in all else", () =>
    Effect.gen(function* () {
      const { as, size, notified, user, view } = yield* scene
      user("create", "a", 1)
      user("create", "b", 1)
      view.freeze()
      user("patch", "b", 2)
      user("patch", "a", 2)
      const ready = yield* as(Effect.flatMap(fresh("a"), patch))
      assert.deepStrictEqual(
        yield* as(ObjectCache.ObjectCache.use((cache) => cache.get(keyOf("a")))),
        Option.some(ready)
      )
      assert.deepStrictEqual([yield* size("b"), view.lag()], [1, 3])

      user("patch", "a", 3)
      assert.strictEqual(yield* size("a"), 2)
      view.thaw()
      assert.deepStrictEqual(notified.slice(2), [
        "MODIFIED a from 1 to 2",
        "MODIFIED b from 1 to 2",
        "MODIFIED a from 2 to 2",
        "MODIFIED a from 2 to 3"
      ])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("sees its own deletes, creations and finalizers at once, and no echo brings an object back", () =>
    Effect.gen(function* () {
      const { as, size, notified, user, view } = yield* scene
      const { metadata } = yield* as(apply("a", 1))
      const writer = yield* as(StatusWriter.StatusWriter)
      const api = yield* as(KubernetesApi.KubernetesApi)
      view.freeze()
      const held = yield* writer.setFinalizers(keyOf("a"), metadata.resourceVersion, ["example.dev/held"])
      yield* api.delete(keyOf("a"), { uid: metadata.uid })
      const going = yield* as(ObjectCache.ObjectCache.use((cache) => cache.get(keyOf("a"))))
      assert.isDefined(Option.getOrThrow(going).metadata.deletionTimestamp)
      assert.deepStrictEqual(held.metadata.finalizers, ["example.dev/held"])
      yield* writer.setFinalizers(keyOf("a"), Option.getOrThrow(going).metadata.resourceVersion, [])
      assert.strictEqual(yield* size("a"), 0)
      yield* as(apply("b", 1))
      user("patch", "b", 2)
      const b = yield* as(fresh("b"))
      yield* api.delete(keyOf("b"), { uid: b.metadata.uid })
      const before = notified.length
      while (view.step()) assert.deepStrictEqual([yield* size("a"), yield* size("b")], [0, 0])
      assert.strictEqual(notified.length, before)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("sees what an apply that changed nothing was answered", () =>
    Effect.gen(function* () {
      const { as, size, view, user } = yield* scene
      yield* as(apply("a", 1))
      view.freeze()
      user("patch", "a", 2)
      yield* as(apply("a", 1))
      user("patch", "a", 5)
      yield* as(apply("a", 1))
      view.step()
      assert.strictEqual(yield* size("a"), 1)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("tells of an end that its process meets before it heard of it", () =>
    Effect.gen(function* () {
      const { as, size, notified, user, view } = yield* scene
      user("create", "a", 1)
      const { metadata } = yield* as(fresh("a"))
      view.freeze()
      user("delete", "a")
      yield* as(KubernetesApi.KubernetesApi.use((api) => api.delete(keyOf("a"), { uid: metadata.uid })))
      assert.strictEqual(yield* size("a"), 0)
      view.thaw()
      assert.deepStrictEqual(notified.slice(1), ["DELETED a from 1 to 1"])
    }).pipe(Effect.provide(cluster))
  )

  it.effect.each(SeededRandom.seeds(150))("what it tells makes up what it reads, whatever happens (seed %i)", (seed) =>
    Effect.gen(function* () {
      const { as, size, sizes, user, view } = yield* scene
      const random = SeededRandom.of(seed)
      const received = new Map<string, string>()
      view.subscribe(({ object, plural, type }) => {
        if (plural !== Conformance.widget.plural) return
        const { name } = object.metadata
        if (type === "DELETED") received.delete(name)
        else received.set(name, `${name}=${sizeOf(object)}`)
      })
      for (let step = 1; step <= 40; step++) {
        const name = random.pick(["a", "b", "c"])
        switch (random.below(11)) {
          case 0:
            view.freeze()
            break
          case 1:
            view.thaw()
            break
          case 2:
            view.rewind(random.below(6))
            break
          case 3:
            view.relist()
            break
          case 4:
            view.step()
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
      view.thaw()
      assert.deepStrictEqual([...received.values()].sort(), [...(yield* sizes())])
      const stored = LaggingCache.make((yield* InMemoryKubernetes.InMemoryKubernetes).server)
      const now = yield* ObjectCache.ObjectCache.use((cache) => cache.list(Conformance.widget)).pipe(
        Effect.provide(stored.layer)
      )
      assert.deepStrictEqual(
        yield* sizes(),
        now.map((object) => `${object.metadata.name}=${sizeOf(object)}`)
      )
    }).pipe(Effect.provide(cluster))
  )

  it.effect("goes back to an older server, but not past its process's own writes", () =>
    Effect.gen(function* () {
      const { as, size, sizes, notified, user, view } = yield* scene
      user("create", "a", 1)
      user("create", "b", 1)
      yield* as(apply("a", 2))
      user("patch", "b", 2)
      user("patch", "a", 3)
      const before = notified.length
      view.rewind(1)
      assert.deepStrictEqual([view.lag(), yield* sizes()], [1, ["a=2", "b=2"]])
      view.rewind(3)
      assert.deepStrictEqual([view.lag(), yield* sizes()], [4, ["a=2"]])
      view.rewind(1_000_000)
      assert.strictEqual(yield* size("a"), 2)
      view.thaw()
      assert.deepStrictEqual(yield* sizes(), ["a=3", "b=2"])
      assert.deepStrictEqual(notified.slice(before), [
        "MODIFIED a from 3 to 2",
        "DELETED b from 2 to 2",
        "ADDED b from nothing to 1",
        "MODIFIED b from 1 to 2",
        "MODIFIED a from 2 to 3"
      ])
    }).pipe(Effect.provide(cluster))
  )

  it.effect("a new process has no writes that hold it, and can go back past those of the one before", () =>
    Effect.gen(function* () {
      const { as, server, user } = yield* scene
      user("create", "a", 1)
      yield* as(apply("a", 2))
      const restarted = LaggingCache.make(server)
      restarted.rewind(1)
      const seen = yield* ObjectCache.ObjectCache.use((cache) => cache.get(keyOf("a"))).pipe(
        Effect.provide(restarted.layer)
      )
      assert.strictEqual(sizeOf(Option.getOrThrow(seen)), 1)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("lists anew: what is gone is told as it was last known, and another of its name as a change", () =>
    Effect.gen(function* () {
      const { sizes, notified, user, view } = yield* scene
      for (const name of ["gone", "again", "same"]) user("create", name, 1)
      view.freeze()
      user("patch", "gone", 2)
      user("delete", "gone")
      user("delete", "again")
      user("create", "again", 3)
      user("create", "brief", 1)
      user("delete", "brief")
      user("create", "new", 1)
      view.relist()
      assert.deepStrictEqual([view.lag(), yield* sizes()], [0, ["again=3", "new=1", "same=1"]])
      assert.deepStrictEqual(notified.slice(3), [
        "DELETED gone from 1 to 1",
        "MODIFIED again from 1 to 3",
        "ADDED new from nothing to 1"
      ])
      user("patch", "same", 2)
      assert.strictEqual(notified.length, 7)
    }).pipe(Effect.provide(cluster))
  )

  it.effect("lets go of the server when it is closed", () =>
    Effect.gen(function* () {
      const { size, notified, user, view } = yield* scene
      user("create", "a", 1)
      view.freeze()
      user("patch", "a", 2)
      view.close()
      user("patch", "a", 3)
      assert.deepStrictEqual([yield* size("a"), view.lag(), notified.length], [3, 0, 1])
    }).pipe(Effect.provide(cluster))
  )
})
