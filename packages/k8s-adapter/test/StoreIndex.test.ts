import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import * as StoreIndex from "../src/cache/StoreIndex.ts"
import { stored, version } from "./fixtures/Objects.ts"

const labels = { app: "x" }

/** An object without a namespace. */
const clusterScoped = (
  name: string,
  at: number,
  labels?: Readonly<Record<string, string>>
): ObjectMeta.KubernetesObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, uid: `uid-${name}`, resourceVersion: version(at), ...(labels === undefined ? {} : { labels }) }
})

const names = (index: StoreIndex.StoreIndex, selection: StoreIndex.Selection = {}) =>
  index.list(selection).map(({ metadata }) => metadata.name)

describe("StoreIndex", () => {
  it("lists by a label what has it at the time of the list", () => {
    const index = StoreIndex.make()
    for (const name of ["a", "b", "c"]) index.put(stored(name, 1, { labels }))
    index.put(stored("d", 1))
    assert.deepStrictEqual(names(index, { labels }), ["a", "b", "c"])

    index.put(stored("a", 2, { labels: { app: "y" } }))
    index.put(stored("b", 2))
    index.remove(stored("c", 1, { labels }))
    index.put(stored("d", 2))
    index.put(stored("e", 1, { labels }))

    assert.deepStrictEqual(names(index, { labels }), ["e"])
    assert.deepStrictEqual(names(index, { labels: { app: "y" } }), ["a"])
    assert.deepStrictEqual(names(index, { labels: { app: "z" } }), [])
  })

  it("lists by the presence of a label, alone or with the value of another", () => {
    const index = StoreIndex.make()
    index.put(stored("a", 1, { labels: { app: "x", tier: "1" } }))
    index.put(stored("b", 1, { labels: { app: "y", tier: "2" } }))
    index.put(stored("c", 1, { labels }))

    assert.deepStrictEqual(names(index, { labels: { tier: true } }), ["a", "b"])
    assert.deepStrictEqual(names(index, { labels: { tier: true, app: "x" } }), ["a"])
  })

  it("keeps objects without a namespace, in order of their names", () => {
    const index = StoreIndex.make()
    index.put(clusterScoped("b", 1, labels))
    index.put(clusterScoped("c", 1, labels))
    index.put(clusterScoped("a", 1, labels))
    assert.deepStrictEqual(names(index), ["a", "b", "c"])
    assert.deepStrictEqual(names(index, { namespace: "" }), ["a", "b", "c"])
    assert.deepStrictEqual(names(index, { labels }), ["a", "b", "c"])

    index.put(clusterScoped("b", 2))
    index.remove(clusterScoped("c", 1, labels))

    assert.strictEqual(index.get("", "b")?.metadata.resourceVersion, "2")
    assert.isUndefined(index.get("", "c"))
    assert.deepStrictEqual(names(index), ["a", "b"])
    assert.deepStrictEqual(names(index, { labels }), ["a"])
  })

  it.each([
    ["a namespace", stored("a", 1), stored("a", 2)],
    ["no namespace", clusterScoped("a", 1), clusterScoped("a", 2)]
  ])("reports every change of an object with %s, with the state before", (_, first, second) => {
    const changes: Array<ReadonlyArray<string | undefined>> = []
    const index = StoreIndex.make((object, previous) => {
      changes.push([object?.metadata.resourceVersion, previous?.metadata.resourceVersion])
    })
    index.put(first)
    index.put(second)
    index.remove(second)

    assert.deepStrictEqual(changes, [
      ["1", undefined],
      ["2", "1"],
      [undefined, "2"]
    ])
  })
})
