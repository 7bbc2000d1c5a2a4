// The expected matches and errors were recorded from kube-apiserver.
import { assert, describe, it } from "vitest"
import { ApiFailure } from "../../src/apiserver/Failure.ts"
import * as LabelSelector from "../../src/apiserver/LabelSelector.ts"

const objects = {
  none: {},
  b: { a: "b" },
  c5: { a: "c", n: "5" },
  n10: { n: "10" },
  nx: { n: "x" },
  empty: { a: "" },
  large: { n: "9223372036854775808" },
  n007: { n: "007" }
}

/** The names of the objects that a selector matches. */
const selected = (selector: string): string => {
  const requirements = LabelSelector.parse(selector)
  const matches = Object.entries(objects).filter(([, labels]) =>
    requirements.every((requirement) => requirement(labels))
  )
  return matches.map(([name]) => name).join(" ")
}

const errorOf = (selector: string): string => {
  try {
    LabelSelector.parse(selector)
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 400) return error.message
    throw error
  }
  return ""
}

const assertAll = (
  evaluate: (selector: string) => string,
  rows: { readonly [selector: string]: string },
  prefix = ""
): void => {
  const found = Object.fromEntries(Object.keys(rows).map((selector) => [selector, evaluate(selector)]))
  assert.deepStrictEqual(found, Object.fromEntries(Object.entries(rows).map(([key, text]) => [key, prefix + text])))
}

const VALUE = "a valid label must be an empty string or consist of alphanumeric characters"
const INTEGER = "for 'Gt', 'Lt' operators, the value must be an integer"

describe("A label selector", () => {
  it("tests existence and equality", () => {
    assertAll(selected, {
      "": "none b c5 n10 nx empty large n007",
      a: "b c5 empty",
      "!a": "none n10 nx large n007",
      "a=b": "b",
      "a==b": "b",
      "a!=b": "none c5 n10 nx empty large n007",
      "a=": "empty",
      "a!=": "none b c5 n10 nx large n007",
      "a,n": "c5",
      "a=b,n": ""
    })
  })

  it("tests set membership, where an absent label is in no set", () => {
    assertAll(selected, {
      "a in (b,c)": "b c5",
      "a in (b, b)": "b",
      "a notin (b)": "none c5 n10 nx empty large n007",
      "a in ()": "empty",
      "a in (,)": "empty",
      "a in (b,)": "b empty",
      "a in(c,b),n": "c5"
    })
  })

  it("compares 64-bit integers, and does not match other values", () => {
    assertAll(selected, {
      "n>5": "n10 n007",
      "n<6": "c5",
      "n > 4,n<11": "c5 n10 n007",
      "n>9223372036854775807": ""
    })
  })

  it("accepts operators as keys and values, and ignores white space", () => {
    assertAll(selected, {
      "in=x": "",
      "a in (in)": "",
      "\ta\n": "b c5 empty",
      "! a": "none n10 nx large n007",
      "a\0!": "b c5 empty"
    })
    assert.include(errorOf("\u00a0a"), `<nil>: Invalid value: "\\u00a0a": name part must consist of`)
  })

  it("fails with the unexpected token between requirements", () => {
    assertAll(
      errorOf,
      {
        "a,": "'', expected: identifier after ','",
        ",a": "',', expected: !, identifier, or 'end of string'",
        "(a)": "'(', expected: !, identifier, or 'end of string'",
        "a,,b": "',', expected: identifier after ','",
        "a,=b": "'=', expected: identifier after ','",
        "!a=b": "'=', expected: ',' or 'end of string'",
        "a=b=c": "'=', expected: ',' or 'end of string'",
        "a=b c": "'c', expected: ',' or 'end of string'"
      },
      "found "
    )
  })

  it("fails with the unexpected token inside of a requirement", () => {
    assertAll(
      errorOf,
      {
        "!": "'', expected: identifier",
        "!!a": "'!', expected: identifier",
        "a===b": "'=', expected: identifier",
        "n>=5": "'=', expected: identifier",
        "a b": "'b', expected: in, notin, =, ==, !=, gt, lt",
        "a gt 5": "'gt', expected: in, notin, =, ==, !=, gt, lt",
        "a in": "'' expected: '('",
        "a in b": "'b' expected: '('",
        "a in ((": "'(', expected: ',', ')' or identifier",
        "a in (b": "'', expected: ',' or ')'",
        "a in (b c)": "'c', expected: ',' or ')'"
      },
      "unable to parse requirement: found "
    )
  })

  it("fails on invalid integers and invalid label values, sorted by value", () => {
    assertAll(
      (selector) => errorOf(selector).split(", '-'")[0] ?? "",
      {
        "n>": `values[0]: Invalid value: "": ${INTEGER}`,
        "n>5.5": `values[0]: Invalid value: "5.5": ${INTEGER}`,
        "n<9223372036854775808": `values[0]: Invalid value: "9223372036854775808": ${INTEGER}`,
        "n>-4": `values[0][n]: Invalid value: "-4": ${VALUE}`,
        "a=-b": `values[0][a]: Invalid value: "-b": ${VALUE}`,
        "a in (c,-b)": `values[0][a]: Invalid value: "-b": ${VALUE}`,
        "a in (é,è)": `[values[0][a]: Invalid value: "è": ${VALUE}`
      },
      "unable to parse requirement: "
    )
    const long = "v".repeat(64)
    const why = `unable to parse requirement: values[0][a]: Invalid value: "${long}": must be no more than 63 bytes`
    assert.strictEqual(errorOf(`a=${long}`), why)
  })
})
