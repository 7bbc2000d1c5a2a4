// The expected errors were recorded from kube-apiserver.
import { assert, describe, it } from "vitest"
import * as Names from "../../src/apiserver/Names.ts"

/** The first 60 characters of each error. */
const starts = (errors: ReadonlyArray<string>) => errors.map((error) => error.split(" (e.g. ")[0]?.slice(0, 60))

const SUBDOMAIN = "a lowercase RFC 1123 subdomain must consist of lower case al"
const NAME = "name part must consist of alphanumeric characters, '-', '_' "

describe("Names", () => {
  it("a subdomain has labels separated by dots", () => {
    assert.deepStrictEqual(["a", "a.b-c.1", "a".repeat(253)].flatMap(Names.subdomain), [])
    for (const name of ["", "A", "a..b", "a_b", "-", "a.", "é"]) {
      assert.deepStrictEqual(starts(Names.subdomain(name)), [SUBDOMAIN], name)
    }
    assert.deepStrictEqual(Names.subdomain("a".repeat(254)), ["must be no more than 253 characters"])
    assert.deepStrictEqual(starts(Names.subdomain("é".repeat(127))), ["must be no more than 253 characters", SUBDOMAIN])
  })

  it("a DNS-1123 label has no dots", () => {
    assert.deepStrictEqual(["a", "1a", "a--b", "a".repeat(63)].flatMap(Names.label), [])
    assert.deepStrictEqual(Names.label("a.b"), ["must not contain dots"])
    assert.deepStrictEqual(Names.label("a".repeat(64)), ["must be no more than 63 characters"])
    assert.deepStrictEqual(starts(Names.label("a-")), ["a lowercase RFC 1123 label must consist of lower case alphan"])
  })

  it("a DNS-1035 label begins with a letter", () => {
    assert.deepStrictEqual(Names.dns1035Label("widgets"), [])
    assert.deepStrictEqual(starts(Names.dns1035Label("1a")), [
      "a DNS-1035 label must consist of lower case alphanumeric cha"
    ])
  })

  it("a label key has an optional prefix, and errors name the part", () => {
    const valid = ["a", "A_b.C-1", "example.dev/a", "k".repeat(63)]
    assert.deepStrictEqual(valid.flatMap(Names.key), [])
    const invalid = ["", "-a", "é", "/z", "x/", "/", "X.y/z", "x../a", `${"p".repeat(254)}/a`, "k".repeat(64), "x/y/z"]
    assert.deepStrictEqual(
      invalid.map((key) => starts(Names.key(key))),
      [
        ["name part must be non-empty", NAME],
        [NAME],
        [NAME],
        ["prefix part must be non-empty"],
        ["name part must be non-empty", NAME],
        ["prefix part must be non-empty", "name part must be non-empty", NAME],
        [`prefix part ${SUBDOMAIN}`.slice(0, 60)],
        [`prefix part ${SUBDOMAIN}`.slice(0, 60)],
        ["prefix part must be no more than 253 bytes"],
        ["name part must be no more than 63 bytes"],
        ["a valid label key must consist of alphanumeric characters, '"]
      ]
    )
  })

  it("a label value can be empty", () => {
    assert.deepStrictEqual(["", "A_b.C-1", "v".repeat(63)].flatMap(Names.labelValue), [])
    const rule = "a valid label must be an empty string or consist of alphanum"
    assert.deepStrictEqual(starts(Names.labelValue("-")), [rule])
    assert.deepStrictEqual(starts(Names.labelValue("é".repeat(32))), ["must be no more than 63 bytes", rule])
  })
})
