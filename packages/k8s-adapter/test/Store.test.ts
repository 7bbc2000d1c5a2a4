import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { Store, type StoreChange } from "../src/cache/Store.ts"
import { configMap, stored, version } from "./fixtures/Objects.ts"

const NAME = "default/a"

const text = (changes: ReadonlyArray<StoreChange>) =>
  changes.map(({ object, type }) => `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`)

const at = (store: Store) => store.get("default", "a")?.metadata.resourceVersion

const write = (store: Store, object: ObjectMeta.KubernetesObject, ours = true) => {
  store.begin(NAME)
  return store.end(NAME, { _tag: "Stored", object, ours })
}

const remove = (store: Store) => {
  store.begin(NAME)
  return store.end(NAME, { _tag: "Gone", uid: "uid-a" })
}

describe("Store", () => {
  it("tells an own write once, when its answer is there, and takes its echo for no news", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))

    const notified = write(store, stored("a", 5))

    assert.strictEqual(at(store), "5")
    assert.deepStrictEqual(text(notified), ["Applied a@5"])
    assert.deepStrictEqual(text(store.applied(stored("a", 5))), [])
  })

  it("tells an own write once when its echo overtakes the answer", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))

    store.begin(NAME)
    const early = store.applied(stored("a", 5))
    const notified = store.end(NAME, { _tag: "Stored", object: stored("a", 5), ours: true })

    assert.deepStrictEqual([text(early), text(notified)], [[], ["Applied a@5"]])
  })

  it("knows an own write that began before it was made, and takes its echo for no news", () => {
    const store = new Store(configMap)

    const notified = store.end(NAME, { _tag: "Stored", object: stored("a", 5), ours: true })
    store.relisted([], version(4))

    assert.deepStrictEqual([at(store), text(notified)], ["5", ["Applied a@5"]])
    assert.deepStrictEqual(text(store.applied(stored("a", 5))), [])
  })

  it("tells what others wrote during an own write once that is back", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))

    store.begin(NAME)
    const early = store.applied(stored("a", 4))
    const notified = store.end(NAME, undefined)

    assert.deepStrictEqual([text(early), text(notified)], [[], ["Applied a@4"]])
  })

  it("ignores an older event, but tells that someone else wrote it", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))
    write(store, stored("a", 9), false)

    const notified = store.applied(stored("a", 8))

    assert.strictEqual(at(store), "9")
    assert.deepStrictEqual(text(notified), ["Applied a@9"])
    assert.deepStrictEqual(text(store.applied(stored("a", 8))), [])
  })

  it("tells the echo of an unconditional write, which may hold what others wrote", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))

    write(store, stored("a", 9), false)

    assert.deepStrictEqual(text(store.applied(stored("a", 9))), ["Applied a@9"])
  })

  it("does not bring back what was deleted, by a watch or by us", () => {
    const watched = new Store(configMap)
    watched.applied(stored("a", 1))
    watched.deleted(stored("a", 7))
    const ours = new Store(configMap)
    ours.applied(stored("a", 1))
    remove(ours)

    write(watched, stored("a", 6))
    const late = [...watched.applied(stored("a", 5)), ...ours.applied(stored("a", 5)), ...ours.deleted(stored("a", 6))]

    assert.deepStrictEqual([at(watched), at(ours), text(late)], [undefined, undefined, []])
  })

  it("lets another object take the name, and none take it back", () => {
    const store = new Store(configMap)
    store.applied(stored("a", 1))

    write(store, stored("a", 9, { uid: "second" }))
    const notified = store.deleted(stored("a", 8))

    assert.deepStrictEqual([at(store), text(notified)], ["9", []])
    assert.deepStrictEqual(text(store.applied(stored("a", 7))), [])
    assert.strictEqual(at(store), "9")
  })

  it("lets an object come back that had left the selection", () => {
    const store = new Store(configMap, { app: "x" })
    const labels = { app: "x" }
    store.applied(stored("a", 1, { labels }))
    store.deleted(stored("a", 2, { labels }))

    const notified = store.applied(stored("a", 3, { labels }))

    assert.deepStrictEqual(text(notified), ["Applied a@3"])
  })

  it("ignores own writes to objects that are not selected", () => {
    const store = new Store(configMap, { app: "x" })

    write(store, stored("a", 3))

    assert.strictEqual(at(store), undefined)
  })

  it("drops what a list does not have, but keeps what we wrote after it", () => {
    const store = new Store(configMap)
    store.relisted([stored("a", 1), stored("b", 2)], version(3))
    store.begin("default/c")
    store.end("default/c", { _tag: "Stored", object: stored("c", 12), ours: true })

    const notified = store.relisted([stored("a", 5)], version(10))

    assert.deepStrictEqual(text(notified), ["Deleted b@2", "Applied a@5"])
    assert.deepStrictEqual(
      store.list({}).map(({ metadata }) => metadata.name),
      ["a", "c"]
    )
    assert.deepStrictEqual(text(store.relisted([stored("a", 5), stored("c", 12)], version(13))), [])
  })

  it("believes a server that went back in time", () => {
    const store = new Store(configMap)
    store.relisted([stored("a", 900), stored("b", 901)], version(1000))

    const notified = store.relisted([stored("a", 30)], version(40))

    assert.deepStrictEqual(text(notified), ["Deleted a@900", "Deleted b@901", "Applied a@30"])
    assert.deepStrictEqual(text(store.applied(stored("a", 41))), ["Applied a@41"])
  })

  it("lists by namespace and label, in order, also after labels changed", () => {
    const store = new Store(configMap)
    const labels = { app: "x" }
    store.applied(stored("b", 1, { labels }))
    store.applied(stored("a", 2, { labels, namespace: "other" }))
    store.applied(stored("c", 3, { labels }))
    const names = (selection: Parameters<Store["list"]>[0]) =>
      store.list(selection).map(({ metadata }) => metadata.name)

    const before = names({ labels })
    store.applied(stored("c", 4))
    store.applied(stored("d", 5, { labels }))

    assert.deepStrictEqual(before, ["b", "c", "a"])
    assert.deepStrictEqual(names({ labels }), ["b", "d", "a"])
    assert.deepStrictEqual(names({ labels, namespace: "default" }), ["b", "d"])
    assert.deepStrictEqual(names({ namespace: "default" }), ["b", "c", "d"])
    assert.deepStrictEqual(names({ namespace: "nowhere" }), [])
  })
})
