/** What the command is asked to do. */
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"

/** The command cannot do what it was asked; one line for a person. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

export interface Arguments {
  /** A path, as it was typed. */
  readonly module: string
  readonly name: string
  readonly seeds: ReadonlyArray<number>
  /** Where to write a page of the first failure. */
  readonly html: string | undefined
  /** Where to write a test file of it. */
  readonly test: string | undefined
  readonly cores: number | undefined
}

export const USAGE = `portolan-simulate MODULE [options]

Lives seeds of the simulation that a module exports, and tells of the first that fails.

  --export NAME     the export: simulation unless told
  --seeds 1..1000   which seeds: 1..100 unless told
  --seed 7          one seed
  --html FILE       writes the life that failed as a page
  --test FILE       writes it as a vitest file
  --cores N         how many cores share the seeds: all unless told

Ends with 0 when all was well, 1 when a seed fails, 2 when it cannot do what it was asked.`

const OPTIONS = {
  export: { type: "string", default: "simulation" },
  seeds: { type: "string" },
  seed: { type: "string" },
  html: { type: "string" },
  test: { type: "string" },
  cores: { type: "string" },
  help: { type: "boolean", default: false }
} as const

/** Reads the words after the command's name; `"Help"` when that is what they ask for. */
export const parse = (words: ReadonlyArray<string>): Effect.Effect<Arguments | "Help", BadInput> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true }),
      catch: (error) => new BadInput({ message: firstLine(error) })
    })
    if (values.help) return "Help"
    const [module, ...others] = positionals
    if (module === undefined || others.length > 0) return yield* refuse("give one module that exports a simulation")
    if (values.seed !== undefined && values.seeds !== undefined)
      return yield* refuse("give --seed or --seeds, not both")
    const seeds = yield* values.seed === undefined ? range(values.seeds ?? "1..100") : range(values.seed)
    const cores = values.cores === undefined ? undefined : yield* positive("--cores", values.cores)
    return { module, name: values.export, seeds, html: values.html, test: values.test, cores }
  })

/** The first line of what somebody threw. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? ""

const refuse = (message: string) => Effect.fail(new BadInput({ message }))

/** More seeds than these at once are more than anybody waits for. */
const SEEDS = 1_000_000

const range = (text: string): Effect.Effect<ReadonlyArray<number>, BadInput> => {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/u.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || to < from || to - from >= SEEDS)
    return refuse(`${JSON.stringify(text)} is no range of seeds; give 7, or 1..1000`)
  return Effect.succeed(Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

const positive = (option: string, text: string): Effect.Effect<number, BadInput> =>
  /^[1-9]\d{0,3}$/u.test(text) ? Effect.succeed(Number(text)) : refuse(`${option} takes a number from 1, not ${text}`)
