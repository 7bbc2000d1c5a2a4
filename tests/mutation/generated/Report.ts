/** The result of a run, read from Stryker's JSON report. */
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

/** The part of the report that the document needs. */
const Report = Schema.fromJsonString(Schema.Struct({ files: Schema.Record(Schema.String, File) }))

/** A mutant that passed all tests. It is identified by text, so that a line that moves keeps its judgement. */
export interface Survivor {
  /** Path below the mutated folder: `plan/Plan.ts`. */
  readonly file: string
  /** The line in which the change begins, trimmed. */
  readonly line: string
  /** The code before and after: `"Failed" → ""`. Long code is cut off. */
  readonly change: string
}

/** The number of mutants of one file, by result. */
export interface Tally {
  readonly file: string
  readonly killed: number
  /** A test did not end. */
  readonly timedOut: number
  readonly survived: number
  /** Mutants of code that runs when the module is loaded. */
  readonly ignored: number
}

export interface Summary {
  readonly tallies: ReadonlyArray<Tally>
  readonly survivors: ReadonlyArray<Survivor>
}

/** Longer code is cut off at this length. */
const CODE_LENGTH_MAX = 90

const hasSurvived = ({ status }: Mutant) => status === "Survived" || status === "NoCoverage"

/** A sort key by position and replacement, so that every run lists the mutants in the same order. */
const sortKey = ({ location: { end, start }, replacement = "" }: Mutant): string =>
  [start.line, start.column, end.line, end.column].map((part) => String(part).padStart(6, "0")).join() + replacement

/** Reads a report; `folder` is the prefix of its paths. Throws when the report does not decode. */
export const read = (json: string, folder: string): Summary => {
  const { files } = Schema.decodeUnknownSync(Report)(json)
  const sorted = Object.entries(files)
    .map(([path, file]) => ({ name: path.slice(folder.length + 1), file }))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
  return {
    tallies: sorted.map(({ file, name }) => tally(name, file)),
    survivors: sorted.flatMap(({ file, name }) =>
      file.mutants
        .filter(hasSurvived)
        .toSorted((left, right) => (sortKey(left) < sortKey(right) ? -1 : 1))
        .map((mutant) => survivor(name, file, mutant))
    )
  }
}

/** The percentage of mutants that were killed. */
export const score = (tallies: ReadonlyArray<Tally>): number => {
  const killed = sum(tallies, "killed") + sum(tallies, "timedOut")
  return (100 * killed) / Math.max(1, killed + sum(tallies, "survived"))
}

export const sum = (tallies: ReadonlyArray<Tally>, field: Exclude<keyof Tally, "file">): number =>
  tallies.reduce((total, tally) => total + tally[field], 0)

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
  const original = lines
    .map((line, index) => line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : line.length))
    .join("\n")
  return { file, line: (lines[0] ?? "").trim(), change: `${short(original)} → ${short(replacement)}` }
}

const short = (code: string): string => {
  const line = code.replaceAll(/\s+/gu, " ")
  return line.length > CODE_LENGTH_MAX ? `${line.slice(0, CODE_LENGTH_MAX)}…` : line
}
