/** INV-6: how a plan ends, and how another plan replaces it. */
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { type Plan, planOf } from "./StoredStatus.ts"

export const planReplacement: Invariant = {
  name: "INV-6",
  statement:
    "A finished plan is removed once, with its conditions; an active plan is replaced only by an explicit supersession.",
  needs: ["states", "plans", "endedPlans"],
  check: (calls) => {
    const writes = History.statusWrites(calls)
    return [...writes.flatMap(onWrite), ...restored(writes)]
  }
}

const report = (call: Call, message: string): Violation => violation("INV-6", `${call.target}: ${message}`, [call])

const onWrite = (call: Call): ReadonlyArray<Violation> => {
  const [before, after] = [planOf(call.before), planOf(call.after)]
  if (before === undefined) return []
  if (after?.id === before.id) return onProgress(call, before, after)
  if (before.phase !== "Active") return []
  if (after === undefined) return [report(call, `active plan ${before.id} was removed`)]
  return after.supersedes === before.id
    ? []
    : [report(call, `plan ${after.id} replaced active plan ${before.id} without superseding it`)]
}

/** Plans and tasks do not go back to an earlier state. */
const onProgress = (call: Call, before: Plan, after: Plan): ReadonlyArray<Violation> => [
  ...(before.phase !== "Active" && after.phase === "Active"
    ? [report(call, `plan ${after.id} was finished and became active again`)]
    : []),
  ...before.tasks
    .filter((task, index) => task.status === "Complete" && after.tasks[index]?.status !== "Complete")
    .map((task) => report(call, `task ${task.id} was Complete and is no longer`))
]

/** Writes that store a plan which was removed from the object before. */
const restored = (writes: ReadonlyArray<Call>): ReadonlyArray<Violation> => {
  const removed = new Set<string>()
  return writes.flatMap((call) => {
    const [before, after] = [planOf(call.before), planOf(call.after)]
    const isRestored = after !== undefined && after.id !== before?.id && removed.has(`${call.target} ${after.id}`)
    if (before !== undefined && after?.id !== before.id) removed.add(`${call.target} ${before.id}`)
    return isRestored ? [report(call, `plan ${after.id} was removed and stored again`)] : []
  })
}
