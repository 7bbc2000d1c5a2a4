/** Runs many seeds on all cores and reports the first that fails. */
import { writeFileSync } from "node:fs"
import { dirname, relative, resolve, sep } from "node:path"
import { pathToFileURL } from "node:url"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ErrorMessage from "../../ErrorMessage.ts"
import * as Simulator from "../Simulator.ts"
import * as Sometimes from "../Sometimes.ts"
import * as WorkerPool from "../WorkerPool.ts"
import type { Arguments } from "./Arguments.ts"
import * as Input from "./Arguments.ts"
import * as Modules from "./Modules.ts"

/** The exit code and output of the command. */
export interface Ending {
  readonly code: 0 | 1 | 2
  readonly output: string
  /** One line for stderr when the command cannot run as asked. */
  readonly complaint: string
}

const ended = (code: Ending["code"], lines: ReadonlyArray<string>): Ending => ({
  code,
  output: `${lines.join("\n")}\n`,
  complaint: ""
})

/** Runs the command with the words after its name. Writes files only where `--html` and `--test` say so. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<Ending> =>
  Effect.flatMap(Input.parse(words), (parsed) =>
    parsed === "Help" ? Effect.succeed(ended(0, [Input.USAGE])) : simulate(parsed)
  ).pipe(
    Effect.catch((error) =>
      Effect.succeed<Ending>({
        code: 2,
        output: "",
        complaint: `portolan-simulate: ${ErrorMessage.firstLine(error)}\n`
      })
    )
  )

const Result = Schema.Struct({ seed: Schema.Int, fails: Schema.Boolean, held: Schema.Array(Schema.String) })

/** Sources run as they are and packages are compiled, so the worker has the extension of this file. */
const worker = new URL(import.meta.url.endsWith(".ts") ? "./SeedWorker.ts" : "./SeedWorker.js", import.meta.url)

const simulate = Effect.fnUntraced(function* (
  options: Arguments
): Effect.fn.Return<Ending, Input.BadInput | WorkerPool.WorkerLost> {
  const module = pathToFileURL(resolve(options.module))
  const simulation = yield* Modules.load(module, options.name)
  const start = yield* Clock.currentTimeMillis
  const results = yield* WorkerPool.run({
    worker,
    data: { module: module.href, name: options.name },
    jobs: options.seeds,
    result: Result,
    stopOn: ({ fails }) => fails,
    ...(options.cores === undefined ? {} : { cores: options.cores })
  })
  const seconds = Math.max(0.001, ((yield* Clock.currentTimeMillis) - start) / 1000)
  const perSecond = Math.round(results.length / seconds)
  const rate = `${simulation.name}: ${plural(results.length, "seed")} in ${seconds.toFixed(1)} s, ${perSecond} per second`
  const failing = results.find(({ fails }) => fails)
  if (failing === undefined) {
    const everHeld = results.flatMap(({ held }) => held)
    const missing = Sometimes.missing(simulation, everHeld, results.length)
    if (missing.length === 0) return ended(0, [`${rate}; no failures`])
    return ended(1, [`${rate}; no failures, but the simulation does not reach what it declares:`, ...missing])
  }
  const failure = yield* Simulator.runSeed(simulation, failing.seed)
  if (failure === undefined) {
    const message = `seed ${failing.seed} failed in a worker and passes here; the simulation depends on more than its seed`
    return yield* new Input.BadInput({ message })
  }
  const written = yield* write(options, failure)
  return ended(1, [rate, "", Simulator.report(failure), ...written])
})

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/** Writes the requested files and returns a line for each. */
const write = ({ html, module, name, test }: Arguments, failure: Simulator.Failure) => {
  const title = `seed ${failure.seed} of ${name}`
  const files = [
    ...(html === undefined ? [] : [{ path: html, text: Simulator.page(failure.smallest, { title }) }]),
    ...(test === undefined
      ? []
      : [{ path: test, text: Simulator.testFile({ failure, from: importPath(test, module), name }) }])
  ]
  return Effect.forEach(files, ({ path, text }) =>
    Effect.try({
      try: () => writeFileSync(path, text),
      catch: (error) => new Input.BadInput({ message: `cannot write ${path}: ${ErrorMessage.firstLine(error)}` })
    }).pipe(Effect.as(`wrote ${path}`))
  )
}

/** The specifier with which a file imports a module. */
const importPath = (file: string, module: string): string => {
  const path = relative(dirname(resolve(file)), resolve(module))
    .split(sep)
    .join("/")
  return path.startsWith("../") ? path : `./${path}`
}
