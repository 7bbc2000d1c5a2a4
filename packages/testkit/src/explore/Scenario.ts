/** A script of user actions that runs many times, each time in a new test cluster, with or without faults. */

import { Condition, ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ErrorMessage from "../ErrorMessage.ts"
import type { FaultableCall } from "../faults/FaultInjector.ts"
import type { Fault } from "../faults/Faults.ts"
import type { ControllerUnderTest } from "../harness/ControllerUnderTest.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import * as Invariants from "../invariants/Invariants.ts"
import type { Call } from "../services/CallLog.ts"
import { resourceOf } from "../services/Resources.ts"
import { withoutLogs } from "./Logging.ts"

export interface Scenario {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** Performs user actions and waits for convergence. Every object must have converged at its end. May assert. */
  readonly script: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  /**
   * The state to compare between runs, without what may differ. Default: phases, plans and conditions of all objects.
   */
  readonly finalState?: (cluster: TestCluster.TestCluster) => unknown
  /**
   * Boundaries that a sweep must reach, so that it cannot come to test less unnoticed: `patchStatus Widget: task claimed`.
   * The run without faults must make a call at each, and a whole sweep must inject every fault there that can happen to
   * that call. {@link boundaries} lists those of a run. Default: none.
   */
  readonly reaches?: ReadonlyArray<string>
}

/** A fault, and the position of the call that it is injected at. */
export interface Injection {
  readonly fault: Fault
  readonly call: number
}

/** The outcome of one run of a script. */
export interface Outcome {
  readonly calls: ReadonlyArray<FaultableCall>
  /** Violations and errors; empty when the run passed. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
  readonly finalState: string
}

/** The script made no call, so there is nothing to inject a fault at. */
export class NoCalls extends Data.TaggedError("NoCalls")<{ readonly scenario: string }> {
  override get message(): string {
    return `${this.scenario}: the script made no call: create an object and let it converge with cluster.create(…) and cluster.converge()`
  }
}

/** Two runs without faults were different. */
export class NotDeterministic extends Data.TaggedError("NotDeterministic")<{
  readonly scenario: string
  readonly difference: string
}> {
  override get message(): string {
    return `${this.scenario}: two runs of the same script differ: ${this.difference}; take time from Clock, randomness from a seed, and share no state between runs`
  }
}

/** The scenario fails without any fault. */
export class FailsWithoutFaults extends Data.TaggedError("FailsWithoutFaults")<{
  readonly scenario: string
  readonly findings: ReadonlyArray<TestCluster.Finding>
}> {
  override get message(): string {
    return `${this.scenario}: fails without any fault: ${this.findings.map(TestCluster.describeWithCalls).join("; ")}`
  }
}

/**
 * Runs the script once in a new test cluster. Never fails: errors of the script become findings. What the controller logs
 * about injected faults is dropped.
 */
export const run = (scenario: Scenario, injections: ReadonlyArray<Injection>): Effect.Effect<Outcome> => {
  const outcome = TestCluster.run(scenario.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      for (const { call, fault } of injections) cluster.inject(fault, call)
      const findings = yield* checkConvergence(cluster, scenario.script(cluster))
      const calls = [...cluster.faultableCalls()]
      const finalState = JSON.stringify((scenario.finalState ?? summary)(cluster))
      return { calls, finalState, findings: [...findings, ...(yield* cluster.findings)] }
    })
  )
  return injections.length === 0 ? outcome : withoutLogs(outcome)
}

/** Runs the script twice without faults. Fails when a run fails, makes no call, or differs from the other. */
export const baseline = (scenario: Scenario): Effect.Effect<Outcome, NoCalls | NotDeterministic | FailsWithoutFaults> =>
  Effect.gen(function* () {
    const { name } = scenario
    const [first, second] = [yield* run(scenario, []), yield* run(scenario, [])]
    if (first.findings.length > 0) return yield* new FailsWithoutFaults({ scenario: name, findings: first.findings })
    if (first.calls.length === 0) return yield* new NoCalls({ scenario: name })
    const difference = differenceOf(first, second)
    return difference === undefined ? first : yield* new NotDeterministic({ scenario: name, difference })
  })

/** The boundaries of the run without faults, each once, in order: what {@link Scenario.reaches} may list. */
export const boundaries = ({ calls }: Pick<Outcome, "calls">): ReadonlyArray<string> => [
  ...new Set(calls.map(({ boundary }) => boundary))
]

/** `patchStatus Widget default/w` */
export const describeCall = ({ site }: Pick<FaultableCall, "site">): string => `${site.verb} ${site.target}`

const differenceOf = (first: Outcome, second: Outcome): string | undefined => {
  const count = Math.max(first.calls.length, second.calls.length)
  for (let index = 0; index < count; index++) {
    const [one, other] = [first.calls[index], second.calls[index]].map((call) =>
      call === undefined ? "no call" : describeCall(call)
    )
    if (one !== other) return `call ${index} was ${one}, then ${other}`
  }
  return first.finalState === second.finalState
    ? undefined
    : `the final state was ${first.finalState}, then ${second.finalState}`
}

/** The failure of a script as a finding. An error that names an invariant becomes a violation of it. */
const findingOf = (cause: Cause.Cause<unknown>): TestCluster.Finding => {
  const message = ErrorMessage.of(Cause.squash(cause))
  const [prefix, number] = /^INV-(4|10): /u.exec(message) ?? []
  return prefix === undefined
    ? { message, calls: [] }
    : { invariant: `INV-${Number(number)}`, message: message.slice(prefix.length), calls: [] }
}

/**
 * Runs a script at whose end every object must have converged, and reports what is wrong. A converged cluster must then
 * stay without writes for an hour in which users do nothing (INV-5).
 */
export const checkConvergence = (cluster: TestCluster.TestCluster, script: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* (): Effect.fn.Return<ReadonlyArray<TestCluster.Finding>> {
    const exit = yield* Effect.exit(script)
    if (Exit.isFailure(exit)) return [findingOf(exit.cause)]
    const unfinished = cluster.unfinished()
    if (unfinished !== undefined) {
      const message = `${unfinished.object} has an unfinished plan when the script ends: let time pass with cluster.converge() or cluster.advance(…)`
      return [{ message, calls: [] }]
    }
    const size = cluster.callLog.size()
    yield* cluster.withoutFaults(cluster.advance("1 hour"))
    const calls = yield* cluster.callLog.calls
    return [...Invariants.checkConverged(calls.slice(size)), ...leftBehind(cluster, calls)]
  })

/** Objects of deleted ones that are still stored (INV-18). Without the cluster's controllers nobody collects garbage. */
const leftBehind = (
  { clusterControllers, controllerUnderTest, server }: TestCluster.TestCluster,
  calls: ReadonlyArray<Call>
): ReadonlyArray<TestCluster.Finding> => {
  if (clusterControllers === undefined) return []
  const uids = new Set(server.resources().flatMap((kind) => server.peekAll(kind).map(({ metadata }) => metadata.uid)))
  return Invariants.checkRemaining(calls, (uid) => uids.has(uid), { keeps: controllerUnderTest.keeps ?? [] })
}

/** The phase, the plan's phase and the conditions of every object. */
const summary = ({ server, controllerUnderTest: { kind } }: TestCluster.TestCluster) =>
  server.peekAll(resourceOf(kind)).map((object) => {
    const status = ObjectMeta.statusOf(object)
    return {
      object: ObjectMeta.keyText(ObjectMeta.keyOf(kind, object)),
      phase: status.phase,
      plan: TaskPlan.decode(status.plan)?.phase,
      conditions: Condition.all(status)
        .map(({ reason, status, type }) => `${type} ${status} ${reason}`)
        .sort()
    }
  })
