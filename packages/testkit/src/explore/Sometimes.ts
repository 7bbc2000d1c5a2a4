/**
 * Conditions that must hold in at least one run of many seeds, so that a simulation cannot come to test less unnoticed: as the
 * "sometimes" assertions of Antithesis.
 */
import { ObjectMeta } from "@portolan/planner"
import * as Boundaries from "../faults/Boundaries.ts"
import * as Faults from "../faults/Faults.ts"
import type { Expected, SimulatedRun, Sometimes } from "./Simulation.ts"

export type { Sometimes } from "./Simulation.ts"

/** A status write that records this step was successful. */
const recorded = (name: string, step: Boundaries.StatusStep): Sometimes => ({
  name,
  holds: ({ calls }) =>
    calls.some(
      ({ after, before, result, verb }) =>
        verb === "patchStatus" &&
        result === "ok" &&
        before !== undefined &&
        after !== undefined &&
        Boundaries.stepOf(ObjectMeta.statusOf(before), ObjectMeta.statusOf(after)) === step
    )
})

export const planCompleted: Sometimes = recorded("a plan was completed", "plan completed")
export const planFailed: Sometimes = recorded("a plan failed", "plan failed")
export const planRebuilt: Sometimes = recorded("a failed plan was rebuilt", "plan rebuilt")
export const planSuperseded: Sometimes = recorded("a plan was superseded", "plan superseded")
export const taskRetried: Sometimes = recorded("a task failed and was retried", "task retried")

export const deletedMidPlan: Sometimes = {
  name: "an object was deleted while its plan was active",
  holds: ({ calls }) =>
    calls.some(
      ({ before, result, verb }) =>
        verb === "patchStatus" && result === "ok" && before !== undefined && isDeletedMidPlan(before)
    )
}

const isDeletedMidPlan = (object: ObjectMeta.KubernetesObject): boolean => {
  const { plan } = ObjectMeta.statusOf(object)
  return object.metadata.deletionTimestamp !== undefined && ObjectMeta.isJsonObject(plan) && plan.phase === "Active"
}

/** One condition for each fault: it was injected. */
export const injected = (faults: ReadonlyArray<Faults.Fault> = Faults.all): ReadonlyArray<Sometimes> =>
  faults.map(({ name }) => ({
    name: `the fault "${name}" was injected`,
    holds: ({ trace }) => trace.marks.some(({ what, who }) => who === "fault" && what.startsWith(`${name}: `))
  }))

/** The names of the conditions that hold in a run. */
export const held = (conditions: ReadonlyArray<Sometimes>, run: SimulatedRun): ReadonlyArray<string> =>
  conditions.filter(({ holds }) => holds(run)).map(({ name }) => name)

/** The number of seeds from which a condition that never held counts as missing, unless the simulation says otherwise. */
const ENOUGH_SEEDS = 100

/** The conditions that held in no run, one sentence each; none when too few seeds ran to expect all of them. */
export const missing = (
  { sometimes = [], sometimesAfter = ENOUGH_SEEDS }: Expected,
  everHeld: ReadonlyArray<string>,
  seeds: number
): ReadonlyArray<string> => {
  if (seeds < sometimesAfter) return []
  const known = new Set(everHeld)
  return sometimes.filter(({ name }) => !known.has(name)).map(({ name }) => `never in ${seeds} seeds: ${name}`)
}
