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

/** A report on one file of two lines. */
const report = (...mutants: ReadonlyArray<object>) =>
  Report.read(JSON.stringify({ files: { "packages/a/src/A.ts": { source: SOURCE, mutants } } }), "packages/a/src")

const killed = mutant("Killed", "n >= 9", [2, 3], [2, 8])
const survived = mutant("Survived", "true", [2, 3], [2, 8])
const uncovered = mutant("NoCoverage", "() => undefined", [1, 16], [2, 24])
const judgement: Document.Judgement = {
  file: "A.ts",
  line: 'n > 9 ? `many` : ""',
  change: "n > 9 → true",
  verdict: "accepted",
  reason: "the exact number does not matter"
}

const project = { name: "a", folder: "packages/a/src", tests: [], testedBy: "its own", minimum: 90 }

describe("a report", () => {
  it("lists survivors in order, each by file, line and change; a change may span lines", () => {
    assert.deepStrictEqual(report(killed, survived, uncovered).survivors, [
      {
        file: "A.ts",
        line: "const isOver = (n: number) =>",
        change: '(n: number) => n > 9 ? `many` : "" → () => undefined'
      },
      { file: "A.ts", line: judgement.line, change: "n > 9 → true" }
    ])
  })

  it("counts mutants by result, and scores those killed or timed out", () => {
    const { tallies } = report(
      killed,
      mutant("Timeout", "", [1, 1], [1, 2]),
      survived,
      uncovered,
      mutant("Ignored", "", [1, 1], [1, 2])
    )
    assert.deepStrictEqual(tallies, [{ file: "A.ts", killed: 1, timedOut: 1, survived: 2, ignored: 1 }])
    assert.strictEqual(Report.score(tallies), 50)
  })

  it("that does not decode is rejected", () => {
    assert.throws(() => report(mutant("Pending", "", [1, 1], [1, 2])))
  })
})

describe("the document", () => {
  const nineKilled = Array.from({ length: 9 }, () => killed)

  it("passes with a judgement for every survivor, and lists both", () => {
    const { problems, document } = Document.of(project, report(...nineKilled, survived), [judgement])
    assert.deepStrictEqual(problems, [])
    assert.include(document, "| `A.ts` | 9 | 0 | 1 | 90.0 % |")
    assert.include(document, "`n > 9 → true`\\\n  *accepted*: the exact number does not matter")
  })

  it("fails with a survivor that has no judgement", () => {
    const { problems, document } = Document.of(project, report(...nineKilled, survived), [])
    assert.lengthOf(problems, 1)
    assert.match(problems[0] ?? "", /^survivor without a judgement: .*n > 9 → true/u)
    assert.include(document, "**no judgement**")
  })

  it("fails with a judgement that has no survivor", () => {
    const { problems } = Document.of(project, report(...nineKilled), [judgement])
    assert.match(problems.join(), /^judgement without a survivor: .*n > 9 → true[^,]*$/u)
  })

  it("fails below the minimum score even if every survivor has a judgement", () => {
    const { problems } = Document.of(project, report(killed, survived), [judgement])
    assert.deepStrictEqual(problems, ["50.0 % killed, at least 90 % required"])
  })
})
