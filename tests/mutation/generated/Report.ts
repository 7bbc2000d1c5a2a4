/** What a run found, read from Stryker's JSON report. */
import * as Schema from "effect/Schema"

const Position = Schema.Struct({ line: Schema.Int, column: Schema.Int })

const Mutant = Schema.Struct({
  replacement: Schema.optionalKey(Schema.String),
  status: Schema.Literals(["Killed", "Timeout", "Survived", "NoCoverage", "Ignored", "RuntimeError", "CompileError"]),
  location: Schema.Struct({ start: Position, end: Position })
})
type Mutant = typeof Mutant.Type

const File = Schema.Struct({ source: Schema.String, mutants: Schema.Array(Mutant) })
type File = typeof File.Type

/** The part of the report that is of use here. */
const Report = Schema.fromJsonString(Schema.Struct({ files: Schema.Record(Schema.String, File) }))

/** A mutant that no test noticed. Named by text: a line that moves keeps its judgement. */
export interface Survivor {
  /** Below the mutated folder: `plan/Plan.ts`. */
  readonly file: string
  /** The line that the change begins in, without the space around it. */
  readonly line: string
  /** The code and what it became: `"Failed" → ""`. Cut where it is long. */
  readonly change: string
}

/** How many mutants of one file fared how. */
export interface Tally {
  readonly file: string
  readonly killed: number
  /** Noticed because a test did not end. */
  readonly timedOut: number
  readonly survived: number
  /** Of code that runs as the module is loaded. */
  readonly ignored: number
}

export interface Found {
  readonly tallies: ReadonlyArray<Tally>
  readonly survivors: ReadonlyArray<Survivor>
}

const LONGEST = 90

const hasSurvived = ({ status }: Mutant) => status === "Survived" || status === "NoCoverage"

/** Where a mutant is and what it puts there, so that every run lists them alike. */
const place = ({ location: { end, start }, replacement = "" }: Mutant): string =>
  [start.line, start.column, end.line, end.column].map((each) => String(each).padStart(6, "0")).join() + replacement

/** Reads a report; `folder` is what its paths begin with. Fails when it is not in the form that is known here. */
export const read = (json: string, folder: string): Found => {
  const { files } = Schema.decodeUnknownSync(Report)(json)
  const named = Object.entries(files)
    .map(([path, file]) => ({ name: path.slice(folder.length + 1), file }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  return {
    tallies: named.map(({ file, name }) => tally(name, file)),
    survivors: named.flatMap(({ file, name }) =>
      file.mutants
        .filter(hasSurvived)
        .toSorted((left, right) => (place(left) < place(right) ? -1 : 1))
        .map((mutant) => survivor(name, file, mutant))
    )
  }
}

/** Killed among those that could be, in percent. */
export const score = (tallies: ReadonlyArray<Tally>): number => {
  const noticed = sum(tallies, "killed") + sum(tallies, "timedOut")
  return (100 * noticed) / Math.max(1, noticed + sum(tallies, "survived"))
}

export const sum = (tallies: ReadonlyArray<Tally>, field: Exclude<keyof Tally, "file">): number =>
  tallies.reduce((total, each) => total + each[field], 0)

const tally = (file: string, { mutants }: File): Tally => {
  const count = (...statuses: ReadonlyArray<Mutant["status"]>) =>
    mutants.filter(({ status }) => statuses.includes(status)).length
  return {
    file,
    killed: count("Killed", "RuntimeError", "CompileError"),
    timedOut: count("Timeout"),
    survived: count("Survived", "NoCoverage"),
    ignored: count("Ignored")
  }
}

const survivor = (file: string, { source }: File, { location, replacement = "" }: Mutant): Survivor => {
  const { end, start } = location
  const lines = source.split("\n").slice(start.line - 1, end.line)
  const last = lines.length - 1
  const was = lines
    .map((line, at) => line.slice(at === 0 ? start.column - 1 : 0, at === last ? end.column - 1 : line.length))
    .join("\n")
  return { file, line: (lines[0] ?? "").trim(), change: `${short(was)} → ${short(replacement)}` }
}

const short = (code: string): string => {
  const line = code.replaceAll(/\s+/gu, " ")
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line
}
