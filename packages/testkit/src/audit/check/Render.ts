/** A report as text for a person. */
import type { Report, Ruling, Shown } from "./Report.ts"

export const render = ({ file, kinds, invariants, remarks, requests, passes, users }: Report): string =>
  [
    `${file}: ${requests} requests of ${users.join(", ")} in ${passes} turns`,
    ...kinds.map(({ apiVersion, kind, plan }) => `  ${kind} of ${apiVersion}, plan at ${plan}`),
    ...remarks.map((remark) => `  ${remark}`),
    "",
    ...invariants.flatMap(lines),
    "",
    summary(invariants)
  ].join("\n")

const lines = ({ invariant, reason, text, verdict, violations }: Ruling): ReadonlyArray<string> => [
  `${invariant.padEnd(6)}  ${verdict.padEnd(11)}  ${text}`,
  ...(reason === undefined ? [] : [`${INDENT}${reason}`]),
  ...violations.flatMap(({ message, requests }) => [
    `${INDENT}${message}`,
    ...requests.map((each) => `${INDENT}  ${line(each)}`)
  ])
]

const INDENT = " ".repeat(21)

const line = ({ at, code, line: number, name, namespace, resource, pass, user, verb }: Shown): string => {
  const object = namespace === "" ? name : `${namespace}/${name}`
  return `line ${number}  ${at}  ${user}  ${verb} ${resource} ${object}  ${code}${pass === undefined ? "" : `  turn ${pass}`}`
}

const summary = (invariants: ReadonlyArray<Ruling>): string => {
  const count = (verdict: Ruling["verdict"]) => invariants.filter((each) => each.verdict === verdict).length
  return `${count("held")} held, ${count("broke")} broke, ${count("not checked")} not checked`
}
