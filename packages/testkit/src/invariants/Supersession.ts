/** INV-6: how a plan comes to its end, and how another one takes its place. */
import type { TaskPlan } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const invariant: Invariant = {
  name: "INV-6",
  text: "A terminal plan is cleared once, with its conditions; an active plan is replaced only by an explicit supersession.",
  needs: ["states", "plans"],
  check: (calls) => {
    const writes = calls.filter(History.isWritten)
    return [...writes.flatMap(onWrite), ...comesBack(writes)]
  }
}

type Plan = TaskPlan.TaskPlan

const says = (call: Call, message: string): Violation => violation("INV-6", `${call.target}: ${message}`, [call])

const onWrite = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [History.planOf(call.before), History.planOf(call.after)]
  if (before === undefined) return []
  if (after?.id === before.id) return onProgress(call, before, after)
  if (before.phase !== "Active") return []
  if (after === undefined) return [says(call, `active plan ${before.id} was taken off the object`)]
  return after.supersedes === before.id
    ? []
    : [says(call, `plan ${after.id} took the place of active plan ${before.id} and does not say so`)]
}

/** A plan only ever moves on. */
const onProgress = (call: Call, before: Plan, after: Plan): ReadonlyArray<Violation> => [
  ...(before.phase !== "Active" && after.phase === "Active"
    ? [says(call, `plan ${after.id} had ended and became active again`)]
    : []),
  ...before.tasks
    .filter((task, index) => task.status === "Complete" && after.tasks[index]?.status !== "Complete")
    .map((task) => says(call, `task ${task.id} was complete and is no longer`))
]

/** A plan that left its object stays away. */
const comesBack = (writes: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const gone = new Set<string>()
  return writes.flatMap((call) => {
    const [before, after] = [History.planOf(call.before), History.planOf(call.after)]
    const isBack = after !== undefined && after.id !== before?.id && gone.has(`${call.target} ${after.id}`)
    if (before !== undefined && after?.id !== before.id) gone.add(`${call.target} ${before.id}`)
    return isBack ? [says(call, `plan ${after.id} had left the object and came back`)] : []
  })
}
