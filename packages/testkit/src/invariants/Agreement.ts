/** INV-14: whoever looks at the same object plans the same. */
import { MergePatch, ObjectMeta, TaskPlan } from "@portolan/planner"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"

export const invariant: Invariant = {
  name: "INV-14",
  text: "Two turns that saw the same object build the same plan.",
  needs: ["passes", "plans"],
  check: (calls) => {
    const firsts = new Map<string, { readonly call: Call; readonly ids: string }>()
    return calls.flatMap((call) => {
      const plan = recorded(calls, call)
      if (plan === undefined) return []
      const ids = [plan.id, ...plan.tasks.map(({ id }) => id)].join()
      // The world beside the object may give one of two racing turns other steps; the write decides between them.
      const place = `${call.target} ${call.pass?.observedVersion} ${plan.tasks.map(({ type }) => type).join()}`
      const first = firsts.get(place)
      if (first === undefined) firsts.set(place, { call, ids })
      return first === undefined || first.ids === ids ? [] : [disagreement(first.call, call)]
    })
  }
}

const disagreement = (first: Call, second: Call): Violation =>
  violation(
    "INV-14",
    `${second.target}: two turns saw version ${second.pass?.observedVersion} and planned with other ids`,
    [first, second]
  )

/** The plan that a write would have recorded on what its turn saw, whether it won or lost. */
const recorded = (calls: ReadonlyArray<Call>, { sent, pass, verb }: Call): TaskPlan.TaskPlan | undefined => {
  if (verb !== "patchStatus" || pass === undefined || !namesPlan(sent)) return undefined
  const seen = History.objectAt(calls, pass.key, pass.observedVersion)
  const patch: ObjectMeta.JsonObject[string] = JSON.parse(JSON.stringify(sent ?? null))
  const status = ObjectMeta.isJsonObject(patch) ? MergePatch.merge(History.statusOf(seen), patch) : {}
  const plan = TaskPlan.decode(status.plan)
  return plan?.phase === "Active" && plan.id !== History.planOf(seen)?.id && plan.tasks.every(isNew) ? plan : undefined
}

/** Whoever records another plan says its id. */
const namesPlan = (sent: unknown): boolean => {
  const plan = typeof sent === "object" && sent !== null && "plan" in sent ? sent.plan : undefined
  return typeof plan === "object" && plan !== null && "id" in plan
}

const isNew = ({ status, submittedAt }: TaskPlan.PlannedTask): boolean =>
  status === "Pending" && submittedAt === undefined
