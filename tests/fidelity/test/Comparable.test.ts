import { assert, describe, it } from "@effect/vitest"
import type { Json, Step } from "../cases/Scenario.ts"
import { Alike } from "../recorder/Alike.ts"
import * as Comparable from "../recorder/Comparable.ts"

const step: Step = { method: "POST", path: "/" }

/** A refusal of an object of some group, for causes in an order. */
const refusal = (group: string, name: string, fields: ReadonlyArray<string>, reason = "Invalid") => ({
  code: 422,
  type: "application/json",
  body: {
    reason,
    message: `Widget.${group} "${name}" is invalid: [${fields.map((field) => `${field}: Required value`).join(", ")}]`,
    details: { group, name, causes: fields.map((field) => ({ reason: "R", message: "Required value", field })) }
  }
})

const said = (message: string): Json => Comparable.of({ code: 400, type: "", body: { message, details: {} } }, step)

describe("two answers are the same", () => {
  it("when a schema's mistakes or managers in conflict come in another order, but not those of a built-in kind", () => {
    const alike = (group: string, left: ReadonlyArray<string>, right: ReadonlyArray<string>, reason?: string) => {
      const of = (fields: ReadonlyArray<string>) => Comparable.of(refusal(group, "a", fields, reason), step)
      return new Alike().compare(of(left), of(right))
    }
    assert.isTrue(alike("example.dev", ["x", "y"], ["y", "x"]))
    assert.isFalse(alike("example.dev", ["x", "y"], ["x", "z"]))
    assert.isFalse(alike("example.dev", ["x", "y"], ["x"]))
    assert.isFalse(alike("apps", ["x", "y"], ["y", "x"]))
    assert.isTrue(alike("apps", ["x", "y"], ["y", "x"], "Conflict"))
  })

  it("when another name was drawn for what they refuse", () => {
    const alike = (generateName: string) => {
      const of = (name: string): Json =>
        Comparable.of(refusal("apps", name, ["x"]), { ...step, body: { metadata: { generateName } } })
      return new Alike().compare(of("Up-abcde"), of("Up-fghij"))
    }
    assert.isTrue(alike("Up-"))
    assert.isFalse(alike("U"))
  })

  it("when the objects that they quote list their managers in another order", () => {
    const of = (...managers: ReadonlyArray<string>): Json => {
      const object = { metadata: { managedFields: managers.map((manager) => ({ manager })) } }
      return said(`invalid: ${JSON.stringify(JSON.stringify(object))}: no "{such} kind"`)
    }
    assert.isTrue(new Alike().compare(of("a", "b"), of("b", "a")))
    assert.isFalse(new Alike().compare(of("a", "b"), of("b", "c")))
  })

  it("when the objects that they quote have versions of their own, the same throughout", () => {
    const quoted = (version: number) => said(`invalid: {"metadata":{"resourceVersion":"${version}"}}`)
    const escaped = (version: number) => said(`invalid: "{\\"resourceVersion\\":\\"${version}\\"}"`)
    const alike = new Alike()
    assert.isTrue(alike.compare(quoted(12), quoted(340)))
    assert.isTrue(alike.compare(escaped(12), escaped(340)))
    assert.isFalse(alike.compare(quoted(12), quoted(341)))
    assert.isFalse(alike.compare(quoted(13), quoted(340)))
    assert.isFalse(alike.compare(said("12"), said("340")))
  })
})
