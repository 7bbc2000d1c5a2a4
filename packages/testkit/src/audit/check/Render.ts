/** The report as a table for a terminal. */
import type { InvariantResult, Report, Request } from "./Report.ts"

export const render = ({ file, invariants, kinds, passes, requests, users, warnings }: Report): string =>
  [
    `${file}: ${requests} requests by ${users.join(", ")} in ${passes} reconcile passes`,
    ...kinds.map(({ apiVersion, kind, plan }) => `  ${kind} (${apiVersion}): plan at ${plan}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
    "",
    row("INVARIANT", "RESULT", "DESCRIPTION"),
    ...invariants.flatMap(rows),
    "",
    summary(invariants)
  ].join("\n")

const INVARIANT_WIDTH = 12
const RESULT_WIDTH = 13

const row = (invariant: string, result: string, description: string): string =>
  `${invariant.padEnd(INVARIANT_WIDTH)}${result.padEnd(RESULT_WIDTH)}${description}`

const rows = ({ invariant, reason, statement, verdict, violations }: InvariantResult): ReadonlyArray<string> => [
  row(invariant, verdict, statement),
  ...(reason === undefined ? [] : [row("", "", reason)]),
  ...violations.flatMap(({ message, requests }) => [
    row("", "", message),
    ...requests.map((request) => row("", "", `  ${requestText(request)}`))
  ])
]

const requestText = ({ at, code, line, name, namespace, pass, resource, user, verb }: Request): string => {
  const object = namespace === "" ? name : `${namespace}/${name}`
  const request = `line ${line}  ${at}  ${user}  ${verb} ${resource} ${object}  ${code}`
  return pass === undefined ? request : `${request}  pass ${pass}`
}

const summary = (invariants: ReadonlyArray<InvariantResult>): string => {
  const count = (verdict: InvariantResult["verdict"]) =>
    invariants.filter((result) => result.verdict === verdict).length
  return `${count("Held")} held, ${count("Violated")} violated, ${count("NotJudged")} not judged`
}
