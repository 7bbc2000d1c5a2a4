/** A script that is played again and again, each time in a new world, with or without something that goes wrong. */

import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import { Condition, ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { FaultableCall } from "../faults/FaultInjector.ts"
import type { Fault } from "../faults/Faults.ts"
import type { ControllerUnderTest } from "../harness/ControllerUnderTest.ts"
import * as TestCluster from "../harness/TestCluster.ts"
import * as Invariants from "../invariants/Invariants.ts"

export interface Scenario {
  readonly name: string
  readonly controllerUnderTest: ControllerUnderTest
  /** What users do and when all has to settle. Ends with everything settled. Fails or dies when a check of its own does. */
  readonly script: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  /** How everything stands at the end, without what may differ. Unless told: phases, plans and conditions. */
  readonly end?: (cluster: TestCluster.TestCluster) => unknown
}

/** A fault, and at which of the calls of a run it strikes. */
export interface Injection {
  readonly fault: Fault
  readonly call: number
}

/** One run of a script. */
export interface Outcome {
  readonly made: ReadonlyArray<FaultableCall>
  /** What was wrong with it; empty when nothing was. */
  readonly findings: ReadonlyArray<TestCluster.Finding>
  readonly end: string
}

/** The script made no call, so that nothing could go wrong in it. */
export class NothingHappened extends Data.TaggedError("NothingHappened")<{ readonly scenario: string }> {
  override get message(): string {
    return `${this.scenario}: its script made no call; create an object and settle it: world.create(…), world.settle()`
  }
}

/** Two undisturbed runs were not the same. */
export class NotDeterministic extends Data.TaggedError("NotDeterministic")<{
  readonly scenario: string
  readonly difference: string
}> {
  override get message(): string {
    return `${this.scenario}: two runs of the same script differ: ${this.difference}; take time from Clock and chance from a seed, and keep nothing between runs`
  }
}

/** It is broken without any fault. */
export class FailsWithoutFaults extends Data.TaggedError("BrokenAlready")<{
  readonly scenario: string
  readonly findings: ReadonlyArray<TestCluster.Finding>
}> {
  override get message(): string {
    return `${this.scenario}: fails without any fault: ${this.findings.map(TestCluster.describeFinding).join("; ")}`
  }
}

/** Plays the script once, in a new world. Never fails: what goes wrong is a finding. */
export const play = (scenario: Scenario, injections: ReadonlyArray<Injection>): Effect.Effect<Outcome> =>
  TestCluster.run(scenario.controllerUnderTest, (cluster) =>
    Effect.gen(function* () {
      for (const { call, fault } of injections) cluster.inject(fault, call)
      const ended = yield* runToEnd(cluster, scenario.script(cluster))
      const made = [...cluster.faultableCalls()]
      const end = JSON.stringify((scenario.end ?? summary)(cluster))
      return { made, end, findings: [...ended, ...(yield* cluster.findings)] }
    })
  )

/** Plays the script twice and undisturbed. */
export const rehearse = (
  scenario: Scenario
): Effect.Effect<Outcome, NothingHappened | NotDeterministic | FailsWithoutFaults> =>
  Effect.gen(function* () {
    const { name } = scenario
    const [first, second] = [yield* play(scenario, []), yield* play(scenario, [])]
    if (first.findings.length > 0) return yield* new FailsWithoutFaults({ scenario: name, findings: first.findings })
    if (first.made.length === 0) return yield* new NothingHappened({ scenario: name })
    const difference = differenceOf(first, second)
    return difference === undefined ? first : yield* new NotDeterministic({ scenario: name, difference })
  })

/** `patchStatus Widget default/w` */
export const nameOf = ({ site }: FaultableCall): string => `${site.verb} ${site.target}`

const differenceOf = (first: Outcome, second: Outcome): string | undefined => {
  const count = Math.max(first.made.length, second.made.length)
  for (let index = 0; index < count; index++) {
    const [one, other] = [first.made[index], second.made[index]].map((made) =>
      made === undefined ? "nothing" : nameOf(made)
    )
    if (one !== other) return `call ${index} was ${one}, then ${other}`
  }
  return first.end === second.end ? undefined : `one ended as ${first.end}, the other as ${second.end}`
}

const failed = (cause: Cause.Cause<unknown>): TestCluster.Finding => {
  const error = Cause.squash(cause)
  const message = error instanceof Error ? error.message : String(error)
  const invariant = /^INV-10: /u
  return invariant.test(message)
    ? { invariant: "INV-10", message: message.replace(invariant, ""), calls: [] }
    : { message, calls: [] }
}

/**
 * Runs something that ends with everything settled: what was wrong with that. Whatever has settled has to stay so for an
 * hour in which nobody does anything (INV-5).
 */
export const runToEnd = (cluster: TestCluster.TestCluster, script: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* (): Effect.fn.Return<ReadonlyArray<TestCluster.Finding>> {
    const exit = yield* Effect.exit(script)
    if (Exit.isFailure(exit)) return [failed(exit.cause)]
    const left = cluster.unfinished()
    if (left !== undefined)
      return [
        {
          message: `${left} is in the middle of a plan when the script ends; let time pass: world.settle() or world.pass(…)`,
          calls: []
        }
      ]
    const size = cluster.callLog.size()
    yield* cluster.withoutFaults(cluster.advance("1 hour"))
    return Invariants.converged((yield* cluster.callLog.calls).slice(size))
  })

/** The phase, the plan's phase and the conditions of every object. */
const summary = ({ server, controllerUnderTest: { kind } }: TestCluster.TestCluster) =>
  server.peekAll({ ...parseApiVersion(kind.apiVersion), plural: kind.plural }).map((object) => {
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
