/** The command line of `portolan-simulate`. */
import { parseArgs } from "node:util"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as ErrorMessage from "../../ErrorMessage.ts"

/** The command cannot run as asked. One line. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

export interface Arguments {
  /** A path, as it was typed. */
  readonly module: string
  readonly name: string
  readonly seeds: ReadonlyArray<number>
  /** Where to write the first failure as an HTML page. */
  readonly html: string | undefined
  /** Where to write the first failure as a test file. */
  readonly test: string | undefined
  readonly cores: number | undefined
}

export const USAGE = `portolan-simulate MODULE [options]

Runs the seeds of the simulation that a module exports, and reports the first that fails.

  --export NAME     name of the export (default "simulation")
  --seeds 1..1000   range of seeds (default 1..100)
  --seed 7          one seed
  --html FILE       write the failed run as an HTML page
  --test FILE       write the failed run as a vitest file
  --cores N         number of cores to use (default all)

Exits with 0 when every seed passes, 1 when a seed fails or the seeds do not reach what
the simulation declares in "sometimes", 2 when the command cannot run.`

const OPTIONS = {
  export: { type: "string", default: "simulation" },
  seeds: { type: "string" },
  seed: { type: "string" },
  html: { type: "string" },
  test: { type: "string" },
  cores: { type: "string" },
  help: { type: "boolean", default: false }
} as const

/** Parses the words after the command's name. */
export const parse = (words: ReadonlyArray<string>): Effect.Effect<Arguments | "Help", BadInput> =>
  Effect.gen(function* () {
    const { positionals, values } = yield* Effect.try({
      try: () => parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true }),
      catch: (error) => new BadInput({ message: ErrorMessage.firstLine(error) })
    })
    if (values.help) return "Help"
    const [module, ...others] = positionals
    if (module === undefined || others.length > 0) return yield* bad("name one module that exports a simulation")
    if (values.seed !== undefined && values.seeds !== undefined)
      return yield* bad("--seed and --seeds cannot be used together")
    const seeds = yield* range(values.seed ?? values.seeds ?? "1..100")
    const cores = values.cores === undefined ? undefined : yield* positive("--cores", values.cores)
    return { module, name: values.export, seeds, html: values.html, test: values.test, cores }
  })

const bad = (message: string) => Effect.fail(new BadInput({ message }))

/** The largest range of seeds that one command accepts. */
const SEEDS_MAX = 1_000_000

const range = (text: string): Effect.Effect<ReadonlyArray<number>, BadInput> => {
  const [, first, last = first] = /^(\d{1,9})(?:\.\.(\d{1,9}))?$/u.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  if (first === undefined || to < from || to - from >= SEEDS_MAX)
    return bad(`${JSON.stringify(text)} is not a range of seeds: use 7 or 1..1000`)
  return Effect.succeed(Array.from({ length: to - from + 1 }, (_, index) => from + index))
}

const positive = (option: string, text: string): Effect.Effect<number, BadInput> =>
  /^[1-9]\d{0,3}$/u.test(text)
    ? Effect.succeed(Number(text))
    : bad(`${option} must be a number from 1 to 9999, not ${JSON.stringify(text)}`)
