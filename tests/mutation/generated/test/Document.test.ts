import { assert, describe, it } from "vitest"
import * as Document from "../Document.ts"
import * as Report from "../Report.ts"

const SOURCE = `const isOver = (n: number) =>
  n > 9 ? \`many\` : ""
`

const mutant = (
  status: string,
  replacement: string,
  start: readonly [number, number],
  end: readonly [number, number]
) => ({
  id: "1",
  mutatorName: "Any",
  status,
  replacement,
  location: { start: { line: start[0], column: start[1] }, end: { line: end[0], column: end[1] } }
})

/** A report about one file of two lines. */
const report = (...mutants: ReadonlyArray<object>) =>
  Report.read(JSON.stringify({ files: { "packages/a/src/A.ts": { source: SOURCE, mutants } } }), "packages/a/src")

const killed = mutant("Killed", "n >= 9", [2, 3], [2, 8])
const survived = mutant("Survived", "true", [2, 3], [2, 8])
const unreached = mutant("NoCoverage", "() => undefined", [1, 16], [2, 24])
const judged: Document.Judgement = {
  file: "A.ts",
  line: 'n > 9 ? `many` : ""',
  change: "n > 9 → true",
  verdict: "accepted",
  because: "nobody counts"
}

describe("a report", () => {
  it("names survivors in their order, by file, line and change, over as many lines as that goes", () => {
    assert.deepStrictEqual(report(killed, survived, unreached).survivors, [
      {
        file: "A.ts",
        line: "const isOver = (n: number) =>",
        change: '(n: number) => n > 9 ? `many` : "" → () => undefined'
      },
      { file: "A.ts", line: judged.line, change: "n > 9 → true" }
    ])
  })

  it("counts what is killed among what could be", () => {
    const { tallies } = report(
      killed,
      mutant("Timeout", "", [1, 1], [1, 2]),
      survived,
      unreached,
      mutant("Ignored", "", [1, 1], [1, 2])
    )
    assert.deepStrictEqual(tallies, [{ file: "A.ts", killed: 1, timedOut: 1, survived: 2, ignored: 1 }])
    assert.strictEqual(Report.score(tallies), 50)
  })

  it("in a form that is not known is not read", () => {
    assert.throws(() => report(mutant("Pending", "", [1, 1], [1, 2])))
  })
})

describe("the document", () => {
  const mostly = Array.from({ length: 9 }, () => killed)

  it("passes with a judgement for every survivor, and shows both", () => {
    const { complaints, document } = Document.of(report(...mostly, survived), [judged])
    assert.deepStrictEqual(complaints, [])
    assert.include(document, "| `A.ts` | 9 | 0 | 1 | 90.0 % |")
    assert.include(document, "`n > 9 → true`\\\n  *accepted*: nobody counts")
  })

  it("does not pass with a survivor that nobody judged", () => {
    const { complaints, document } = Document.of(report(...mostly, survived), [])
    assert.lengthOf(complaints, 1)
    assert.match(complaints[0] ?? "", /^nobody judged this one: .*n > 9 → true/u)
    assert.include(document, "**not judged**")
  })

  it("does not pass with a judgement about none", () => {
    const { complaints } = Document.of(report(...mostly), [judged])
    assert.match(complaints.join(), /^this judgement is about none: .*n > 9 → true[^,]*$/u)
  })

  it("does not pass below the least score, however well that is judged", () => {
    const { complaints } = Document.of(report(killed, survived), [judged])
    assert.deepStrictEqual(complaints, ["50.0 % are killed, not 90 %"])
  })
})
