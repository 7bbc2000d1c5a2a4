/** The report as a document: a table of scores, and every survivor with its judgement. */
import * as Schema from "effect/Schema"
import { judgements as judgementsFile, type Project } from "./projects.ts"
import * as Report from "./Report.ts"

/** Why a survivor is acceptable. */
const Judgement = Schema.Struct({
  file: Schema.String,
  line: Schema.String,
  change: Schema.String,
  /** `docs/MUTATION.md` defines them. */
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
export const of = (
  project: Project,
  { survivors, tallies }: Report.Summary,
  judgements: ReadonlyArray<Judgement>
): Result => {
  const score = Report.score(tallies)
  const unjudged = survivors.filter((survivor) => judgementOf(survivor, judgements) === undefined)
  const unused = judgements.filter((judgement) => !survivors.some((survivor) => matches(judgement, survivor)))
  return {
    document: `${introduction(project, tallies)}\n${scoreSection(tallies)}\n${survivorSection(survivors, judgements)}`,
    problems: [
      ...(score < project.minimum ? [`${score.toFixed(1)} % killed, at least ${project.minimum} % required`] : []),
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

const introduction = (project: Project, tallies: ReadonlyArray<Report.Tally>): string => `# Mutants of ${project.name}

<!-- Written by \`pnpm run mutate ${project.name}\`. Change the tests, or ${judgementsFile(project)}, and run it again. -->

What the columns mean is in [MUTATION.md](../MUTATION.md). The sources are \`${project.folder}\`. The tests are ${project.testedBy}.
At least ${project.minimum} % must be killed. Not counted are ${Report.sum(tallies, "ignored")} mutants of code that runs when its module is loaded.
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

${survivors.length === 0 ? "None." : survivors.map((survivor) => item(survivor, judgementOf(survivor, judgements))).join("\n")}
`

const item = ({ change, file, line }: Report.Survivor, judgement: Judgement | undefined): string =>
  `- \`${file}\`, in ${code(line)}: ${code(change)}\\
  ${judgement === undefined ? "**no judgement**" : `*${judgement.verdict}*: ${judgement.reason}`}`

/** Formats code, which may contain backticks. */
const code = (text: string): string => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``)
