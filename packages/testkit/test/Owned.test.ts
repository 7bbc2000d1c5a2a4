/** Planner's `Owned` on an API server: who may be changed, whose an object is, and what happens next. */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CallLog, InMemoryKubernetes } from "../src/index.ts"

type Stored = ObjectMeta.KubernetesObject

const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
const keyOf = (name: string) => ObjectMeta.key(ConfigMap, "default", name)
const manifest = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...more }
})
const api = KubernetesApi.KubernetesApi

const add = (name: string, more: object = {}) => api.use((server) => server.create(keyOf(name), manifest(name, more)))
const find = (name: string) =>
  Effect.map(
    api.use((server) => server.get(keyOf(name))),
    Option.getOrUndefined
  )
const controlledBy = (owner: Stored) => ({ ownerReferences: [ObjectMeta.controllerReference(owner)] })
const previous = (owner: Stored) =>
  ObjectMeta.controllerReference({
    ...owner,
    metadata: { ...owner.metadata, uid: "00000000-0000-0000-0000-00000000abcd" }
  })

const content = { metadata: { labels: { a: "b" } }, data: { ours: "yes" } }
/** The object as another user, `kubectl`, makes it: with a field that the controller needs too, or without. */
const addForeign = (body: object) =>
  Effect.map(InMemoryKubernetes.InMemoryKubernetes, ({ ask }) => {
    const query = { fieldManager: "kubectl" }
    const request = { verb: "create", namespace: "default", body: { ...manifest("made"), ...body }, query } as const
    return ask(ConfigMap, request).body
  })

const waitOf = (progress: Task.Progress) => (progress._tag === "Waiting" ? progress.wait : undefined)

const test = (name: string, run: Effect.Effect<void, unknown, InMemoryKubernetes.ProvidedServices | CallLog.CallLog>) =>
  it.effect(name, () => Effect.provide(run, InMemoryKubernetes.layer))

const writes = [
  ["ensure", Owned.ensure],
  ["create", Owned.create]
] as const

for (const [verb, write] of writes) {
  describe(`Owned.${verb}`, () => {
    test(
      "INV-18: creates an object with the owner as its controller, in one request",
      Effect.gen(function* () {
        const owner = yield* add("owner")
        yield* (yield* CallLog.CallLog).clear
        const progress = yield* write({ owner, key: keyOf("made"), existing: undefined }, content)
        assert.strictEqual(progress._tag, "Done")
        assert.lengthOf(yield* (yield* CallLog.CallLog).calls, 1)
        const made = yield* find("made")
        assert.deepInclude(made, { data: { ours: "yes" } })
        assert.deepInclude(made?.metadata, { labels: { a: "b" }, ...controlledBy(owner) })
      })
    )

    for (const isKnown of [true, false]) {
      const seen = isKnown ? "that was observed" : "that was not observed"

      test(
        `INV-17: waits for an object without a controller ${seen}, and names its manager`,
        Effect.gen(function* () {
          const owner = yield* add("owner")
          for (const data of [{ theirs: "kept" }, { ours: "kept" }]) {
            yield* addForeign({ data })
            const before = yield* find("made")
            const existing = isKnown ? before : undefined
            const wait = waitOf(yield* write({ owner, key: keyOf("made"), existing }, content))
            assert.deepStrictEqual(wait, {
              reason: "NotOwned",
              message: "ConfigMap made exists and is without a controller, managed by kubectl",
              detail: "delete it, or give this ConfigMap another name"
            })
            assert.deepStrictEqual(yield* find("made"), before)
            yield* api.use((server) => server.delete(keyOf("made"), { uid: before?.metadata.uid ?? "" }))
            const next = yield* write({ owner, key: keyOf("made"), existing: undefined }, content)
            assert.strictEqual(next._tag, "Done")
            const own = yield* find("made")
            yield* api.use((server) => server.delete(keyOf("made"), { uid: own?.metadata.uid ?? "" }))
          }
        })
      )

      test(
        `INV-17: waits for an object of another controller ${seen}, and names it`,
        Effect.gen(function* () {
          const [owner, other] = [yield* add("owner"), yield* add("other")]
          const before = yield* add("made", controlledBy(other))
          const existing = isKnown ? before : undefined
          const wait = waitOf(yield* write({ owner, key: keyOf("made"), existing }, content))
          assert.deepInclude(wait, {
            reason: "NotOwned",
            message: "ConfigMap made exists and is controlled by ConfigMap other"
          })
          assert.deepStrictEqual(yield* find("made"), before)
        })
      )

      test(
        `INV-11, INV-17: deletes an object of a previous owner ${seen} before it makes its own`,
        Effect.gen(function* () {
          const owner = yield* add("owner")
          const before = yield* add("made", { ownerReferences: [previous(owner)] })
          const existing = isKnown ? before : undefined
          const wait = waitOf(yield* write({ owner, key: keyOf("made"), existing }, content))
          assert.deepInclude(wait, { reason: "PreviousObjectExists" })
          assert.isUndefined(yield* find("made"))
          const deletes = (yield* (yield* CallLog.CallLog).calls).filter((call) => call.verb === "delete")
          assert.deepStrictEqual(
            deletes.map(({ sent }) => sent),
            [{ uid: before.metadata.uid, resourceVersion: before.metadata.resourceVersion }]
          )
          assert.strictEqual((yield* write({ owner, key: keyOf("made"), existing: undefined }, content))._tag, "Done")
        })
      )
    }

    test(
      "INV-17: keeps an object whose controller has only the name of the owner",
      Effect.gen(function* () {
        const owner = yield* add("owner")
        const namesake = { ...ObjectMeta.controllerReference(owner), kind: "Secret", uid: "another" }
        const before = yield* add("made", { ownerReferences: [namesake] })
        const wait = waitOf(yield* write({ owner, key: keyOf("made"), existing: before }, content))
        assert.deepInclude(wait, {
          reason: "NotOwned",
          message: "ConfigMap made exists and is controlled by Secret owner"
        })
        yield* Owned.remove({ owner, key: keyOf("made"), existing: before })
        assert.deepStrictEqual(yield* find("made"), before)
      })
    )
  })
}

describe("Owned.ensure", () => {
  test(
    "takes back the fields of its own object that another manager changed",
    Effect.gen(function* () {
      const owner = yield* add("owner")
      const owned = { owner, key: keyOf("made") }
      yield* Owned.ensure({ ...owned, existing: undefined }, content)
      const { ask } = yield* InMemoryKubernetes.InMemoryKubernetes
      const patch = { verb: "patch", patchFormat: "merge", namespace: "default", name: "made" } as const
      ask(ConfigMap, { ...patch, body: { data: { ours: "no", theirs: "kept" } }, query: { fieldManager: "kubectl" } })
      yield* Owned.ensure({ ...owned, existing: yield* find("made") }, content)
      assert.deepStrictEqual((yield* find("made"))?.data, { ours: "yes", theirs: "kept" })
    })
  )

  test(
    "waits while its own object is being deleted",
    Effect.gen(function* () {
      const owner = yield* add("owner")
      const made = yield* add("made", { ...controlledBy(owner), finalizers: ["example.dev/held"] })
      yield* api.use((server) => server.delete(keyOf("made"), { uid: made.metadata.uid }))
      const existing = yield* find("made")
      const wait = waitOf(yield* Owned.ensure({ owner, key: keyOf("made"), existing }, content))
      assert.deepStrictEqual(wait, { reason: "ObjectTerminating", message: "ConfigMap made is being deleted" })
      assert.deepStrictEqual(yield* find("made"), existing)
    })
  )

  test(
    "INV-17: is decided again by the next pass when another object has the name by then",
    Effect.gen(function* () {
      const [owner, other] = [yield* add("owner"), yield* add("other")]
      const existing = yield* add("made", controlledBy(owner))
      yield* api.use((server) => server.delete(keyOf("made"), { uid: existing.metadata.uid }))
      const before = yield* add("made", controlledBy(other))
      const error = yield* Effect.flip(Owned.ensure({ owner, key: keyOf("made"), existing }, content))
      assert.deepInclude(error, { _tag: "TaskDeferred", reason: "Conflict" })
      assert.deepStrictEqual(yield* find("made"), before)
    })
  )
})

describe("an own object that was not observed, because the response to its creation was lost", () => {
  const lost = Effect.gen(function* () {
    const owned = { owner: yield* add("owner"), key: keyOf("made"), existing: undefined }
    yield* Owned.create(owned, content)
    return owned
  })

  test(
    "is applied again by ensure",
    Effect.gen(function* () {
      const owned = yield* lost
      const made = yield* find("made")
      const progress = yield* Owned.ensure(owned, content, ({ metadata }) => Task.doneWith({ uid: metadata.uid }))
      assert.deepInclude(progress, { _tag: "Done", statusPatch: { uid: String(made?.metadata.uid) } })
    })
  )

  test(
    "is awaited by create, which keeps it, until the cache contains it",
    Effect.gen(function* () {
      const owned = yield* lost
      const existing = yield* find("made")
      assert.deepInclude(waitOf(yield* Owned.create(owned, content)), {
        reason: "ObjectNotObserved",
        message: "ConfigMap made exists, but the cache does not contain it yet"
      })
      assert.strictEqual((yield* Owned.create({ ...owned, existing }, content))._tag, "Done")
      assert.deepStrictEqual(yield* find("made"), existing)
    })
  )
})

describe("Owned.remove", () => {
  test(
    "INV-11: deletes an object of the owner or of a previous one, and no other",
    Effect.gen(function* () {
      const [owner, other] = [yield* add("owner"), yield* add("other")]
      const made = {
        own: yield* add("own", controlledBy(owner)),
        former: yield* add("former", { ownerReferences: [previous(owner)] }),
        foreign: yield* add("foreign", controlledBy(other)),
        free: yield* add("free")
      }
      for (const [name, existing] of Object.entries(made)) yield* Owned.remove({ owner, key: keyOf(name), existing })
      yield* Owned.remove({ owner, key: keyOf("never-made"), existing: undefined })
      const left = yield* Effect.forEach(Object.keys(made), find)
      assert.deepStrictEqual(
        left.map((object) => object?.metadata.name),
        [undefined, undefined, "foreign", "free"]
      )
    })
  )
})
