// The expected errors were recorded from kube-apiserver.
import { assert, describe, it } from "vitest"
import { ApiFailure } from "../../src/apiserver/Failure.ts"
import * as Options from "../../src/apiserver/Options.ts"
import type { Verb } from "../../src/apiserver/Request.ts"

const configMap = { group: "", version: "v1", plural: "configmaps", namespace: "default", name: "a", user: "test-user" }

/** The code and message of the failure for query parameters; `undefined` when they are valid. */
const failure = (query: { readonly [name: string]: string }, verb: Verb = "create") => {
  try {
    Options.check({ ...configMap, verb, query })
    return undefined
  } catch (error) {
    if (error instanceof ApiFailure) return [error.code, error.message]
    throw error
  }
}

const invalid = (why: string) => [422, `CreateOptions.meta.k8s.io "" is invalid: ${why}`]

const manager = (fieldManager: string) => failure({ fieldManager })

describe("Options of a write", () => {
  it("timeout must be a Go duration", () => {
    const valid = ["", "0", "+0", "1s", "-1s", "1h2m3.5s", ".5s", "5.s", "1µs", "1h1h", "9223372036854775807ns"]
    assert.deepStrictEqual(
      valid.filter((timeout) => failure({ timeout }) !== undefined),
      []
    )
    const errors = {
      "1": `missing unit in duration "1"`,
      "00": `missing unit in duration "00"`,
      "1ns2": `missing unit in duration "1ns2"`,
      "1.2.3s": `missing unit in duration "1.2.3s"`,
      "1d": `unknown unit "d" in duration "1d"`,
      "1 s": `unknown unit " s" in duration "1 s"`,
      s: `invalid duration "s"`,
      "-": `invalid duration "-"`,
      ".s": `invalid duration ".s"`,
      é: `invalid duration "\\xc3\\xa9"`,
      '"': `invalid duration "\\""`,
      "9223372036854775808ns": `invalid duration "9223372036854775808ns"`
    }
    for (const [timeout, why] of Object.entries(errors)) {
      const expected = [400, `invalid timeout specified in the request URL - time: ${why}`]
      assert.deepStrictEqual([failure({ timeout }), failure({ timeout }, "get")], [expected, expected])
    }
  })

  it("fieldManager must have at most 128 bytes, all printable", () => {
    const valid = ["", "a b", "x".repeat(128), "é".repeat(64), "\u{1f600}"]
    assert.deepStrictEqual(
      valid.filter((name) => manager(name) !== undefined),
      []
    )
    const tooLong = invalid("fieldManager: Too long: may not be more than 128 bytes")
    assert.deepStrictEqual([manager("x".repeat(129)), manager("é".repeat(65))], [tooLong, tooLong])
    const unprintable = (quoted: string, code: string, at: number) =>
      `fieldManager: Invalid value: ${quoted}: invalid character U+${code} (at position ${at})`
    assert.deepStrictEqual(manager("é\u00a0"), invalid(unprintable('"é\\u00a0"', "00A0", 2)))
    assert.deepStrictEqual(manager("a\nb"), invalid(unprintable('"a\\nb"', "000A", 1)))
    assert.deepStrictEqual(manager("\u{e0001}"), invalid(unprintable('"\\U000e0001"', "E0001", 0)))
    const both = [unprintable('"\\u2028\\x01"', "2028", 0), unprintable('"\\u2028\\x01"', "0001", 3)]
    assert.deepStrictEqual(manager("\u2028\u0001"), invalid(`[${both.join(", ")}]`))
  })

  it("dryRun must be All, fieldValidation one of Ignore, Strict and Warn", () => {
    const valid = [
      { dryRun: "All" },
      ...["", "Ignore", "Strict", "Warn"].map((fieldValidation) => ({ fieldValidation }))
    ]
    assert.deepStrictEqual(
      valid.filter((query) => failure(query) !== undefined),
      []
    )
    const dryRun = (value: string) => invalid(`dryRun: Unsupported value: ["${value}"]: supported values: "All"`)
    const invalidValues = ["", "all", "All,All"]
    assert.deepStrictEqual(
      invalidValues.map((value) => failure({ dryRun: value })),
      invalidValues.map(dryRun)
    )
    assert.deepStrictEqual(
      failure({ fieldValidation: "strict" }),
      invalid('fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"')
    )
  })

  it("all errors are reported in the options kind of the verb, unless the timeout is invalid", () => {
    const query = { fieldManager: "\u0001", dryRun: "x" }
    const causes =
      '[fieldManager: Invalid value: "\\x01": invalid character U+0001 (at position 0), ' +
      'dryRun: Unsupported value: ["x"]: supported values: "All"]'
    for (const [verb, kind] of [
      ["create", "CreateOptions"],
      ["update", "UpdateOptions"],
      ["patch", "PatchOptions"]
    ] as const) {
      assert.deepStrictEqual(failure(query, verb), [422, `${kind}.meta.k8s.io "" is invalid: ${causes}`])
    }
    assert.strictEqual(failure({ ...query, timeout: "x" })?.[0], 400)
    assert.isUndefined(failure(query, "get"))
  })

  it("booleans are true when present, except false and 0; integers have 64 bits", () => {
    assert.deepStrictEqual([undefined, "false", "False", "0", "", "true", "1", "no"].map(Options.isOn), [
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true
    ])
    assert.deepStrictEqual(["7", "+1", "-1"].map(Options.integerOf), [7, 1, -1])
    assert.throws(() => Options.integerOf("9223372036854775808"), "value out of range")
    assert.throws(() => Options.integerOf("é"), 'strconv.ParseInt: parsing "é": invalid syntax')
  })
})
