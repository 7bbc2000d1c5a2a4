/** The report as a document: a table of scores, and every survivor with its judgement. */
import * as Schema from "effect/Schema"
import * as Report from "./Report.ts"

/** The percentage of mutants that must be killed. */
const MINIMUM_SCORE = 90

/** Why a survivor is acceptable. */
const Judgement = Schema.Struct({
  file: Schema.String,
  line: Schema.String,
  change: Schema.String,
  /** The document defines them. */
  verdict: Schema.Literals(["equivalent", "harmless", "accepted"]),
  reason: Schema.String
})
export type Judgement = typeof Judgement.Type

/** Reads the list of judgements; throws when it does not decode. */
export const judgements = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Array(Judgement)))

export interface Result {
  readonly document: string
  /** What fails the run; empty when it passes. */
  readonly problems: ReadonlyArray<string>
}

/** Matches the survivors of a run with the judgements. */
export const of = ({ survivors, tallies }: Report.Summary, judgements: ReadonlyArray<Judgement>): Result => {
  const score = Report.score(tallies)
  const unjudged = survivors.filter((survivor) => judgementOf(survivor, judgements) === undefined)
  const unused = judgements.filter((judgement) => !survivors.some((survivor) => matches(judgement, survivor)))
  return {
    document: `${introduction(tallies)}\n${scoreSection(tallies)}\n${survivorSection(survivors, judgements)}`,
    problems: [
      ...(score < MINIMUM_SCORE ? [`${score.toFixed(1)} % killed, at least ${MINIMUM_SCORE} % required`] : []),
      ...unjudged.map((survivor) => `survivor without a judgement: ${describe(survivor)}`),
      ...unused.map((judgement) => `judgement without a survivor: ${describe(judgement)}`)
    ]
  }
}

const matches = (judgement: Judgement, { change, file, line }: Report.Survivor): boolean =>
  judgement.file === file && judgement.line === line && judgement.change === change

const judgementOf = (survivor: Report.Survivor, judgements: ReadonlyArray<Judgement>): Judgement | undefined =>
  judgements.find((judgement) => matches(judgement, survivor))

const describe = ({ change, file, line }: Report.Survivor): string => JSON.stringify({ file, line, change })

const introduction = (tallies: ReadonlyArray<Report.Tally>): string => `# Mutation testing of planner

<!-- Written by \`pnpm run mutate\`. Change the tests, or tests/mutation/generated/judgements.json, and run it again. -->

\`pnpm run mutate\` runs [Stryker](https://stryker-mutator.io) on \`packages/planner/src\`. Stryker generates mutants:
it negates a condition, empties a string, removes a block. For each mutant it runs the tests that cover the changed
code: planner's own, and those of testkit that run the toy kind. A mutant that fails a test, or keeps one from ending,
is *killed*. A mutant that passes all tests *survives* and is listed below with a judgement. The command fails if
fewer than ${MINIMUM_SCORE} % are killed, if a survivor has no judgement, and if a judgement has no survivor.

Not counted are ${Report.sum(tallies, "ignored")} mutants of code that runs when its module is loaded, mostly schemas
and names: each would need a process of its own. \`index.ts\` and the test fixtures are not mutated.
`

const scoreSection = (tallies: ReadonlyArray<Report.Tally>): string => {
  const row = (name: string, rows: ReadonlyArray<Report.Tally>) => {
    const counts = (["killed", "timedOut", "survived"] as const).map((field) => Report.sum(rows, field))
    const isEmpty = counts.every((count) => count === 0)
    return isEmpty ? [] : [`| ${[name, ...counts, `${Report.score(rows).toFixed(1)} %`].join(" | ")} |`]
  }
  return `## Scores

| file | killed | timed out | survived | score |
| --- | ---: | ---: | ---: | ---: |
${[...tallies.flatMap((tally) => row(`\`${tally.file}\``, [tally])), ...row("all", tallies)].join("\n")}
`
}

const survivorSection = (
  survivors: ReadonlyArray<Report.Survivor>,
  judgements: ReadonlyArray<Judgement>
): string => `## Survivors

- *equivalent*: no test can tell the mutant from the original.
- *harmless*: a test could tell them apart, but the mutant still does what is documented.
- *accepted*: a test would only repeat the code, or would cost more than the mistake.

${survivors.length === 0 ? "None." : survivors.map((survivor) => item(survivor, judgementOf(survivor, judgements))).join("\n")}
`

const item = ({ change, file, line }: Report.Survivor, judgement: Judgement | undefined): string =>
  `- \`${file}\`, in ${code(line)}: ${code(change)}\\
  ${judgement === undefined ? "**no judgement**" : `*${judgement.verdict}*: ${judgement.reason}`}`

/** Formats code, which may contain backticks. */
const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``)
