import { assert, describe, it } from "vitest"
import { ApiFailure } from "../../src/apiserver/Failure.ts"
import type { Json, JsonObject } from "../../src/apiserver/Json.ts"
import { at, objectsOf, stringsOf } from "../../src/apiserver/Json.ts"
import { builtIns } from "../../src/apiserver/Kinds.ts"
import * as Shape from "../../src/apiserver/Shape.ts"
import * as StrategicPatch from "../../src/apiserver/StrategicPatch.ts"

const pods = builtIns.find(({ kind }) => kind === "Pod")

/** A pod after patches, one after the other. */
const patched = (object: JsonObject, ...patches: ReadonlyArray<JsonObject>): JsonObject => {
  assert(pods !== undefined)
  const shape = Shape.ofKind(pods)
  return patches.reduce((before, patch) => StrategicPatch.apply(before, patch, shape), object)
}

const variable = (name: string, value: string) => ({ name, value })
const container = (more: JsonObject): JsonObject => ({ spec: { containers: [{ name: "main", ...more }] } })
const letters = container({ env: [variable("A", "1"), variable("B", "2"), variable("C", "3"), variable("D", "4")] })

const environmentOf = (object: JsonObject): string => {
  const [main] = objectsOf(at(object, "spec", "containers"))
  return objectsOf(main?.env)
    .map(({ name, value }) => `${name}${value}`)
    .join(" ")
}

const finalizers = (...names: ReadonlyArray<string>): JsonObject => ({ metadata: { finalizers: names } })
const finalizersOf = (object: JsonObject): ReadonlyArray<string> => stringsOf(at(object, "metadata", "finalizers"))

/** The code and the words that a patch is refused with. */
const refusal = (object: JsonObject, patch: JsonObject): string => {
  try {
    patched(object, patch)
    return "not refused"
  } catch (failure) {
    assert(failure instanceof ApiFailure)
    return `${failure.code} ${failure.message}`
  }
}

describe("A strategic patch of a list with keys", () => {
  it("puts what it names in its own order, and leaves the rest before what came after it", () => {
    const once = patched(letters, container({ env: [variable("D", "9"), variable("B", "8")] }))
    const twice = patched(once, container({ env: [variable("E", "5"), variable("C", "7")] }))

    assert.strictEqual(environmentOf(once), "A1 C3 D9 B8")
    assert.strictEqual(environmentOf(twice), "E5 A1 C7 D9 B8")
  })

  it("puts what an order names in that order, and changes only what it patches", () => {
    const names = ["A", "E", "B"].map((name) => ({ name }))
    const live = container({
      env: [variable("E", "5"), variable("A", "1"), variable("C", "7"), variable("D", "9"), variable("B", "8")]
    })

    const ordered = patched(live, container({ "$setElementOrder/env": names, env: [variable("B", "1")] }))

    assert.strictEqual(environmentOf(ordered), "A1 E5 C7 D9 B1")
  })

  it("is refused when it has items in another order than it asks for, without their key, or of another type", () => {
    const names = [{ name: "A" }, { name: "B" }]
    const swapped = container({ "$setElementOrder/env": names, env: [variable("B", "1"), variable("A", "1")] })
    const one = container({ env: [variable("A", "1")] })

    assert.strictEqual(
      refusal(letters, swapped),
      "500 The order in patch list:\n[map[name:B value:1] map[name:A value:1]]\n doesn't match $setElementOrder list:\n" +
        "[map[name:A] map[name:B]]\n"
    )
    assert.strictEqual(
      refusal(one, container({ env: [{ value: "1" }] })),
      "500 map: map[value:1] does not contain declared merge key: name"
    )
    assert.strictEqual(
      refusal(one, container({ env: ["x"] })),
      "500 list element types are not identical: [[map[name:A value:1]] [x]]"
    )
  })
})

describe("A strategic patch of a list of values", () => {
  it("puts what is new first, and leaves the rest before what came after it", () => {
    assert.deepStrictEqual(finalizersOf(patched(finalizers("a", "b", "c"), finalizers("d", "b"))), ["d", "a", "b", "c"])
  })

  it("takes values away, and orders those that stay", () => {
    const patch = { "$setElementOrder/finalizers": ["c", "a"], "$deleteFromPrimitiveList/finalizers": ["b"] }

    assert.deepStrictEqual(finalizersOf(patched(finalizers("a", "b", "c"), { metadata: patch })), ["c", "a"])
  })
})

describe("A directive of a strategic patch", () => {
  it("counts for nothing where there is nothing to patch", () => {
    const labels: ReadonlyArray<Json> = [{ $patch: "replace", a: "1" }, { $patch: "shout" }]

    for (const one of labels) assert.deepStrictEqual(patched({}, { metadata: { labels: one } }), { metadata: {} })
  })

  it("is refused where it is none that is known", () => {
    assert.strictEqual(
      refusal({ metadata: { labels: {} } }, { metadata: { labels: { $patch: "shout" } } }),
      "500 unknown patch type: shout in map: map[$patch:shout]"
    )
  })

  it("keeps no field but those it retains, and retains all that the patch has", () => {
    const volumes = (volume: JsonObject): JsonObject => ({ spec: { volumes: [{ name: "v", ...volume }] } })
    const live = volumes({ emptyDir: {} })
    const configMap = { name: "c" }

    assert.deepStrictEqual(
      patched(live, volumes({ $retainKeys: ["name", "configMap"], configMap })),
      volumes({ configMap })
    )
    assert.strictEqual(
      refusal(live, volumes({ $retainKeys: ["name"], configMap })),
      "400 invalid patch format of retainKeys"
    )
  })
})
