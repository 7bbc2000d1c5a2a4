import { assert, describe, it } from "@effect/vitest"
import type { Json, Step } from "../cases/Scenario.ts"
import { Equivalence } from "../recorder/Equivalence.ts"
import * as Nondeterminism from "../recorder/Nondeterminism.ts"

const step: Step = { method: "POST", path: "/" }

/** A rejection of an object, with a cause for each field, in order. */
const rejection = (group: string, name: string, fields: ReadonlyArray<string>, reason = "Invalid") => ({
  code: 422,
  type: "application/json",
  body: {
    reason,
    message: `Widget.${group} "${name}" is invalid: [${fields.map((field) => `${field}: Required value`).join(", ")}]`,
    details: { group, name, causes: fields.map((field) => ({ reason: "R", message: "Required value", field })) }
  }
})

const withMessage = (message: string): Json =>
  Nondeterminism.remove({ code: 400, type: "", body: { message, details: {} } }, step)

describe("two responses are equivalent", () => {
  it("if schema errors or conflicting managers have another order, but not the errors of a built-in kind", () => {
    const areEquivalent = (
      group: string,
      left: ReadonlyArray<string>,
      right: ReadonlyArray<string>,
      reason?: string
    ) => {
      const of = (fields: ReadonlyArray<string>) => Nondeterminism.remove(rejection(group, "a", fields, reason), step)
      return new Equivalence().compare(of(left), of(right))
    }
    assert.isTrue(areEquivalent("example.dev", ["x", "y"], ["y", "x"]))
    assert.isFalse(areEquivalent("example.dev", ["x", "y"], ["x", "z"]))
    assert.isFalse(areEquivalent("example.dev", ["x", "y"], ["x"]))
    assert.isFalse(areEquivalent("apps", ["x", "y"], ["y", "x"]))
    assert.isTrue(areEquivalent("apps", ["x", "y"], ["y", "x"], "Conflict"))
  })

  it("if the generated name of the rejected object differs", () => {
    const areEquivalent = (generateName: string) => {
      const of = (name: string): Json =>
        Nondeterminism.remove(rejection("apps", name, ["x"]), { ...step, body: { metadata: { generateName } } })
      return new Equivalence().compare(of("Up-abcde"), of("Up-fghij"))
    }
    assert.isTrue(areEquivalent("Up-"))
    assert.isFalse(areEquivalent("U"))
  })

  it("if objects quoted in messages list their managers in another order", () => {
    const of = (...managers: ReadonlyArray<string>): Json => {
      const object = { metadata: { managedFields: managers.map((manager) => ({ manager })) } }
      return withMessage(`invalid: ${JSON.stringify(JSON.stringify(object))}: no "{such} kind"`)
    }
    assert.isTrue(new Equivalence().compare(of("a", "b"), of("b", "a")))
    assert.isFalse(new Equivalence().compare(of("a", "b"), of("b", "c")))
  })

  it("if the versions of objects quoted in messages correspond one to one", () => {
    const quoted = (version: number) => withMessage(`invalid: {"metadata":{"resourceVersion":"${version}"}}`)
    const escaped = (version: number) => withMessage(`invalid: "{\\"resourceVersion\\":\\"${version}\\"}"`)
    const equivalence = new Equivalence()
    assert.isTrue(equivalence.compare(quoted(12), quoted(340)))
    assert.isTrue(equivalence.compare(escaped(12), escaped(340)))
    assert.isFalse(equivalence.compare(quoted(12), quoted(341)))
    assert.isFalse(equivalence.compare(quoted(13), quoted(340)))
    assert.isFalse(equivalence.compare(withMessage("12"), withMessage("340")))
  })
})
