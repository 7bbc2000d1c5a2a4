/** A failing life in lines for a person, at most 120 characters wide. */

import * as TestCluster from "../../harness/TestCluster.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as Schedule from "../Schedule.ts"
import type { Failure, SimulatedRun } from "../Simulator.ts"
import * as Timeline from "./Timeline.ts"
import * as Wording from "./Wording.ts"

const WIDTH = 120
/** More moments than these are not printed: those that matter least are left out. */
const MOMENTS = 60
/** Where a moment's sentence begins: after a sign, a time and a name. */
const INDENT = 2 + 12 + 14

/** What failed: the seed, the smallest schedule that fails alike, what happened in it, the law, and how to see it again. */
export const report = ({ seed, smallest, whole }: Failure): string => {
  const [first] = smallest.findings
  const moves = `${smallest.schedule.length} of ${whole.schedule.length} moves`
  return [
    ...wrap(`seed ${seed} fails${first === undefined ? "" : `: ${TestCluster.describeFinding(first)}`}`, 0),
    "",
    `The smallest schedule that fails alike, ${moves}:`,
    text(smallest),
    "",
    "To see it again, with your simulation:",
    `  Simulator.seed(simulation, ${seed})                  the seed, made small again`,
    `  portolan-simulate MODULE --seed ${seed} --html life.html --test life.test.ts`
  ].join("\n")
}

/** One life: its schedule, the moments that matter, and the laws that it breaks. */
export const text = (run: SimulatedRun): string => {
  const timeline = Timeline.of(run)
  const invariants = Invariants.invariants.filter(({ name }) =>
    run.findings.some(({ invariant }) => invariant === name)
  )
  return [
    ...run.schedule.flatMap((move, index) => wrap(`${`${index + 1}`.padStart(3)}. ${Schedule.describe(move)}`, 5)),
    ...(run.schedule.length === 0 ? ["  (no move at all: what is made first is enough)"] : []),
    "",
    "What happened (minutes:seconds on the test's clock, @ is a resource version, ▶ is what shows it):",
    ...moments(timeline, run),
    ...timeline.findings.flatMap((finding) => wrap(`✗ ${TestCluster.describeFinding(finding)}`, 2)),
    ...(invariants.length === 0 ? [] : [""]),
    ...invariants.flatMap((invariant) => wrap(`${invariant.name} says: ${invariant.text}`, 2))
  ].join("\n")
}

const moments = (timeline: Timeline.Timeline, { findings }: SimulatedRun): ReadonlyArray<string> => {
  const named = Timeline.named(timeline, findings)
  let next = 0
  const lines = Timeline.chosen(timeline, findings, MOMENTS).flatMap((moment) => {
    const left = moment.index - next
    next = moment.index + 1
    return [...gap(left), ...line(moment, timeline, named.has(moment.index))]
  })
  return [...lines, ...gap(timeline.moments.length - next)]
}

const gap = (count: number): ReadonlyArray<string> =>
  count === 0 ? [] : [`${" ".repeat(INDENT)}… ${count} ${count === 1 ? "moment" : "moments"} more`]

const line = (moment: Timeline.Moment, timeline: Timeline.Timeline, isNamed: boolean): ReadonlyArray<string> => {
  const { at, findings, kind, who } = moment
  const head = `${isNamed && kind === "call" ? "▶" : " "} ${Wording.time(at).padStart(10)}  ${who.padEnd(12)}  `
  const sentence = Timeline.describeFindings(moment, timeline).join("; ")
  return [
    ...wrap(`${head}${kind === "call" ? "  " : ""}${brief(sentence)}`, INDENT + 4),
    ...findings.flatMap((finding) =>
      wrap(`${" ".repeat(INDENT)}  ✗ ${TestCluster.describeFinding(finding)}`, INDENT + 4)
    )
  ]
}

const brief = (sentence: string): string => (sentence.length > 400 ? `${sentence.slice(0, 399)}…` : sentence)

/** Breaks a line at spaces where there are any; lines after the first are indented. */
const wrap = (long: string, indent: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let rest = long
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(" ", WIDTH)
    const end = space > WIDTH / 2 ? space : WIDTH
    lines.push(rest.slice(0, end))
    rest = `${" ".repeat(indent)}${rest.slice(end).trimStart()}`
  }
  return [...lines, rest]
}
