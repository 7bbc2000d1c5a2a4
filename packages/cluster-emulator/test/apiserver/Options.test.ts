// Every refusal was asked of a kube-apiserver.
import { assert, describe, it } from "vitest"
import { ApiFailure } from "../../src/apiserver/Failure.ts"
import * as Options from "../../src/apiserver/Options.ts"
import type { Verb } from "../../src/apiserver/Request.ts"

const place = { group: "", version: "v1", plural: "configmaps", namespace: "default", name: "a", user: "somebody" }

/** What a write with such parameters is refused with. */
const refusal = (query: { readonly [name: string]: string }, verb: Verb = "create") => {
  try {
    Options.check({ ...place, verb, query })
    return undefined
  } catch (error) {
    if (error instanceof ApiFailure) return [error.code, error.message]
    throw error
  }
}

const invalid = (why: string) => [422, `CreateOptions.meta.k8s.io "" is invalid: ${why}`]

const manager = (fieldManager: string) => refusal({ fieldManager })

describe("The parameters of a write", () => {
  it("name a time that is a duration of Go", () => {
    const good = ["", "0", "+0", "1s", "-1s", "1h2m3.5s", ".5s", "5.s", "1µs", "1h1h", "9223372036854775807ns"]
    assert.deepStrictEqual(
      good.filter((timeout) => refusal({ timeout }) !== undefined),
      []
    )
    const bad = {
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
    for (const [timeout, why] of Object.entries(bad)) {
      const expected = [400, `invalid timeout specified in the request URL - time: ${why}`]
      assert.deepStrictEqual([refusal({ timeout }), refusal({ timeout }, "get")], [expected, expected])
    }
  })

  it("name a manager of at most 128 bytes that can be seen", () => {
    const good = ["", "a b", "x".repeat(128), "é".repeat(64), "\u{1f600}"]
    assert.deepStrictEqual(
      good.filter((name) => manager(name) !== undefined),
      []
    )
    const long = invalid("fieldManager: Too long: may not be more than 128 bytes")
    assert.deepStrictEqual([manager("x".repeat(129)), manager("é".repeat(65))], [long, long])
    const odd = (shown: string, code: string, at: number) =>
      `fieldManager: Invalid value: ${shown}: invalid character U+${code} (at position ${at})`
    assert.deepStrictEqual(manager("é\u00a0"), invalid(odd('"é\\u00a0"', "00A0", 2)))
    assert.deepStrictEqual(manager("a\nb"), invalid(odd('"a\\nb"', "000A", 1)))
    assert.deepStrictEqual(manager("\u{e0001}"), invalid(odd('"\\U000e0001"', "E0001", 0)))
    const both = [odd('"\\u2028\\x01"', "2028", 0), odd('"\\u2028\\x01"', "0001", 3)]
    assert.deepStrictEqual(manager("\u2028\u0001"), invalid(`[${both.join(", ")}]`))
  })

  it("try a write in every stage or not at all, and look at its fields in one of three ways", () => {
    const good = [
      { dryRun: "All" },
      ...["", "Ignore", "Strict", "Warn"].map((fieldValidation) => ({ fieldValidation }))
    ]
    assert.deepStrictEqual(
      good.filter((query) => refusal(query) !== undefined),
      []
    )
    const dryRun = (value: string) => invalid(`dryRun: Unsupported value: ["${value}"]: supported values: "All"`)
    const stages = ["", "all", "All,All"]
    assert.deepStrictEqual(
      stages.map((value) => refusal({ dryRun: value })),
      stages.map(dryRun)
    )
    assert.deepStrictEqual(
      refusal({ fieldValidation: "strict" }),
      invalid('fieldValidation: Unsupported value: "strict": supported values: "", "Ignore", "Strict", "Warn"')
    )
  })

  it("are told with all their mistakes, under the name of the verb's options; a time that is none comes first", () => {
    const query = { fieldManager: "\u0001", dryRun: "x" }
    const causes =
      '[fieldManager: Invalid value: "\\x01": invalid character U+0001 (at position 0), ' +
      'dryRun: Unsupported value: ["x"]: supported values: "All"]'
    for (const [verb, kind] of [
      ["create", "CreateOptions"],
      ["update", "UpdateOptions"],
      ["patch", "PatchOptions"]
    ] as const) {
      assert.deepStrictEqual(refusal(query, verb), [422, `${kind}.meta.k8s.io "" is invalid: ${causes}`])
    }
    assert.strictEqual(refusal({ ...query, timeout: "x" })?.[0], 400)
    assert.isUndefined(refusal(query, "get"))
  })

  it("are on when they are there, but for false and 0; numbers are whole, and have 64 bits", () => {
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
