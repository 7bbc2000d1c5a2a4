import { assert, describe, it } from "vitest"
import { ApiFailure } from "../../src/apiserver/Failure.ts"
import type { Json, JsonObject } from "../../src/apiserver/Json.ts"
import { at, objectsOf, stringsOf } from "../../src/apiserver/Json.ts"
import { builtIns } from "../../src/apiserver/Kinds.ts"
import * as Shape from "../../src/apiserver/Shape.ts"
import * as StrategicPatch from "../../src/apiserver/StrategicPatch.ts"

const pods = builtIns.find(({ kind }) => kind === "Pod")

/** Applies strategic merge patches to a pod in sequence. */
const patched = (object: JsonObject, ...patches: ReadonlyArray<JsonObject>): JsonObject => {
  assert(pods !== undefined)
  const shape = Shape.ofKind(pods)
  return patches.reduce((before, patch) => StrategicPatch.apply(before, patch, shape), object)
}

const variable = (name: string, value: string) => ({ name, value })
const container = (fields: JsonObject): JsonObject => ({ spec: { containers: [{ name: "main", ...fields }] } })
const fourVariables = container({
  env: [variable("A", "1"), variable("B", "2"), variable("C", "3"), variable("D", "4")]
})

const environmentOf = (object: JsonObject): string => {
  const [main] = objectsOf(at(object, "spec", "containers"))
  return objectsOf(main?.env)
    .map(({ name, value }) => `${name}${value}`)
    .join(" ")
}

const finalizers = (...names: ReadonlyArray<string>): JsonObject => ({ metadata: { finalizers: names } })
const finalizersOf = (object: JsonObject): ReadonlyArray<string> => stringsOf(at(object, "metadata", "finalizers"))

/** The code and message of a failing patch. */
const failureOf = (object: JsonObject, patch: JsonObject): string => {
  try {
    patched(object, patch)
    return "no failure"
  } catch (failure) {
    assert(failure instanceof ApiFailure)
    return `${failure.code} ${failure.message}`
  }
}

describe("A strategic merge patch of a list with a merge key", () => {
  it("sorts items by the patch, and keeps other items before their live successors", () => {
    const once = patched(fourVariables, container({ env: [variable("D", "9"), variable("B", "8")] }))
    const twice = patched(once, container({ env: [variable("E", "5"), variable("C", "7")] }))

    assert.strictEqual(environmentOf(once), "A1 C3 D9 B8")
    assert.strictEqual(environmentOf(twice), "E5 A1 C7 D9 B8")
  })

  it("sorts items by $setElementOrder, and changes only patched items", () => {
    const names = ["A", "E", "B"].map((name) => ({ name }))
    const live = container({
      env: [variable("E", "5"), variable("A", "1"), variable("C", "7"), variable("D", "9"), variable("B", "8")]
    })

    const ordered = patched(live, container({ "$setElementOrder/env": names, env: [variable("B", "1")] }))

    assert.strictEqual(environmentOf(ordered), "A1 E5 C7 D9 B1")
  })

  it("fails when its items are not in $setElementOrder, have no merge key, or are of another type", () => {
    const names = [{ name: "A" }, { name: "B" }]
    const swapped = container({ "$setElementOrder/env": names, env: [variable("B", "1"), variable("A", "1")] })
    const one = container({ env: [variable("A", "1")] })

    assert.strictEqual(
      failureOf(fourVariables, swapped),
      "500 The order in patch list:\n[map[name:B value:1] map[name:A value:1]]\n doesn't match $setElementOrder list:\n" +
        "[map[name:A] map[name:B]]\n"
    )
    assert.strictEqual(
      failureOf(one, container({ env: [{ value: "1" }] })),
      "500 map: map[value:1] does not contain declared merge key: name"
    )
    assert.strictEqual(
      failureOf(one, container({ env: ["x"] })),
      "500 list element types are not identical: [[map[name:A value:1]] [x]]"
    )
  })
})

describe("A strategic merge patch of a list of scalars", () => {
  it("sorts items by the patch, and keeps other items before their live successors", () => {
    assert.deepStrictEqual(finalizersOf(patched(finalizers("a", "b", "c"), finalizers("d", "b"))), ["d", "a", "b", "c"])
  })

  it("deletes items with $deleteFromPrimitiveList and sorts the others with $setElementOrder", () => {
    const patch = { "$setElementOrder/finalizers": ["c", "a"], "$deleteFromPrimitiveList/finalizers": ["b"] }

    assert.deepStrictEqual(finalizersOf(patched(finalizers("a", "b", "c"), { metadata: patch })), ["c", "a"])
  })
})

describe("A directive of a strategic merge patch", () => {
  it("is ignored when there is no value to merge with", () => {
    const labels: ReadonlyArray<Json> = [{ $patch: "replace", a: "1" }, { $patch: "shout" }]

    for (const one of labels) assert.deepStrictEqual(patched({}, { metadata: { labels: one } }), { metadata: {} })
  })

  it("fails when $patch is unknown", () => {
    assert.strictEqual(
      failureOf({ metadata: { labels: {} } }, { metadata: { labels: { $patch: "shout" } } }),
      "500 unknown patch type: shout in map: map[$patch:shout]"
    )
  })

  it("$retainKeys drops all other fields, and must contain every field of the patch", () => {
    const volumes = (volume: JsonObject): JsonObject => ({ spec: { volumes: [{ name: "v", ...volume }] } })
    const live = volumes({ emptyDir: {} })
    const configMap = { name: "c" }

    assert.deepStrictEqual(
      patched(live, volumes({ $retainKeys: ["name", "configMap"], configMap })),
      volumes({ configMap })
    )
    assert.strictEqual(
      failureOf(live, volumes({ $retainKeys: ["name"], configMap })),
      "400 invalid patch format of retainKeys"
    )
  })
})
