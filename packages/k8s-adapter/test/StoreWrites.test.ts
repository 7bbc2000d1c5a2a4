/** How own writes, the watch and lists meet in the store, whatever order they arrive in. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Store, type StoreChange } from "../src/cache/Store.ts"
import type { WriteResult } from "../src/cache/WriteTracker.ts"
import { configMap, key, stored, version } from "./fixtures/Objects.ts"

const NAME = "default/a"

/** `Applied a@5 after 1 by widget`: the previous version and the writer, if there are any. */
const text = (changes: ReadonlyArray<StoreChange>) =>
  changes.map(({ object: { metadata }, previous, type, writer }) => {
    const before = previous === undefined ? "" : ` after ${previous.metadata.resourceVersion}`
    return `${type} ${metadata.name}@${metadata.resourceVersion}${before}${writer === undefined ? "" : ` by ${writer.name}`}`
  })

const names = (store: Store, selection: Parameters<Store["list"]>[0] = {}) =>
  store.list(selection).map(({ metadata }) => metadata.name)

const storedBy = (at: number, isOwnVersion = true): WriteResult => ({
  _tag: "Stored",
  object: stored("a", at),
  isOwnVersion
})
const deleted: WriteResult = { _tag: "Deleted", uid: "uid-a" }
const writer = key("w")

/** A store with the object `a` at version 1. */
const storeWithA = () => {
  const store = new Store(configMap)
  store.update(stored("a", 1))
  return store
}

const write = (store: Store, result: WriteResult | undefined) => {
  store.beginWrite(NAME)
  return text(store.endWrite(NAME, result, writer))
}

describe("an own write", () => {
  it("is reported with its writer and the state before it, also when its echo came first", () => {
    assert.deepStrictEqual(write(storeWithA(), storedBy(5)), ["Applied a@5 after 1 by w"])
    const store = storeWithA()
    store.beginWrite(NAME)
    store.update(stored("a", 5))
    assert.deepStrictEqual(text(store.endWrite(NAME, storedBy(5), writer)), ["Applied a@5 after 1 by w"])
  })

  it("is reported beside a change of another writer, which the watch delivered meanwhile", () => {
    const store = storeWithA()
    store.beginWrite(NAME)
    store.update(stored("a", 4))
    store.update(stored("a", 5))
    assert.deepStrictEqual(text(store.endWrite(NAME, storedBy(5), writer)), [
      "Applied a@5 after 4 by w",
      "Applied a@4 after 1"
    ])
  })

  it("that changed nothing is not reported", () => {
    assert.deepStrictEqual(write(storeWithA(), storedBy(1)), [])
  })

  it("that failed is not reported", () => {
    assert.deepStrictEqual(write(storeWithA(), undefined), [])
  })

  it("of a version that others contributed to is reported by its echo alone", () => {
    const store = storeWithA()
    store.beginWrite(NAME)
    store.update(stored("a", 5))
    assert.deepStrictEqual(text(store.endWrite(NAME, storedBy(5, false), writer)), ["Applied a@5 after 1"])
    assert.deepStrictEqual(write(store, storedBy(6, false)), [])
    assert.deepStrictEqual(text(store.update(stored("a", 6))), ["Applied a@6 after 6"])
  })

  it("is recognised in its echo, also after another one", () => {
    const store = storeWithA()
    write(store, storedBy(5))
    write(store, storedBy(7))
    assert.deepStrictEqual(text(store.update(stored("a", 5))), [])
    assert.deepStrictEqual(text(store.update(stored("a", 7))), [])
    assert.deepStrictEqual(text(store.update(stored("a", 8))), ["Applied a@8 after 7"])
  })

  it("does not hold back changes after the last of several writes in flight has ended", () => {
    const store = storeWithA()
    store.beginWrite(NAME)
    store.beginWrite(NAME)
    store.update(stored("a", 4))
    assert.deepStrictEqual(text(store.endWrite(NAME, undefined)), [])
    assert.deepStrictEqual(text(store.endWrite(NAME, undefined)), ["Applied a@4 after 1"])
    assert.deepStrictEqual(text(store.update(stored("a", 5))), ["Applied a@5 after 4"])
  })

  it("to a deleted object, or to one that leaves the selector, is not reported", () => {
    const store = storeWithA()
    write(store, deleted)
    assert.deepStrictEqual(write(store, storedBy(5)), [])
    const selecting = new Store(configMap, { app: "x" })
    assert.deepStrictEqual(write(selecting, storedBy(5)), [])
    selecting.update(stored("a", 6, { labels: { app: "x" } }))
    assert.deepStrictEqual(write(selecting, storedBy(7)), [])
    assert.deepStrictEqual(names(selecting), ["a"])
  })
})

describe("an own deletion", () => {
  it("is reported once with the last state, whether its echo comes later or first", () => {
    const later = storeWithA()
    assert.deepStrictEqual(write(later, deleted), ["Deleted a@1 after 1 by w"])
    assert.deepStrictEqual(text(later.delete(stored("a", 7))), [])
    const first = storeWithA()
    first.beginWrite(NAME)
    assert.deepStrictEqual(text(first.delete(stored("a", 7))), [])
    assert.deepStrictEqual(text(first.endWrite(NAME, deleted, writer)), ["Deleted a@7 after 7 by w"])
  })

  it("of an object that is not cached, or whose name another object has, is not reported", () => {
    assert.deepStrictEqual(write(new Store(configMap), deleted), [])
    const store = new Store(configMap)
    store.update(stored("a", 3, { uid: "second" }))
    assert.deepStrictEqual(write(store, deleted), [])
    assert.deepStrictEqual(names(store), ["a"])
  })

  it("loses no change of another writer that came before it", () => {
    const store = storeWithA()
    store.beginWrite(NAME)
    store.update(stored("a", 4))
    assert.sameMembers(text(store.endWrite(NAME, deleted, writer)), ["Deleted a@4 after 4 by w", "Applied a@4 after 1"])
  })

  it("loses no deletion of another object of its name", () => {
    const store = storeWithA()
    store.update(stored("a", 3, { uid: "second" }))
    store.beginWrite(NAME)
    store.delete(stored("a", 4, { uid: "second" }))
    assert.deepStrictEqual(text(store.endWrite(NAME, deleted, writer)), ["Deleted a@4 after 3"])
  })

  it("is final: no event brings the object back, whatever its version", () => {
    const store = storeWithA()
    write(store, deleted)
    store.delete(stored("a", 6))
    assert.deepStrictEqual(text(store.update(stored("a", 99))), [])
    assert.deepStrictEqual(names(store), [])
  })
})

describe("an event of the watch", () => {
  it("of an older object of the name is neither stored nor reported", () => {
    const store = new Store(configMap)
    store.update(stored("a", 9, { uid: "second" }))
    assert.deepStrictEqual(text(store.update(stored("a", 5))), [])
    assert.deepStrictEqual(text(store.delete(stored("a", 6))), [])
    assert.strictEqual(store.get("default", "a")?.metadata.uid, "second")
  })

  it("of an object that another one has replaced is not stored, whatever its version", () => {
    const store = storeWithA()
    store.update(stored("a", 9, { uid: "second" }))
    assert.deepStrictEqual(text(store.update(stored("a", 10))), [])
    assert.strictEqual(store.get("default", "a")?.metadata.uid, "second")
  })

  it("deletes an object that the store has never had", () => {
    assert.deepStrictEqual(text(new Store(configMap).delete(stored("a", 5))), [])
  })

  it("stays deleted for ten thousand further deletions", () => {
    const store = storeWithA()
    store.delete(stored("a", 2))
    for (let index = 1; index < 10_000; index++) store.delete(stored(`b${index}`, 2 + index))
    assert.deepStrictEqual(text(store.update(stored("a", 1))), [])
    store.delete(stored("b", 20_000))
    assert.deepStrictEqual(text(store.update(stored("a", 1))), ["Applied a@1"])
  })
})

describe("a list after etcd was restored", () => {
  const restored = (store: Store) => {
    store.replace([], version(40))
    return [...text(store.update(stored("a", 30))), ...names(store)]
  }
  const KNOWN = ["Applied a@30", "a"]

  it("is recognised by an older version than that of an event, a deletion or a list", () => {
    const updated = storeWithA()
    updated.delete(stored("a", 900))
    updated.update(stored("b", 1000))
    const removed = storeWithA()
    removed.delete(stored("a", 1000))
    const listed = storeWithA()
    listed.replace([], version(1000))
    const seen = new Store(configMap)
    seen.update(stored("b", 1000))
    for (const store of [updated, removed, listed, seen]) assert.deepStrictEqual(restored(store), KNOWN)
  })

  it("is recognised by the newest version, which objects in a list do not have", () => {
    const store = new Store(configMap)
    store.replace([stored("a", 900)], version(1000))
    store.replace([], version(950))
    assert.deepStrictEqual(text(store.update(stored("a", 30))), ["Applied a@30"])
  })
})

describe("a list of the store", () => {
  const labels = { app: "x" }

  it("by label has no object that was deleted, and every one that was added later", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1, { labels }))
    store.update(stored("b", 2, { labels: { app: "y" } }))
    store.update(stored("c", 3))
    assert.deepStrictEqual(names(store, { labels }), ["a"])
    store.delete(stored("a", 4, { labels }))
    assert.deepStrictEqual(names(store, { labels }), [])
    store.update(stored("d", 5, { labels }))
    store.delete(stored("c", 6))
    assert.deepStrictEqual(names(store, { labels }), ["d"])
    assert.deepStrictEqual(names(store, { labels: { app: true } }), ["b", "d"])
    assert.deepStrictEqual(names(store), ["b", "d"])
  })

  it("has objects of the cluster, which have no namespace, before all others", () => {
    const { namespace: _, ...metadata } = stored("z", 1).metadata
    const store = new Store(ObjectMeta.clusterWide("v1", "Node", "nodes"))
    store.update(stored("a", 2))
    store.update({ ...stored("z", 1), metadata })
    assert.deepStrictEqual(names(store), ["z", "a"])
    assert.deepStrictEqual(names(store, { namespace: "" }), ["z"])
    assert.strictEqual(store.get("", "z")?.metadata.name, "z")
    const labelled = (at: number, app: string) =>
      store.update({ ...stored("z", at), metadata: { ...metadata, resourceVersion: version(at), labels: { app } } })
    labelled(2, "x")
    assert.deepStrictEqual(names(store, { labels }), ["z"])
    labelled(3, "y")
    assert.deepStrictEqual(names(store, { labels }), [])
    store.delete({ ...stored("z", 4), metadata: { ...metadata, resourceVersion: version(4) } })
    assert.deepStrictEqual(names(store), ["a"])
  })
})
