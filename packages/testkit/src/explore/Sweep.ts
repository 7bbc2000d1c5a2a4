/**
 * Runs a scenario once for every call and every fault that can happen to that call. Each run must end in the same state
 * as the run without faults, with every invariant held.
 */
import { availableParallelism } from "node:os"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Faults from "../faults/Faults.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import * as Reached from "./Reached.ts"
import * as Scenario from "./Scenario.ts"
import * as WorkerPool from "./WorkerPool.ts"

export interface Options {
  /** Default: {@link Faults.all}. */
  readonly faults?: ReadonlyArray<Faults.Fault>
  /** Also runs every pair of faults, the second one at every later call. */
  readonly pairs?: boolean
  /** Runs only every `of`-th run, starting at `index`, to split a sweep over machines or test cases. */
  readonly share?: { readonly index: number; readonly of: number }
}

/** A fault and the call that it was injected at. */
export interface Injected {
  readonly call: number
  readonly name: string
  /** The step of a pass that the call is: `patchStatus Widget: task claimed`. */
  readonly boundary: string
  readonly fault: string
}

export interface Run {
  readonly injections: ReadonlyArray<Injected>
  /** Empty when the run passed. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
}

export interface Report {
  readonly scenario: string
  /** The calls of the run without faults. */
  readonly calls: ReadonlyArray<string>
  /** What the sweep was to reach. */
  readonly aims: Reached.Aims
  /** Whether the sweep ran every run, and not a share of them. */
  readonly isWhole: boolean
  readonly runs: ReadonlyArray<Run>
}

type ScenarioError = Scenario.NoCalls | Scenario.NotDeterministic | Scenario.FailsWithoutFaults

/** Runs the sweep in this process, one run after the other. */
export const run = (scenario: Scenario.Scenario, options: Options = {}): Effect.Effect<Report, ScenarioError> =>
  Effect.gen(function* () {
    const { faults = Faults.all, pairs = false, share = { index: 0, of: 1 } } = options
    const baseline = yield* Scenario.baseline(scenario)
    const runs: Array<Run> = []
    let count = 0
    const isInShare = () => count++ % share.of === share.index
    const runWith = (injections: ReadonlyArray<Scenario.Injection>) =>
      Effect.map(Scenario.run(scenario, injections), (outcome) => {
        runs.push({ injections: injectedIn(outcome), findings: findingsOf(outcome, baseline, injections) })
        return outcome
      })
    for (const first of injectionsFor(baseline, faults, 0)) {
      const reported = isInShare() ? yield* runWith([first]) : undefined
      if (!pairs) continue
      const outcome = reported ?? (yield* Scenario.run(scenario, [first]))
      for (const second of injectionsFor(outcome, faults, first.call + 1)) {
        if (isInShare()) yield* runWith([first, second])
      }
    }
    const aims = Reached.aimsOf(scenario, baseline, faults)
    const calls = baseline.calls.map(Scenario.describeCall)
    return { scenario: scenario.name, calls, aims, isWhole: share.of === 1, runs }
  })

/** Where a worker finds the scenario: a module that it can import, and the name of the export. */
export interface Source {
  readonly module: URL
  /** Default: `scenario`. */
  readonly name?: string
}

/** The module exports no such scenario, or the scenario cannot be swept. One line. */
export class ScenarioUnusable extends Data.TaggedError("ScenarioUnusable")<{ readonly message: string }> {}

/**
 * {@link run} on every core of the machine. Each worker imports the module anew, so the module must not keep state that
 * the runs share. Fails with {@link ScenarioUnusable} when there is nothing to sweep, and with `WorkerLost` when a
 * worker dies.
 */
export const onAllCores = (
  { module, name = "scenario" }: Source,
  { faults = Faults.all, pairs = false }: Omit<Options, "share"> = {}
): Effect.Effect<Report, ScenarioUnusable | WorkerPool.WorkerLost> =>
  Effect.gen(function* () {
    const of = availableParallelism()
    const results = yield* WorkerPool.run({
      worker: WORKER,
      data: { module: module.href, name, faults: faults.map((fault) => fault.name), pairs },
      jobs: Array.from({ length: of }, (_, index) => ({ index, of })),
      result: Result
    })
    const reports = results.flatMap((result) => ("unusable" in result ? [] : [result]))
    const [first] = reports
    const failed = results.find((result) => "unusable" in result)
    if (first === undefined || failed !== undefined) {
      return yield* new ScenarioUnusable({ message: failed?.unusable ?? "no worker returned a result" })
    }
    return { ...first, isWhole: true, runs: reports.flatMap(({ runs }) => runs) }
  })

/** Sources run as they are and packages are compiled, so the worker has the extension of this file. */
const WORKER = new URL(import.meta.url.endsWith(".ts") ? "./SweepWorker.ts" : "./SweepWorker.js", import.meta.url)

const Finding = Schema.Struct({
  invariant: Schema.optionalKey(Schema.TemplateLiteral(["INV-", Schema.Number])),
  message: Schema.String,
  calls: Schema.Array(Schema.Int),
  evidence: Schema.optionalKey(Schema.Array(Schema.String))
})
const Texts = Schema.Array(Schema.String)
const Injected = Schema.Struct({
  call: Schema.Int,
  name: Schema.String,
  boundary: Schema.String,
  fault: Schema.String
})
const Result = Schema.Union([
  Schema.Struct({ unusable: Schema.String }),
  Schema.Struct({
    scenario: Schema.String,
    calls: Texts,
    aims: Schema.Struct({ reaches: Texts, boundaries: Texts, points: Texts }),
    isWhole: Schema.Boolean,
    runs: Schema.Array(Schema.Struct({ injections: Schema.Array(Injected), findings: Schema.Array(Finding) }))
  })
])

/** Every fault at every call, from a position on, that it can happen to. */
const injectionsFor = (
  { calls }: Scenario.Outcome,
  faults: ReadonlyArray<Faults.Fault>,
  from: number
): ReadonlyArray<Scenario.Injection> =>
  calls.flatMap(({ site }, call) =>
    call < from ? [] : faults.filter((fault) => fault.appliesTo(site)).map((fault) => ({ fault, call }))
  )

const injectedIn = ({ calls }: Scenario.Outcome): ReadonlyArray<Injected> =>
  calls.flatMap(({ boundary, fault, site }, call) =>
    fault === undefined ? [] : [{ call, name: Scenario.describeCall({ site }), boundary, fault: fault.name }]
  )

const findingsOf = (
  outcome: Scenario.Outcome,
  baseline: Scenario.Outcome,
  planned: ReadonlyArray<Scenario.Injection>
): ReadonlyArray<TestCluster.Finding> => {
  const without = planned.filter(({ call, fault }) => outcome.calls[call]?.fault !== fault)
  const messages = without.map(({ call, fault }) => `the fault "${fault.name}" was not injected at call ${call}`)
  if (outcome.finalState !== baseline.finalState) {
    messages.push(`the final state is ${outcome.finalState}, without faults it is ${baseline.finalState}`)
  }
  return [...outcome.findings, ...messages.map((message) => ({ message, calls: [] }))]
}

/** What the sweep should have reached and did not, one sentence each: see `Scenario.reaches`. */
export const missing = ({ aims, isWhole, runs }: Report): ReadonlyArray<string> => {
  const injected = runs.flatMap(({ injections }) => injections)
  return Reached.missing(
    aims,
    injected.map(({ boundary, fault }) => Reached.pointOf(fault, boundary)),
    isWhole
  )
}

/** Whether every run passed and everything that the scenario declares was reached. */
export const passed = (report: Report): boolean => failures(report).length === 0 && missing(report).length === 0

/** The runs with findings. */
export const failures = ({ runs }: Report): ReadonlyArray<Run> => runs.filter(({ findings }) => findings.length > 0)

/**
 * One sentence for each failed run, `answer lost at call 4, patchStatus Widget default/w: INV-3: …`, and for each point that
 * was not reached.
 */
export const describeFailures = (report: Report): ReadonlyArray<string> => [
  ...failures(report).map(({ findings, injections }) => {
    const places = injections.map(({ call, fault, name }) => `${fault} at call ${call}, ${name}`)
    const where = places.length === 0 ? "no fault" : places.join(", and ")
    return `${where}: ${findings.map(TestCluster.describeWithCalls).join("; ")}`
  }),
  ...missing(report)
]

/** A report as text: a line for each fault, then a line for each failed run and for each point that was not reached. */
export const table = (report: Report): string => {
  const rows = Map.groupBy(report.runs, ({ injections }) => injections.map(({ fault }) => fault).join(" + "))
  const width = Math.max(...[...rows.keys()].map(({ length }) => length), 5)
  const lines = [...rows].map(([fault, runs]) => {
    const failed = runs.filter(({ findings }) => findings.length > 0).length
    const result = failed === 0 ? "passed" : `${failed} failed`
    return `  ${fault.padEnd(width)}  ${`${runs.length}`.padStart(5)} runs  ${result}`
  })
  const missed = missing(report).length
  const counts = `${report.calls.length} calls, ${report.runs.length} runs, ${failures(report).length} failed${missed === 0 ? "" : `, ${missed} points not reached`}`
  const head = `${report.scenario}: ${counts}`
  return [head, ...lines, ...describeFailures(report).map((failure) => `- ${failure}`)].join("\n")
}

/** Dies with the report as text when a run failed, or when the sweep did not reach what the scenario declares. */
export const expectNoFailures = (report: Report): Effect.Effect<void> =>
  passed(report) ? Effect.void : Effect.die(new Error(table(report)))
