import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { Store, type StoreChange } from "../src/cache/Store.ts"
import { configMap, stored, version } from "./fixtures/Objects.ts"

const NAME = "default/a"

const text = (changes: ReadonlyArray<StoreChange>) =>
  changes.map(({ object, type }) => `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`)

const cachedVersion = (store: Store) => store.get("default", "a")?.metadata.resourceVersion

const write = (store: Store, object: ObjectMeta.KubernetesObject, isOwnVersion = true) => {
  store.beginWrite(NAME)
  return store.endWrite(NAME, { _tag: "Stored", object, isOwnVersion })
}

const remove = (store: Store) => {
  store.beginWrite(NAME)
  return store.endWrite(NAME, { _tag: "Deleted", uid: "uid-a" })
}

describe("Store", () => {
  it("reports an own write when its response arrives, and not its echo", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))

    const changes = write(store, stored("a", 5))

    assert.strictEqual(cachedVersion(store), "5")
    assert.deepStrictEqual(text(changes), ["Applied a@5"])
    assert.deepStrictEqual(text(store.update(stored("a", 5))), [])
  })

  it("reports an own write once when its echo arrives before the response", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))

    store.beginWrite(NAME)
    const early = store.update(stored("a", 5))
    const changes = store.endWrite(NAME, { _tag: "Stored", object: stored("a", 5), isOwnVersion: true })

    assert.deepStrictEqual([text(early), text(changes)], [[], ["Applied a@5"]])
  })

  it("stores an own write that began before the store was created, and does not report its echo", () => {
    const store = new Store(configMap)

    const changes = store.endWrite(NAME, { _tag: "Stored", object: stored("a", 5), isOwnVersion: true })
    store.replace([], version(4))

    assert.deepStrictEqual([cachedVersion(store), text(changes)], ["5", ["Applied a@5"]])
    assert.deepStrictEqual(text(store.update(stored("a", 5))), [])
  })

  it("reports a change of another writer during an own write when that write has ended", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))

    store.beginWrite(NAME)
    const early = store.update(stored("a", 4))
    const changes = store.endWrite(NAME, undefined)

    assert.deepStrictEqual([text(early), text(changes)], [[], ["Applied a@4"]])
  })

  it("does not store an event that is older than an own write, but reports that another writer made it", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))
    write(store, stored("a", 9), false)

    const changes = store.update(stored("a", 8))

    assert.strictEqual(cachedVersion(store), "9")
    assert.deepStrictEqual(text(changes), ["Applied a@9"])
    assert.deepStrictEqual(text(store.update(stored("a", 8))), [])
  })

  it("reports the echo of an unconditional write, which may include changes of other writers", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))

    write(store, stored("a", 9), false)

    assert.deepStrictEqual(text(store.update(stored("a", 9))), ["Applied a@9"])
  })

  it("does not restore an object that was deleted, by the watch or by an own write", () => {
    const watched = new Store(configMap)
    watched.update(stored("a", 1))
    watched.delete(stored("a", 7))
    const written = new Store(configMap)
    written.update(stored("a", 1))
    remove(written)

    write(watched, stored("a", 6))
    const late = [
      ...watched.update(stored("a", 5)),
      ...written.update(stored("a", 5)),
      ...written.delete(stored("a", 6))
    ]

    assert.deepStrictEqual([cachedVersion(watched), cachedVersion(written), text(late)], [undefined, undefined, []])
  })

  it("replaces an object by a newer one of the same name, and does not restore the older one", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))

    write(store, stored("a", 9, { uid: "second" }))
    const changes = store.delete(stored("a", 8))

    assert.deepStrictEqual([cachedVersion(store), text(changes)], ["9", []])
    assert.deepStrictEqual(text(store.update(stored("a", 7))), [])
    assert.strictEqual(cachedVersion(store), "9")
  })

  it("stores an object again that had stopped matching the selector", () => {
    const store = new Store(configMap, { app: "x" })
    const labels = { app: "x" }
    store.update(stored("a", 1, { labels }))
    store.delete(stored("a", 2, { labels }))

    const changes = store.update(stored("a", 3, { labels }))

    assert.deepStrictEqual(text(changes), ["Applied a@3"])
  })

  it("does not store an own write to an object that does not match the selector", () => {
    const store = new Store(configMap, { app: "x" })

    write(store, stored("a", 3))

    assert.strictEqual(cachedVersion(store), undefined)
  })

  it("deletes objects that are missing from a list, but keeps own writes after that list", () => {
    const store = new Store(configMap)
    store.replace([stored("a", 1), stored("b", 2)], version(3))
    store.beginWrite("default/c")
    store.endWrite("default/c", { _tag: "Stored", object: stored("c", 12), isOwnVersion: true })

    const changes = store.replace([stored("a", 5)], version(10))

    assert.deepStrictEqual(text(changes), ["Deleted b@2", "Applied a@5"])
    assert.deepStrictEqual(
      store.list({}).map(({ metadata }) => metadata.name),
      ["a", "c"]
    )
    assert.deepStrictEqual(text(store.replace([stored("a", 5), stored("c", 12)], version(13))), [])
  })

  it("clears itself when a list is older than the watch, after etcd was restored", () => {
    const store = new Store(configMap)
    store.replace([stored("a", 900), stored("b", 901)], version(1000))

    const changes = store.replace([stored("a", 30)], version(40))

    assert.deepStrictEqual(text(changes), ["Deleted a@900", "Deleted b@901", "Applied a@30"])
    assert.deepStrictEqual(text(store.update(stored("a", 41))), ["Applied a@41"])
  })

  it.each([
    ["update", (store: Store) => store.update(stored("b", 50))],
    ["delete", (store: Store) => store.delete(stored("b", 50))],
    ["list", (store: Store) => store.replace([stored("a", 5), stored("b", 6)], version(50))]
  ])("clears itself when a list is older than the last %s", (_, newest) => {
    const store = new Store(configMap)
    store.replace([stored("a", 5), stored("b", 6)], version(10))
    newest(store)
    store.replace([stored("a", 3), stored("b", 4)], version(40))

    const listed = store.list({}).map(({ metadata }) => metadata.resourceVersion)
    assert.deepStrictEqual(listed, ["3", "4"])
  })

  it("does not report an event of an object whose name another object has taken", () => {
    const store = new Store(configMap)
    store.update(stored("a", 9, { uid: "second" }))

    assert.deepStrictEqual(store.update(stored("a", 7)), [])
    assert.deepStrictEqual(store.delete(stored("a", 8)), [])
    assert.strictEqual(store.get("default", "a")?.metadata.uid, "second")
  })

  it("does not restore an object after the one that had taken its name is deleted", () => {
    const store = new Store(configMap)
    store.update(stored("a", 1))
    store.update(stored("a", 9, { uid: "second" }))
    assert.deepStrictEqual(store.update(stored("a", 8)), [])
    store.delete(stored("a", 10, { uid: "second" }))

    assert.deepStrictEqual(store.update(stored("a", 8)), [])
    assert.isUndefined(store.get("default", "a"))
  })

  it("does not report the deletion of an object that it does not have", () => {
    assert.deepStrictEqual(new Store(configMap).delete(stored("a", 8)), [])
  })

  it("remembers the last ten thousand deletions", () => {
    const store = new Store(configMap)
    const deleteObjects = (from: number, to: number) => {
      for (let n = from; n < to; n++) store.delete(stored(`deleted-${n}`, 10))
    }
    const late = (n: number) => text(store.update(stored(`deleted-${n}`, 9)))

    deleteObjects(0, 10_000)
    assert.deepStrictEqual(late(0), [])
    deleteObjects(10_000, 10_001)
    assert.deepStrictEqual([late(0), late(1)], [["Applied deleted-0@9"], []])
  })

  it("lists by namespace and label, in order, also after a label changes", () => {
    const store = new Store(configMap)
    const labels = { app: "x" }
    store.update(stored("b", 1, { labels }))
    store.update(stored("a", 2, { labels, namespace: "other" }))
    store.update(stored("c", 3, { labels }))
    const names = (selection: Parameters<Store["list"]>[0]) =>
      store.list(selection).map(({ metadata }) => metadata.name)

    const before = names({ labels })
    store.update(stored("c", 4))
    store.update(stored("d", 5, { labels }))

    assert.deepStrictEqual(before, ["b", "c", "a"])
    assert.deepStrictEqual(names({ labels }), ["b", "d", "a"])
    assert.deepStrictEqual(names({ labels, namespace: "default" }), ["b", "d"])
    assert.deepStrictEqual(names({ namespace: "default" }), ["b", "c", "d"])
    assert.deepStrictEqual(names({ namespace: "nowhere" }), [])
  })
})
