import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { type News, Shelf } from "../src/Shelf.ts"
import { configMap, stored, version } from "./world/Objects.ts"

const NAME = "default/a"

const text = (news: ReadonlyArray<News>) =>
  news.map(({ object, type }) => `${type} ${object.metadata.name}@${object.metadata.resourceVersion}`)

const at = (shelf: Shelf) => shelf.get("default", "a")?.metadata.resourceVersion

const write = (shelf: Shelf, object: ObjectMeta.KubernetesObject, ours = true) => {
  shelf.begin(NAME)
  return shelf.end(NAME, { _tag: "Stored", object, ours })
}

const remove = (shelf: Shelf) => {
  shelf.begin(NAME)
  return shelf.end(NAME, { _tag: "Gone", uid: "uid-a" })
}

describe("Shelf", () => {
  it("tells an own write once, when its answer is there, and takes its echo for no news", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))

    const told = write(shelf, stored("a", 5))

    assert.strictEqual(at(shelf), "5")
    assert.deepStrictEqual(text(told), ["Applied a@5"])
    assert.deepStrictEqual(text(shelf.applied(stored("a", 5))), [])
  })

  it("tells an own write once when its echo overtakes the answer", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))

    shelf.begin(NAME)
    const early = shelf.applied(stored("a", 5))
    const told = shelf.end(NAME, { _tag: "Stored", object: stored("a", 5), ours: true })

    assert.deepStrictEqual([text(early), text(told)], [[], ["Applied a@5"]])
  })

  it("knows an own write that began before it was made, and takes its echo for no news", () => {
    const shelf = new Shelf(configMap)

    const told = shelf.end(NAME, { _tag: "Stored", object: stored("a", 5), ours: true })
    shelf.relisted([], version(4))

    assert.deepStrictEqual([at(shelf), text(told)], ["5", ["Applied a@5"]])
    assert.deepStrictEqual(text(shelf.applied(stored("a", 5))), [])
  })

  it("tells what others wrote during an own write once that is back", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))

    shelf.begin(NAME)
    const early = shelf.applied(stored("a", 4))
    const told = shelf.end(NAME, undefined)

    assert.deepStrictEqual([text(early), text(told)], [[], ["Applied a@4"]])
  })

  it("ignores an older event, but tells that someone else wrote it", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))
    write(shelf, stored("a", 9), false)

    const told = shelf.applied(stored("a", 8))

    assert.strictEqual(at(shelf), "9")
    assert.deepStrictEqual(text(told), ["Applied a@9"])
    assert.deepStrictEqual(text(shelf.applied(stored("a", 8))), [])
  })

  it("tells the echo of an unconditional write, which may hold what others wrote", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))

    write(shelf, stored("a", 9), false)

    assert.deepStrictEqual(text(shelf.applied(stored("a", 9))), ["Applied a@9"])
  })

  it("does not bring back what was deleted, by a watch or by us", () => {
    const watched = new Shelf(configMap)
    watched.applied(stored("a", 1))
    watched.deleted(stored("a", 7))
    const ours = new Shelf(configMap)
    ours.applied(stored("a", 1))
    remove(ours)

    write(watched, stored("a", 6))
    const late = [...watched.applied(stored("a", 5)), ...ours.applied(stored("a", 5)), ...ours.deleted(stored("a", 6))]

    assert.deepStrictEqual([at(watched), at(ours), text(late)], [undefined, undefined, []])
  })

  it("lets another object take the name, and none take it back", () => {
    const shelf = new Shelf(configMap)
    shelf.applied(stored("a", 1))

    write(shelf, stored("a", 9, { uid: "second" }))
    const told = shelf.deleted(stored("a", 8))

    assert.deepStrictEqual([at(shelf), text(told)], ["9", []])
    assert.deepStrictEqual(text(shelf.applied(stored("a", 7))), [])
    assert.strictEqual(at(shelf), "9")
  })

  it("lets an object come back that had left the selection", () => {
    const shelf = new Shelf(configMap, { app: "x" })
    const labels = { app: "x" }
    shelf.applied(stored("a", 1, { labels }))
    shelf.deleted(stored("a", 2, { labels }))

    const told = shelf.applied(stored("a", 3, { labels }))

    assert.deepStrictEqual(text(told), ["Applied a@3"])
  })

  it("ignores own writes to objects that are not selected", () => {
    const shelf = new Shelf(configMap, { app: "x" })

    write(shelf, stored("a", 3))

    assert.strictEqual(at(shelf), undefined)
  })

  it("drops what a list does not have, but keeps what we wrote after it", () => {
    const shelf = new Shelf(configMap)
    shelf.relisted([stored("a", 1), stored("b", 2)], version(3))
    shelf.begin("default/c")
    shelf.end("default/c", { _tag: "Stored", object: stored("c", 12), ours: true })

    const told = shelf.relisted([stored("a", 5)], version(10))

    assert.deepStrictEqual(text(told), ["Deleted b@2", "Applied a@5"])
    assert.deepStrictEqual(
      shelf.list({}).map(({ metadata }) => metadata.name),
      ["a", "c"]
    )
    assert.deepStrictEqual(text(shelf.relisted([stored("a", 5), stored("c", 12)], version(13))), [])
  })

  it("believes a server that went back in time", () => {
    const shelf = new Shelf(configMap)
    shelf.relisted([stored("a", 900), stored("b", 901)], version(1000))

    const told = shelf.relisted([stored("a", 30)], version(40))

    assert.deepStrictEqual(text(told), ["Deleted a@900", "Deleted b@901", "Applied a@30"])
    assert.deepStrictEqual(text(shelf.applied(stored("a", 41))), ["Applied a@41"])
  })

  it("lists by namespace and label, in order, also after labels changed", () => {
    const shelf = new Shelf(configMap)
    const labels = { app: "x" }
    shelf.applied(stored("b", 1, { labels }))
    shelf.applied(stored("a", 2, { labels, namespace: "other" }))
    shelf.applied(stored("c", 3, { labels }))
    const names = (selection: Parameters<Shelf["list"]>[0]) =>
      shelf.list(selection).map(({ metadata }) => metadata.name)

    const before = names({ labels })
    shelf.applied(stored("c", 4))
    shelf.applied(stored("d", 5, { labels }))

    assert.deepStrictEqual(before, ["b", "c", "a"])
    assert.deepStrictEqual(names({ labels }), ["b", "d", "a"])
    assert.deepStrictEqual(names({ labels, namespace: "default" }), ["b", "d"])
    assert.deepStrictEqual(names({ namespace: "default" }), ["b", "c", "d"])
    assert.deepStrictEqual(names({ namespace: "nowhere" }), [])
  })
})
