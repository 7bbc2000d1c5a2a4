/** INV-14: passes that read the same version of an object build plans with the same ids. */
import { MergePatch, ObjectMeta, TaskPlan } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const samePlanForSameVersion: Invariant = {
  name: "INV-14",
  statement: "Two passes that saw the same object build the same plan.",
  needs: ["passes", "plans"],
  check: (calls) => {
    const firsts = new Map<string, { readonly call: Call; readonly ids: string }>()
    return calls.flatMap((call) => {
      const plan = plannedBy(calls, call)
      if (plan === undefined) return []
      const ids = [plan.id, ...plan.tasks.map(({ id }) => id)].join()
      // Racing passes may read different child objects and plan different tasks; the status write decides between them.
      const group = `${call.target} ${call.pass?.observedVersion} ${plan.tasks.map(({ type }) => type).join()}`
      const first = firsts.get(group)
      if (first === undefined) firsts.set(group, { call, ids })
      return first === undefined || first.ids === ids ? [] : [disagreement(first.call, call)]
    })
  }
}

const disagreement = (first: Call, second: Call): Violation =>
  violation(
    "INV-14",
    `${second.target}: two passes read version ${second.pass?.observedVersion} and built plans with different ids`,
    [first, second]
  )

/**
 * The new plan in a status write, applied to the version that its pass read. The write may have succeeded or failed.
 */
const plannedBy = (calls: ReadonlyArray<Call>, { sent, pass, verb }: Call): TaskPlan.TaskPlan | undefined => {
  if (verb !== "patchStatus" || pass === undefined || !setsPlanId(sent)) return undefined
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  const patch: ObjectMeta.JsonObject[string] = JSON.parse(JSON.stringify(sent ?? null))
  const status = ObjectMeta.isJsonObject(patch) ? MergePatch.merge(History.statusOf(observed), patch) : {}
  const plan = TaskPlan.decode(status.plan)
  const isNew = plan?.phase === "Active" && plan.id !== History.planOf(observed)?.id && plan.tasks.every(isUntouched)
  return isNew ? plan : undefined
}

/** A patch that stores another plan names its id. */
const setsPlanId = (sent: unknown): boolean => {
  const plan = typeof sent === "object" && sent !== null && "plan" in sent ? sent.plan : undefined
  return typeof plan === "object" && plan !== null && "id" in plan
}

const isUntouched = ({ status, submittedAt }: TaskPlan.PlannedTask): boolean =>
  status === "Pending" && submittedAt === undefined
