// The expected errors were recorded from kube-apiserver.
import { assert, describe, it } from "vitest"
import * as GoDecoder from "../../src/apiserver/GoDecoder.ts"
import * as GoJson from "../../src/apiserver/GoJson.ts"
import * as GoText from "../../src/apiserver/GoText.ts"

const syntaxError = (text: string) => GoJson.syntaxError(Buffer.from(text))

const assertErrors = (rows: { readonly [text: string]: string }, prefix = ""): void => {
  const found = Object.fromEntries(Object.keys(rows).map((text) => [text, syntaxError(text)]))
  assert.deepStrictEqual(found, Object.fromEntries(Object.entries(rows).map(([text, why]) => [text, prefix + why])))
}

describe("The syntax errors of Go's JSON decoder", () => {
  it("there are none for valid JSON", () => {
    const texts = [
      "{}",
      "[]",
      "null",
      "true",
      '"a"',
      "0",
      "-0",
      "1.5e3",
      "1E-2",
      '\r\n{"a" : [1, "é\\u00e9\\n", {}]}\t',
      '"\x7f"'
    ]
    assert.deepStrictEqual(
      texts.filter((text) => syntaxError(text) !== undefined),
      []
    )
  })

  it("report the end of the text between tokens as such, inside of a token as a space", () => {
    const betweenTokens = ["", " ", "{", "[", '"a', '{"a"', '{"a":', '{"a":1', "[1"]
    assert.deepStrictEqual(
      betweenTokens.map(syntaxError),
      betweenTokens.map(() => "unexpected end of JSON input")
    )
    assertErrors(
      {
        nul: "' ' in literal null (expecting 'l')",
        f: "' ' in literal false (expecting 'a')",
        "-": "' ' in numeric literal",
        "1.": "' ' after decimal point in numeric literal",
        "1e+": "' ' in exponent of numeric literal",
        '"\\': "' ' in string escape code",
        '"\\u0': "' ' in \\u hexadecimal character escape"
      },
      "invalid character "
    )
  })

  it("name the unexpected character and its context", () => {
    assertErrors(
      {
        "}": "'}' looking for beginning of value",
        "+1": "'+' looking for beginning of value",
        "[1,]": "']' looking for beginning of value",
        '{"a":}': "'}' looking for beginning of value",
        "{a:1}": "'a' looking for beginning of object key string",
        '{"a":1,}': "'}' looking for beginning of object key string",
        '{"a" 1}': "'1' after object key",
        '{"a":1 "b"}': "'\"' after object key:value pair",
        "[1 2]": "'2' after array element",
        "{} {}": "'{' after top-level value",
        "00": "'0' after top-level value",
        trux: "'x' in literal true (expecting 'e')",
        "-a": "'a' in numeric literal",
        "1.a": "'a' after decimal point in numeric literal",
        "1ex": "'x' in exponent of numeric literal",
        '"\\x"': "'x' in string escape code",
        '"\\u12"': "'\"' in \\u hexadecimal character escape",
        '"\t"': "'\\t' in string literal",
        '"\u0001"': "'\\x01' in string literal"
      },
      "invalid character "
    )
  })

  it("quote the first byte of a multi-byte character", () => {
    const quotedCharacters = {
      "'": "\\'",
      "\\": "\\\\",
      "\v": "\\v",
      "\x7f": "\\x7f",
      é: "Ã",
      "€": "â",
      "\u00a0": "Â",
      "\u{1f600}": "ð"
    }
    for (const [text, character] of Object.entries(quotedCharacters)) {
      assert.strictEqual(syntaxError(text), `invalid character '${character}' looking for beginning of value`)
    }
  })

  it("name the JSON type of a value that a Go type cannot hold", () => {
    const values = [{}, [], "a", true, false, 1]
    const kinds = ["object", "array", "string", "bool", "bool", "number"]
    assert.deepStrictEqual(
      values.map((value) => GoDecoder.mismatch(value, "v1.Thing")),
      kinds.map((kind) => `json: cannot unmarshal ${kind} into Go value of type v1.Thing`)
    )
  })

  it("escape unprintable characters", () => {
    const text = 'a"\\é\u0007\b\f\r\n\t\v\0\u001b\x7f\u0085\u00a0\u00ad\u2028\ufeff\u{e0001}\u{1f600}<'
    const quoted = String.raw`"a\"\\é\a\b\f\r\n\t\v\x00\x1b\x7f\u0085\u00a0\u00ad\u2028\ufeff\U000e0001😀<"`
    assert.strictEqual(GoText.quoted(text), quoted)
  })
})

describe("Duplicate fields", () => {
  it.each([
    ['{"a": 1, "b": {"a": 1}, "a": 2, "a": 3}', ["a"]],
    ['{"spec": {"list": [ {"a": []}, {"a": 1 , "a" : {}} ], "b": "\\"{"}}', ["spec.list[1].a"]],
    ['[{"a": {"b": 1, "b": 2}}]', ["[0].a.b"]],
    ['{"a\\u0062": 1, "ab": 2}', ["ab"]],
    ["{}", []],
    ['"text"', []]
  ])("of %s are %j", (text, paths) => {
    assert.deepStrictEqual(GoJson.duplicateFields(text), paths)
  })
})
