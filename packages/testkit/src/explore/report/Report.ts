/** A failed run as text, at most 120 characters wide. */

import * as TestCluster from "../../harness/TestCluster.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as Schedule from "../Schedule.ts"
import type { Failure, SimulatedRun } from "../Simulation.ts"
import * as Timeline from "./Timeline.ts"
import * as Wording from "./Wording.ts"

const WIDTH = 120
/** A longer timeline is cut to the most relevant entries. */
const ENTRIES_MAX = 60
/** Characters of an entry that are printed. */
const ENTRY_LENGTH_MAX = 400
/** Where the text of an entry starts: after a sign, a time and a name. */
const INDENT = 2 + 12 + 14

/**
 * The seed, the smallest schedule that fails the same way, its timeline, the invariants, and how to reproduce the run.
 */
export const report = ({ original, seed, smallest }: Failure): string => {
  const [first] = smallest.findings
  const actions = `${smallest.schedule.length} of ${original.schedule.length} actions`
  return [
    ...wrap(`seed ${seed} fails${first === undefined ? "" : `: ${TestCluster.describeFinding(first)}`}`, 0),
    "",
    `The smallest schedule that fails the same way (${actions}):`,
    text(smallest),
    "",
    "To reproduce it:",
    `  Simulator.runSeed(simulation, ${seed})               in code; shrinks the schedule again`,
    `  portolan-simulate MODULE --seed ${seed} --html run.html --test run.test.ts`
  ].join("\n")
}

/** One run: its schedule, the most relevant entries of its timeline, and the invariants that it violates. */
export const text = (run: SimulatedRun): string => {
  const timeline = Timeline.of(run)
  const invariants = Invariants.invariants.filter(({ name }) =>
    run.findings.some(({ invariant }) => invariant === name)
  )
  return [
    ...run.schedule.flatMap((action, index) => wrap(`${`${index + 1}`.padStart(3)}. ${Schedule.describe(action)}`, 5)),
    ...(run.schedule.length === 0 ? ["  (no actions: the setup alone fails)"] : []),
    "",
    "Timeline (minutes:seconds of the test clock, @7 is resource version 7, ▶ marks what violates an invariant):",
    ...entryLines(timeline, run),
    ...timeline.findings.flatMap((finding) => wrap(`✗ ${TestCluster.describeFinding(finding)}`, 2)),
    ...(invariants.length === 0 ? [] : [""]),
    ...invariants.flatMap((invariant) => wrap(`${invariant.name}: ${invariant.statement}`, 2))
  ].join("\n")
}

const entryLines = (timeline: Timeline.Timeline, { findings }: SimulatedRun): ReadonlyArray<string> => {
  const involved = Timeline.involved(timeline, findings)
  let next = 0
  const lines = Timeline.select(timeline, findings, ENTRIES_MAX).flatMap((entry) => {
    const omitted = entry.index - next
    next = entry.index + 1
    return [...gap(omitted), ...linesOf(entry, timeline, involved.has(entry.index))]
  })
  return [...lines, ...gap(timeline.entries.length - next)]
}

const gap = (omitted: number): ReadonlyArray<string> =>
  omitted === 0 ? [] : [`${" ".repeat(INDENT)}${Timeline.describeOmitted(omitted)}`]

const linesOf = (entry: Timeline.Entry, timeline: Timeline.Timeline, isInvolved: boolean): ReadonlyArray<string> => {
  const { at, findings, kind, who } = entry
  const head = `${isInvolved && kind === "call" ? "▶" : " "} ${Wording.time(at).padStart(10)}  ${who.padEnd(12)}  `
  const sentence = Timeline.describe(entry, timeline).join("; ")
  return [
    ...wrap(`${head}${kind === "call" ? "  " : ""}${shortened(sentence)}`, INDENT + 4),
    ...findings.flatMap((finding) =>
      wrap(`${" ".repeat(INDENT)}  ✗ ${TestCluster.describeFinding(finding)}`, INDENT + 4)
    )
  ]
}

const shortened = (sentence: string): string =>
  sentence.length > ENTRY_LENGTH_MAX ? `${sentence.slice(0, ENTRY_LENGTH_MAX - 1)}…` : sentence

/** Breaks a line at spaces where it can, and indents the lines after the first. */
const wrap = (line: string, indent: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let remaining = line
  while (remaining.length > WIDTH) {
    const space = remaining.lastIndexOf(" ", WIDTH)
    const end = space > WIDTH / 2 ? space : WIDTH
    lines.push(remaining.slice(0, end))
    remaining = `${" ".repeat(indent)}${remaining.slice(end).trimStart()}`
  }
  return [...lines, remaining]
}
