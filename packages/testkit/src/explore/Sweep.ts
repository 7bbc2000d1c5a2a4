/**
 * A scenario once for every boundary and every fault: wherever its process makes a call, each thing that can go wrong there
 * does, and in the end all must be as if nothing had.
 */
import { availableParallelism } from "node:os"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Faults from "../faults/Faults.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import * as Scenario from "./Scenario.ts"
import * as WorkerPool from "./WorkerPool.ts"

export interface Options {
  /** Which faults: all of {@link Faults.all} unless told. */
  readonly faults?: ReadonlyArray<Faults.Fault>
  /** Tries every pair of faults, too: the second one at every later call. */
  readonly pairs?: boolean
  /** Only every nth run, beginning with one: for machines or cores that share a sweep. */
  readonly share?: { readonly index: number; readonly of: number }
}

/** A fault, and the call that it struck. */
export interface Injected {
  readonly call: number
  readonly name: string
  readonly fault: string
}

/** What was tried and what came of it. */
export interface Run {
  readonly injections: ReadonlyArray<Injected>
  /** Empty when all was well. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
}

export interface Report {
  readonly scenario: string
  /** The calls of an undisturbed run. */
  readonly calls: ReadonlyArray<string>
  readonly runs: ReadonlyArray<Run>
}

type Unfit = Scenario.NothingHappened | Scenario.NotDeterministic | Scenario.FailsWithoutFaults

/** Tries everything, one run after the other. */
export const run = (scenario: Scenario.Scenario, options: Options = {}): Effect.Effect<Report, Unfit> =>
  Effect.gen(function* () {
    const { faults = Faults.all, pairs = false, share = { index: 0, of: 1 } } = options
    const undisturbed = yield* Scenario.rehearse(scenario)
    const runs: Array<Run> = []
    let count = 0
    const isOurs = () => count++ % share.of === share.index
    const attempt = (injections: ReadonlyArray<Scenario.Injection>) =>
      Effect.map(Scenario.play(scenario, injections), (outcome) => {
        runs.push({ injections: injectedBy(outcome), findings: judge(outcome, undisturbed) })
        return outcome
      })
    for (const first of injectionsOn(undisturbed, faults, 0)) {
      const outcome = isOurs() ? yield* attempt([first]) : undefined
      if (!pairs) continue
      const played = outcome ?? (yield* Scenario.play(scenario, [first]))
      for (const second of injectionsOn(played, faults, first.call + 1)) {
        if (isOurs()) yield* attempt([first, second])
      }
    }
    return { scenario: scenario.name, calls: undisturbed.made.map(Scenario.nameOf), runs }
  })

/** Where a core finds the scenario: a module that it can import, and what the module calls it. */
export interface Source {
  readonly module: URL
  /** `scenario` unless told. */
  readonly name?: string
}

/** The scenario is no good for a sweep, or the module exports none; one line. */
export class Unshareable extends Data.TaggedError("Unshareable")<{ readonly message: string }> {}

/**
 * {@link run} on every core of the machine. Each imports the module anew, so that it may keep nothing that runs share. Fails
 * with {@link Unshareable} when there is nothing to sweep, and with `WorkerLost` when a core dies.
 */
export const onAllCores = (
  { module, name = "scenario" }: Source,
  { faults = Faults.all, pairs = false }: Omit<Options, "share"> = {}
): Effect.Effect<Report, Unshareable | WorkerPool.WorkerLost> =>
  Effect.gen(function* () {
    const of = availableParallelism()
    const answers = yield* WorkerPool.share({
      worker: WORKER,
      data: { module: module.href, name, faults: faults.map((fault) => fault.name), pairs },
      jobs: Array.from({ length: of }, (_, index) => ({ index, of })),
      answer: Answer
    })
    const reports = answers.flatMap((answer) => ("unfit" in answer ? [] : [answer]))
    const [first] = reports
    const bad = answers.find((answer) => "unfit" in answer)
    if (first === undefined || bad !== undefined) {
      return yield* new Unshareable({ message: bad?.unfit ?? "no core answered" })
    }
    return { ...first, runs: reports.flatMap(({ runs }) => runs) }
  })

const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./Shares.ts" : "./sweep/Shares.js", import.meta.url)

const Finding = Schema.Struct({
  invariant: Schema.optionalKey(Schema.TemplateLiteral(["INV-", Schema.Number])),
  message: Schema.String,
  calls: Schema.Array(Schema.Int)
})
const Injected = Schema.Struct({ call: Schema.Int, name: Schema.String, fault: Schema.String })
const Answer = Schema.Union([
  Schema.Struct({ unfit: Schema.String }),
  Schema.Struct({
    scenario: Schema.String,
    calls: Schema.Array(Schema.String),
    runs: Schema.Array(Schema.Struct({ injections: Schema.Array(Injected), findings: Schema.Array(Finding) }))
  })
])

/** Every fault at every call that it can happen to. */
const injectionsOn = (
  { made }: Scenario.Outcome,
  faults: ReadonlyArray<Faults.Fault>,
  from: number
): ReadonlyArray<Scenario.Injection> =>
  made.flatMap(({ site }, call) =>
    call < from ? [] : faults.filter((fault) => fault.appliesTo(site)).map((fault) => ({ fault, call }))
  )

const injectedBy = ({ made }: Scenario.Outcome): ReadonlyArray<Injected> =>
  made.flatMap((each, call) =>
    each.fault === undefined ? [] : [{ call, name: Scenario.nameOf(each), fault: each.fault.name }]
  )

const judge = (outcome: Scenario.Outcome, undisturbed: Scenario.Outcome): ReadonlyArray<TestCluster.Finding> =>
  outcome.end === undisturbed.end
    ? outcome.findings
    : [...outcome.findings, { message: `ended as ${outcome.end}, not as ${undisturbed.end}`, calls: [] }]

/** The runs in which something was wrong. */
export const failures = ({ runs }: Report): ReadonlyArray<Run> => runs.filter(({ findings }) => findings.length > 0)

/** One sentence for each failure: `answer lost at call 4, patchStatus Widget default/w: INV-3: …`. */
export const describeFailures = (report: Report): ReadonlyArray<string> =>
  failures(report).map(({ findings, injections }) => {
    const where = injections.map(({ call, fault, name }) => `${fault} at call ${call}, ${name}`).join(", and ")
    const what = findings.map(TestCluster.describeFinding)
    return `${where}: ${what.join("; ")}`
  })

/** What was tried: a line for each fault, then a line for each failure. */
export const table = (report: Report): string => {
  const rows = Map.groupBy(report.runs, ({ injections }) => injections.map(({ fault }) => fault).join(" + "))
  const width = Math.max(...[...rows.keys()].map(({ length }) => length), 5)
  const lines = [...rows].map(([fault, runs]) => {
    const bad = runs.filter(({ findings }) => findings.length > 0).length
    return `  ${fault.padEnd(width)}  ${`${runs.length}`.padStart(5)} runs  ${bad === 0 ? "all well" : `${bad} broken`}`
  })
  const head = `${report.scenario}: ${report.calls.length} calls, ${report.runs.length} runs, ${failures(report).length} broken`
  return [head, ...lines, ...describeFailures(report).map((each) => `- ${each}`)].join("\n")
}

/** Dies with the sentences of a report when there are any. */
export const holds = (report: Report): Effect.Effect<void> =>
  failures(report).length === 0 ? Effect.void : Effect.die(new Error(`${table(report)}`))
