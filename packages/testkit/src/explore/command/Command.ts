/** Lives many seeds on all cores, and tells of the first that fails. */
import { writeFileSync } from "node:fs"
import { dirname, relative, resolve, sep } from "node:path"
import { pathToFileURL } from "node:url"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Simulator from "../Simulator.ts"
import { withoutLogs } from "../WithoutLogs.ts"
import * as WorkerPool from "../WorkerPool.ts"
import type { Arguments } from "./Arguments.ts"
import * as Input from "./Arguments.ts"
import * as Modules from "./Modules.ts"

/** How the command ends, and what it says. */
export interface Ending {
  readonly code: 0 | 1 | 2
  readonly output: string
  /** One line, when it cannot do what it was asked. */
  readonly complaint: string
}

const ended = (code: Ending["code"], lines: ReadonlyArray<string>): Ending => ({
  code,
  output: `${lines.join("\n")}\n`,
  complaint: ""
})

/** Runs the command with the words after its name. Writes files only when it is told where. */
export const run = (words: ReadonlyArray<string>): Effect.Effect<Ending> =>
  Effect.flatMap(Input.parse(words), (asked) =>
    asked === "Help" ? Effect.succeed(ended(0, [Input.USAGE])) : simulate(asked)
  ).pipe(
    Effect.catch(({ message }) =>
      Effect.succeed<Ending>({ code: 2, output: "", complaint: `portolan-simulate: ${oneLine(message)}\n` })
    )
  )

const oneLine = (message: string): string => message.split("\n")[0] ?? ""

const Answer = Schema.Struct({ seed: Schema.Int, fails: Schema.Boolean })

/** The worker's file has the ending of this one: sources run as they are, and what is published is compiled. */
const worker = new URL(import.meta.url.endsWith(".ts") ? "./Seeds.ts" : "./Seeds.js", import.meta.url)

const simulate = Effect.fnUntraced(function* (
  asked: Arguments
): Effect.fn.Return<Ending, Input.BadInput | WorkerPool.WorkerLost> {
  const module = pathToFileURL(resolve(asked.module))
  const simulation = yield* Modules.load(module, asked.name)
  const begin = yield* Clock.currentTimeMillis
  const answers = yield* WorkerPool.share({
    worker,
    data: { module: module.href, name: asked.name },
    jobs: asked.seeds,
    answer: Answer,
    isEnough: ({ fails }) => fails,
    ...(asked.cores === undefined ? {} : { cores: asked.cores })
  })
  const seconds = Math.max(0.001, ((yield* Clock.currentTimeMillis) - begin) / 1000)
  const pace = `${simulation.name}: ${answers.length} seeds in ${seconds.toFixed(1)} s, ${Math.round(answers.length / seconds)} a second`
  const failing = answers.find(({ fails }) => fails)
  if (failing === undefined) return ended(0, [`${pace}; all well`])
  const failure = yield* withoutLogs(Simulator.seed(simulation, failing.seed))
  if (failure === undefined) {
    const message = `seed ${failing.seed} failed on another core and not here: it depends on more than its seed`
    return yield* new Input.BadInput({ message })
  }
  const written = yield* write(asked, failure)
  return ended(1, [pace, "", Simulator.report(failure), ...written])
})

/** Writes what was asked for; a line for each file. */
const write = ({ html, module, name, test }: Arguments, failure: Simulator.Failure) => {
  const title = `seed ${failure.seed} of ${name}`
  const files = [
    ...(html === undefined ? [] : [{ path: html, text: Simulator.page(failure.smallest, { title }) }]),
    ...(test === undefined
      ? []
      : [{ path: test, text: Simulator.testFile({ failure, from: from(test, module), name }) }])
  ]
  return Effect.forEach(files, ({ path, text }) =>
    Effect.try({
      try: () => writeFileSync(path, text),
      catch: (error) => new Input.BadInput({ message: `${path} cannot be written: ${Input.firstLine(error)}` })
    }).pipe(Effect.as(`written: ${path}`))
  )
}

/** How a file imports a module. */
const from = (file: string, module: string): string => {
  const path = relative(dirname(resolve(file)), resolve(module))
    .split(sep)
    .join("/")
  return path.startsWith("../") ? path : `./${path}`
}
