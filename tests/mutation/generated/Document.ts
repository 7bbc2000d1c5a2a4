/** The report for people: a table of scores, and every survivor with what was thought of it. */
import * as Schema from "effect/Schema"
import * as Report from "./Report.ts"

/** Of all mutants that could be killed, so many percent must be. */
const LEAST = 90

/** What was thought of a survivor. */
const Judgement = Schema.Struct({
  file: Schema.String,
  line: Schema.String,
  change: Schema.String,
  /** As the document explains them. */
  verdict: Schema.Literals(["equivalent", "harmless", "accepted"]),
  /** Why, in a sentence. */
  because: Schema.String
})
export type Judgement = typeof Judgement.Type

/** Reads the list of judgements. Fails when it is not one. */
export const judgements = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Judgement)))

export interface Verdict {
  readonly document: string
  /** What keeps the run from passing; empty when nothing does. */
  readonly complaints: ReadonlyArray<string>
}

/** Puts what was found beside what was judged. */
export const of = ({ survivors, tallies }: Report.Found, judgements: ReadonlyArray<Judgement>): Verdict => {
  const score = Report.score(tallies)
  const unjudged = survivors.filter((each) => judgementOf(each, judgements) === undefined)
  const idle = judgements.filter((each) => !survivors.some((survivor) => isAbout(each, survivor)))
  return {
    document: `${introduction(tallies)}\n${scores(tallies)}\n${survived(survivors, judgements)}`,
    complaints: [
      ...(score < LEAST ? [`${score.toFixed(1)} % are killed, not ${LEAST} %`] : []),
      ...unjudged.map((each) => `nobody judged this one: ${name(each)}`),
      ...idle.map((each) => `this judgement is about none: ${name(each)}`)
    ]
  }
}

const isAbout = (judgement: Judgement, { change, file, line }: Report.Survivor): boolean =>
  judgement.file === file && judgement.line === line && judgement.change === change

const judgementOf = (survivor: Report.Survivor, judgements: ReadonlyArray<Judgement>): Judgement | undefined =>
  judgements.find((each) => isAbout(each, survivor))

const name = ({ change, file, line }: Report.Survivor): string => JSON.stringify({ file, line, change })

const introduction = (tallies: ReadonlyArray<Report.Tally>): string => `# What a changed planner would get past

<!-- Written by \`pnpm run mutate\`. Change the tests, or tests/mutation/generated/judgements.json, and run it again. -->

\`pnpm run mutate\` makes one small mistake after the other in \`packages/planner/src\` (a condition turned around, a text
emptied, a block left out) and runs the tests that reach it: planner's own, and the testkit's toy kind. A mistake that
fails a test is *killed*, as is one that keeps a test from ending. One that nothing notices has *survived*, and is listed
below with what was thought of it. The command fails below ${LEAST} %, on a survivor that nobody judged, and on a judgement
that is about none.

Not counted are ${Report.sum(tallies, "ignored")} mutants of code that runs as its module is loaded, mostly schemas and names: each would need a
process of its own. \`index.ts\` and the fixtures for tests are left out.
`

const scores = (tallies: ReadonlyArray<Report.Tally>): string => {
  const row = (file: string, some: ReadonlyArray<Report.Tally>) => {
    const counts = (["killed", "timedOut", "survived"] as const).map((field) => Report.sum(some, field))
    const isEmpty = counts.every((count) => count === 0)
    return isEmpty ? [] : [`| ${[file, ...counts, `${Report.score(some).toFixed(1)} %`].join(" | ")} |`]
  }
  return `## Scores

| file | killed | timed out | survived | score |
| --- | ---: | ---: | ---: | ---: |
${[...tallies.flatMap((each) => row(`\`${each.file}\``, [each])), ...row("all", tallies)].join("\n")}
`
}

const survived = (
  survivors: ReadonlyArray<Report.Survivor>,
  judgements: ReadonlyArray<Judgement>
): string => `## Survivors

- *equivalent*: nobody could tell it from the original.
- *harmless*: it can be told, but does what was promised.
- *accepted*: a test would repeat the code, or cost more than the mistake.

${survivors.length === 0 ? "None." : survivors.map((each) => item(each, judgementOf(each, judgements))).join("\n")}
`

const item = ({ change, file, line }: Report.Survivor, judgement: Judgement | undefined): string =>
  `- \`${file}\`, in ${code(line)}: ${code(change)}\\
  ${judgement === undefined ? "**not judged**" : `*${judgement.verdict}*: ${judgement.because}`}`

/** Code that may have backticks in it. */
const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``)
