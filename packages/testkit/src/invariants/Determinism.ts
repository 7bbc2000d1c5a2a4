/** INV-14: passes that read the same version of an object build plans with the same ids. */
import * as MergePatch from "@portolan/cluster-emulator/apiserver/MergePatch"
import { ObjectMeta } from "@portolan/planner"
import { memoize } from "effect/Function"
import type { Call } from "../services/CallLog.ts"
import * as History from "./History.ts"
import { type Invariant, type Violation, violation } from "./Invariant.ts"
import { type Plan, planFrom, planOf, statusOf, type Task } from "./StoredStatus.ts"

export const samePlanForSameVersion: Invariant = {
  name: "INV-14",
  statement: "Two passes that saw the same object build the same plan.",
  needs: ["passes", "plans", "builtPlans"],
  check: (calls) => {
    const built = builtPlans(calls)
    return [...disagreements(built), ...sharedIds(built)]
  }
}

/** A plan as a pass built it from the version that it read. */
interface BuiltPlan {
  readonly call: Call
  readonly plan: Plan
  /** The object and the version. */
  readonly observed: string
}

/** Every plan that a pass built, whether its write succeeded or failed. */
export const builtPlans = memoize(
  (calls: ReadonlyArray<Call>): ReadonlyArray<BuiltPlan> =>
    calls.flatMap((call) => {
      const plan = plannedBy(calls, call)
      return plan === undefined
        ? []
        : [{ call, plan, observed: `${call.target} at version ${call.pass?.observedVersion}` }]
    })
)

/** Racing passes may read different child objects and plan different tasks; the status write decides between them. */
const disagreements = (built: ReadonlyArray<BuiltPlan>): ReadonlyArray<Violation> =>
  [...Map.groupBy(built, ({ observed, plan }) => `${observed} ${plan.tasks.map(({ type }) => type).join()}`).values()]
    .flatMap(([first, ...others]) => others.map((other) => ({ first, other })))
    .flatMap(({ first, other }) => {
      if (first === undefined || idsOf(first) === idsOf(other)) return []
      const message = `${other.call.target}: two passes read version ${other.call.pass?.observedVersion} and built plans with different ids`
      return [violation("INV-14", message, [first.call, other.call])]
    })

/** An id that does not depend on the object and its version names two plans, and an agent takes them for one. */
const sharedIds = (built: ReadonlyArray<BuiltPlan>): ReadonlyArray<Violation> =>
  [...Map.groupBy(built, ({ plan }) => plan.id).values()].flatMap((plans) => {
    const [first] = plans
    const other = plans.find(({ observed }) => observed !== first?.observed)
    if (first === undefined || other === undefined) return []
    const message = `plan ${first.plan.id} was built for ${first.observed} and for ${other.observed}`
    return [violation("INV-14", message, [first.call, other.call])]
  })

const idsOf = ({ plan }: BuiltPlan): string => [plan.id, ...plan.tasks.map(({ id }) => id)].join()

/**
 * The new plan in a status write, applied to the version that its pass read. The write may have succeeded or failed.
 */
const plannedBy = (calls: ReadonlyArray<Call>, { sent, pass, verb }: Call): Plan | undefined => {
  if (verb !== "patchStatus" || pass === undefined || !setsPlanId(sent)) return undefined
  const observed = History.objectAt(calls, pass.key, pass.observedVersion)
  const patch: ObjectMeta.JsonObject[string] = JSON.parse(JSON.stringify(sent ?? null))
  const status = ObjectMeta.isJsonObject(patch) ? MergePatch.merge(statusOf(observed), patch) : {}
  const plan = planFrom(status.plan)
  const isNew = plan?.phase === "Active" && plan.id !== planOf(observed)?.id && plan.tasks.every(isUntouched)
  return isNew ? plan : undefined
}

/** A patch that stores another plan names its id. */
const setsPlanId = (sent: unknown): boolean => {
  const plan = typeof sent === "object" && sent !== null && "plan" in sent ? sent.plan : undefined
  return typeof plan === "object" && plan !== null && "id" in plan
}

const isUntouched = ({ status, submittedAt }: Task): boolean => status === "Pending" && submittedAt === undefined
