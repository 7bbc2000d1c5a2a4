/**
 * Asks a real kube-apiserver every request of every scenario, and keeps what it answered in `corpus/`.
 *
 * With `--check` it keeps nothing, and says what is answered otherwise than in `corpus/`. A scenario with such a case is
 * asked once more, alone, because what a watch tells in its two seconds, and how old an object is, depends on how busy the
 * machine is. Fails when a case is answered otherwise both times.
 *
 *     KUBEBUILDER_ASSETS=… node record.ts [--check]
 */
import * as Areas from "./cases/Areas.ts"
import * as Corpus from "./recorder/Corpus.ts"
import * as Differences from "./recorder/Differences.ts"
import { record } from "./recorder/Record.ts"
import * as Replay from "./recorder/Replay.ts"

const WORKERS = 8

const say = (line: string) => process.stdout.write(`${line}\n`)

/** The cases of a fresh recording that are answered otherwise than they were. */
const otherwise = (kept: Corpus.Corpus, fresh: Corpus.Corpus): ReadonlyArray<Replay.Compared> => {
  const answers = new Map(fresh.recorded.map((one) => [one.scenario.name, one.answers]))
  return kept.recorded
    .flatMap((one) => Replay.compared(one, answers.get(one.scenario.name) ?? []))
    .filter(({ agrees }) => !agrees)
}

const check = async (kept: Corpus.Corpus): Promise<void> => {
  const scenarios = kept.recorded.map(({ scenario }) => scenario)
  const fresh = await record(scenarios, WORKERS)
  const once = otherwise(kept, fresh)
  const doubtful = scenarios.filter(({ name }) => once.some((one) => one.name.startsWith(`${name}#`)))
  const twice = doubtful.length === 0 ? [] : otherwise(kept, await record(doubtful, 1))
  const names = new Set(twice.map(({ name }) => name))
  for (const { name } of once) if (!names.has(name)) say(`${name} is answered otherwise only when the machine is busy`)
  for (const [reason, cases] of Object.entries(Differences.of(twice))) say(`${cases.join(", ")}: ${reason}`)
  say(`${fresh.version} answers ${twice.length} cases otherwise than ${kept.version} did, which is in the corpus`)
  if (twice.length > 0) process.exitCode = 1
}

if (process.argv.includes("--check")) await check(Corpus.read())
else {
  const corpus = await record(Areas.scenarios(), WORKERS)
  Corpus.write(corpus)
  const cases = corpus.recorded.reduce((sum, { answers }) => sum + answers.length, 0)
  say(`${corpus.recorded.length} scenarios, ${cases} cases, ${corpus.version}`)
}
