import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Condition from "../src/model/Condition.ts"
import * as Toy from "./toy.ts"

const noon = DateTime.makeUnsafe("2026-01-01T12:00:00.500Z")
const later = DateTime.makeUnsafe("2026-01-01T13:00:00Z")
const condition = (status: "True" | "False", message = "m"): Condition.ConditionUpdate => ({
  type: "Ready",
  status,
  reason: "R",
  message
})

describe("Condition", () => {
  it("writes times in whole seconds, as Kubernetes does", () => {
    assert.strictEqual(Condition.timestamp(noon), "2026-01-01T12:00:00Z")
  })

  it("INV-7: moves the transition time only when the status flips", () => {
    const first = Condition.set({}, [condition("True")], noon, 1)
    const same = Condition.set(first, [condition("True", "another")], later, 2)
    const flipped = Condition.set(same, [condition("False")], later, 2)
    assert.deepInclude(Condition.find(same, "Ready"), {
      message: "another",
      observedGeneration: 2,
      lastTransitionTime: "2026-01-01T12:00:00Z"
    })
    assert.strictEqual(Condition.find(flipped, "Ready")?.lastTransitionTime, "2026-01-01T13:00:00Z")
  })

  it("keeps other conditions, and the order of all", () => {
    const other = { ...condition("True"), type: "Other" }
    const status = Condition.set(Condition.set({}, [other, condition("True")], noon, 1), [condition("False")], later, 1)
    assert.deepStrictEqual(
      Condition.all(status).map(({ type }) => type),
      ["Other", "Ready"]
    )
  })

  it("INV-13: keeps a condition that does not decode, and reads the others", () => {
    const theirs = { type: "Theirs", status: "Perhaps" }
    const before = { conditions: [theirs, ...Condition.all(Condition.set({}, [condition("True")], noon, 1))] }
    const { conditions, phase } = Condition.set({ ...Toy.status(before), phase: "x" }, [condition("True")], later, 1)
    assert.deepStrictEqual<unknown>([conditions, phase], [before.conditions, "x"])
    assert.deepStrictEqual<unknown>(Condition.all(Toy.status(before)), before.conditions.slice(1))
  })

  it("repairs a condition that does not decode, and keeps its unknown fields", () => {
    const status = { conditions: ["?", { type: "Ready", status: "True", colour: "red" }] }
    const { lastTransitionTime, ...rest } =
      Condition.find(Condition.set(status, [condition("True")], later, 1), "Ready") ?? {}
    assert.strictEqual(lastTransitionTime, "2026-01-01T13:00:00Z")
    assert.deepStrictEqual<unknown>(rest, { ...condition("True"), colour: "red", observedGeneration: 1 })
  })

  it("leaves a status without conditions as it is", () => {
    assert.deepStrictEqual(Condition.set({ phase: "x" }, [], noon, 1), { phase: "x" })
    assert.deepStrictEqual(Condition.all({ conditions: "none" }), [])
  })

  it("is true when its status is True", () => {
    const isTrue = (status: "True" | "False") =>
      Condition.isTrue(Condition.set({}, [condition(status)], noon, 1), "Ready")
    assert.deepStrictEqual([isTrue("True"), isTrue("False"), Condition.isTrue({}, "Ready")], [true, false, false])
  })
})
