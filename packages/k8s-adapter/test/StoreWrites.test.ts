import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Store, type StoreChange } from "../src/cache/Store.ts"
import type { WriteResult } from "../src/cache/WriteTracker.ts"
import { configMap, key, stored } from "./fixtures/Objects.ts"

const NAME = "default/a"

/** The object whose reconcile writes. */
const writer = key("owner")

/** Changes in the form `Applied uid-a@5 after @1 by owner`. */
const text = (changes: ReadonlyArray<StoreChange>) =>
  changes.map(({ object, previous, type, ...change }) => {
    const before = previous === undefined ? "" : ` after @${previous.metadata.resourceVersion}`
    const by = change.writer === undefined ? "" : ` by ${change.writer.name}`
    return `${type} ${object.metadata.uid}@${object.metadata.resourceVersion}${before}${by}`
  })

const cached = (store: Store) => {
  const object = store.get("default", "a")
  return object === undefined ? undefined : `${object.metadata.uid}@${object.metadata.resourceVersion}`
}

/** The result of a conditional write. */
const own = (object: ObjectMeta.KubernetesObject): WriteResult => ({ _tag: "Stored", object, isOwnVersion: true })
/** The result of a write that may include changes of other writers. */
const shared = (object: ObjectMeta.KubernetesObject): WriteResult => ({ _tag: "Stored", object, isOwnVersion: false })
const deleted = (uid: string): WriteResult => ({ _tag: "Deleted", uid })

/** A store in which `events` arrive from the watch while one write is in flight. Returns the reported changes. */
const write = (store: Store, result: WriteResult | undefined, ...events: ReadonlyArray<(store: Store) => unknown>) => {
  store.beginWrite(NAME)
  for (const event of events) assert.deepStrictEqual(event(store), [])
  return text(store.endWrite(NAME, result, writer))
}

const updated = (object: ObjectMeta.KubernetesObject) => (store: Store) => store.update(object)
const removed = (object: ObjectMeta.KubernetesObject) => (store: Store) => store.delete(object)

/** A store with the object `a` at resourceVersion 1. */
const withObject = (metadata: Parameters<typeof stored>[2] = {}, labels: ObjectMeta.LabelSelector = {}) => {
  const store = new Store(configMap, labels)
  store.update(stored("a", 1, metadata))
  return store
}

describe("an own write", () => {
  it("is reported with its writer and the state before it, whether its echo comes after the response or before", () => {
    const expected = ["Applied uid-a@5 after @1 by owner"]
    const after = withObject()
    assert.deepStrictEqual(write(after, own(stored("a", 5))), expected)
    assert.deepStrictEqual(after.update(stored("a", 5)), [])
    const before = withObject()
    assert.deepStrictEqual(write(before, own(stored("a", 5)), updated(stored("a", 5))), expected)
  })

  it("is followed by the changes of other writers that came during the write", () => {
    const events = [updated(stored("a", 5)), updated(stored("a", 6))]

    assert.deepStrictEqual(write(withObject(), own(stored("a", 5)), ...events).slice(1), ["Applied uid-a@6 after @5"])
  })

  it("is not reported when the watch has delivered that the object is deleted", () => {
    const events = [updated(stored("a", 5)), removed(stored("a", 7))]

    assert.deepStrictEqual(write(withObject(), own(stored("a", 5)), ...events), ["Deleted uid-a@7 after @5"])
  })

  it("has an echo of its own when another own write follows", () => {
    const store = withObject()
    write(store, own(stored("a", 5)))
    write(store, own(stored("a", 9)))

    assert.deepStrictEqual(store.update(stored("a", 5)), [])
    assert.deepStrictEqual(store.update(stored("a", 9)), [])
    assert.deepStrictEqual(text(store.update(stored("a", 10))), ["Applied uid-a@10 after @9"])
  })

  it("is not reported when the store has a newer state", () => {
    const store = new Store(configMap)
    store.update(stored("a", 6))

    assert.deepStrictEqual(store.endWrite(NAME, own(stored("a", 5)), writer), [])
    assert.strictEqual(cached(store), "uid-a@6")
  })

  it("that may include changes of other writers is reported by the watch alone", () => {
    const after = withObject()
    assert.deepStrictEqual(write(after, shared(stored("a", 5))), [])
    assert.strictEqual(cached(after), "uid-a@5")
    assert.deepStrictEqual(text(after.update(stored("a", 5))), ["Applied uid-a@5 after @5"])

    const before = write(withObject(), shared(stored("a", 5)), updated(stored("a", 5)))
    assert.deepStrictEqual(before, ["Applied uid-a@5 after @1"])
  })

  it("to an object that does not match the selector is neither stored nor reported, nor are older events", () => {
    const labels = { app: "x" }
    const store = new Store(configMap, labels)

    assert.deepStrictEqual(write(store, own(stored("a", 5))), [])
    assert.deepStrictEqual(store.update(stored("a", 4, { labels })), [])
    assert.isUndefined(cached(store))
  })

  it("after which the object does not match the selector removes it, and is reported once", () => {
    const labels = { app: "x" }
    const left = removed(stored("a", 5, { labels }))

    const after = withObject({ labels }, labels)
    assert.deepStrictEqual(write(after, own(stored("a", 5))), ["Deleted uid-a@5 after @1 by owner"])
    assert.isUndefined(cached(after))
    const late = [updated(stored("a", 4, { labels })), left].flatMap((event) => event(after))
    assert.deepStrictEqual(late, [])
    assert.deepStrictEqual(text(after.update(stored("a", 6, { labels }))), ["Applied uid-a@6"])

    const before = write(withObject({ labels }, labels), own(stored("a", 5)), left)
    assert.deepStrictEqual(before, ["Deleted uid-a@5 after @1"])
    const unconditional = write(withObject({ labels }, labels), shared(stored("a", 5)))
    assert.deepStrictEqual(unconditional, ["Deleted uid-a@5 after @1"])
  })

  it("after which the object does not match the selector is ignored when it matches again, or has been replaced", () => {
    const labels = { app: "x" }
    const returned = withObject({ labels }, labels)
    returned.update(stored("a", 6, { labels }))
    assert.deepStrictEqual(write(returned, own(stored("a", 5))), [])
    assert.strictEqual(cached(returned), "uid-a@6")
    assert.deepStrictEqual(text(returned.update(stored("a", 7, { labels }))), ["Applied uid-a@7 after @6"])

    const replaced = withObject({ labels, uid: "second" }, labels)
    assert.deepStrictEqual(write(replaced, own(stored("a", 5))), [])
    assert.strictEqual(cached(replaced), "second@1")
  })

  it("stays in the store when the watch delivers that the object did not match the selector before it", () => {
    const labels = { app: "x" }
    const store = withObject({ labels }, labels)
    write(store, shared(stored("a", 5, { labels })))
    const changes = store.delete(stored("a", 4, { labels }))

    assert.strictEqual(cached(store), "uid-a@5")
    assert.deepStrictEqual(text(changes), ["Applied uid-a@5 after @5"])
    assert.deepStrictEqual(text(store.update(stored("a", 5, { labels }))), ["Applied uid-a@5 after @5"])
  })

  it("to an object without a namespace is reported as well", () => {
    const store = new Store(configMap)
    const { namespace: _, ...metadata } = stored("a", 1).metadata
    const at = (version: string) => ({
      ...stored("a", 1),
      metadata: { ...metadata, resourceVersion: ObjectMeta.ResourceVersion.make(version) }
    })
    store.update(at("1"))

    assert.deepStrictEqual(text(store.endWrite("/a", own(at("5")), writer)), ["Applied uid-a@5 after @1 by owner"])
    assert.deepStrictEqual(text(store.update(at("6"))), ["Applied uid-a@6 after @5"])
    assert.deepStrictEqual(text(store.delete(at("7"))), ["Deleted uid-a@7 after @6"])
    assert.isUndefined(store.get("", "a"))
  })
})

describe("an own delete", () => {
  it("is reported once with its writer, whether its echo comes after the response or before", () => {
    const after = withObject()
    assert.deepStrictEqual(write(after, deleted("uid-a")), ["Deleted uid-a@1 after @1 by owner"])
    assert.isUndefined(cached(after))
    assert.deepStrictEqual(after.delete(stored("a", 7)), [])

    const before = write(withObject(), deleted("uid-a"), removed(stored("a", 7)))
    assert.deepStrictEqual(before, ["Deleted uid-a@7 after @7 by owner"])
  })

  it("is reported once when other changes come with its echo", () => {
    const terminating = updated(stored("a", 6))
    const changes = write(withObject(), deleted("uid-a"), terminating, removed(stored("a", 7)))

    assert.deepStrictEqual(
      changes.filter((change) => change.startsWith("Deleted")),
      ["Deleted uid-a@7 after @7 by owner"]
    )
  })

  it("of an object that is not in the store is not reported", () => {
    assert.deepStrictEqual(write(new Store(configMap), deleted("uid-a")), [])
  })

  it("is final: no event of the object brings it back", () => {
    const store = withObject()
    write(store, deleted("uid-a"))
    store.replace([stored("a", 123_455)], ObjectMeta.ResourceVersion.make("123455"))

    assert.deepStrictEqual(store.update(stored("a", 123_456)), [])
    assert.deepStrictEqual(write(store, own(stored("a", 123_457))), [])
    assert.isUndefined(cached(store))
  })

  it("does not affect another object that has taken the name", () => {
    const store = new Store(configMap)
    store.update(stored("a", 9, { uid: "second" }))

    assert.deepStrictEqual(write(store, deleted("uid-a")), [])
    assert.strictEqual(cached(store), "second@9")
  })

  it("is distinguished from the deletion of another object of the same name", () => {
    const second = (at: number) => stored("a", at, { uid: "second" })
    const events = [removed(stored("a", 7)), updated(second(9)), removed(second(10))]
    const changes = write(withObject(), deleted("second"), ...events)

    assert.include(changes, "Deleted second@10 after @10 by owner")
    assert.include(changes, "Deleted uid-a@7 after @1")
    assert.lengthOf(
      changes.filter((change) => change.startsWith("Deleted")),
      2
    )
  })
})

describe("concurrent own writes to one object", () => {
  it("defer the changes of other writers until the last of them has ended", () => {
    const store = withObject()
    store.beginWrite(NAME)
    store.update(stored("a", 4))
    store.beginWrite(NAME)

    assert.deepStrictEqual(store.endWrite(NAME, undefined), [])
    assert.deepStrictEqual(store.update(stored("a", 6)), [])
    assert.deepStrictEqual(text(store.endWrite(NAME, undefined)), [
      "Applied uid-a@4 after @1",
      "Applied uid-a@6 after @4"
    ])
    assert.deepStrictEqual(text(store.update(stored("a", 7))), ["Applied uid-a@7 after @6"])
  })
})
