/**
 * Sends every request of every scenario to a real kube-apiserver, and stores the responses in `corpus/`.
 *
 * With `--check` it stores nothing and lists the responses that differ from the corpus. A scenario with such a response
 * runs again, alone, because the events of a two-second watch and the age of an object depend on the load of the
 * machine. Fails when a response differs both times.
 *
 *     KUBEBUILDER_ASSETS=… node record.ts [--check]
 */
import * as Areas from "./cases/Areas.ts"
import * as Corpus from "./recorder/Corpus.ts"
import * as Differences from "./recorder/Differences.ts"
import { record } from "./recorder/Record.ts"
import * as Replay from "./recorder/Replay.ts"

const WORKERS = 8

const print = (line: string) => process.stdout.write(`${line}\n`)

/** The cases whose response in a new recording differs from the corpus. */
const differing = (corpus: Corpus.Corpus, current: Corpus.Corpus): ReadonlyArray<Replay.Comparison> => {
  const responses = new Map(current.recorded.map(({ answers, scenario }) => [scenario.name, answers]))
  return corpus.recorded
    .flatMap((entry) => Replay.compare(entry, responses.get(entry.scenario.name) ?? []))
    .filter(({ agrees }) => !agrees)
}

const check = async (corpus: Corpus.Corpus): Promise<void> => {
  const scenarios = corpus.recorded.map(({ scenario }) => scenario)
  const current = await record(scenarios, WORKERS)
  const first = differing(corpus, current)
  const repeated = scenarios.filter(({ name }) => first.some((comparison) => comparison.name.startsWith(`${name}#`)))
  const second = repeated.length === 0 ? [] : differing(corpus, await record(repeated, 1))
  const names = new Set(second.map(({ name }) => name))
  for (const { name } of first) if (!names.has(name)) print(`${name} differs only on a busy machine`)
  for (const [reason, cases] of Object.entries(Differences.of(second))) print(`${cases.join(", ")}: ${reason}`)
  print(
    `${second.length} responses of ${current.version} differ from the corpus, which was recorded from ${corpus.version}`
  )
  if (second.length > 0) process.exitCode = 1
}

if (process.argv.includes("--check")) await check(Corpus.read())
else {
  const corpus = await record(Areas.scenarios(), WORKERS)
  Corpus.write(corpus)
  const cases = corpus.recorded.reduce((sum, { answers }) => sum + answers.length, 0)
  print(`${corpus.recorded.length} scenarios, ${cases} cases, ${corpus.version}`)
}
