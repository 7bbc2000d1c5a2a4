/**
 * The boundary at which a call is: the step of a pass that a fault at this call interrupts. Sweeps and simulations assert
 * which boundaries they reached. Plans are read here from plain JSON, not with planner's functions.
 */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import { at, type JsonObject, objectOf, objectsOf, textOf } from "@portolan/cluster-emulator/apiserver/Json"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import { resourceOf } from "../services/Resources.ts"
import type { CallSite } from "./Around.ts"

/** What a status write records. The first that applies to a write is its step. */
export type StatusStep =
  | "plan removed"
  | "plan superseded"
  | "plan rebuilt"
  | "plan created"
  | "plan completed"
  | "plan failed"
  | "task claimed"
  | "task retried"
  | "task completed"
  | "deletion recorded"
  | "status"

/**
 * `patchStatus Widget: task claimed`, `setFinalizers Widget: finalizer removed`, `apply ConfigMap`, `submit`.
 *
 * @param site a call that has not been made yet
 */
export const of = ({ key, sent, verb }: CallSite<unknown>, server: ApiServer): string => {
  if (key === undefined || verb === "event") return verb
  const { kind, name, namespace } = key
  const text = `${verb} ${kind.kind}`
  if (verb !== "patchStatus" && verb !== "setFinalizers") return text
  const stored = server.peek(resourceOf(kind), namespace, name)
  if (verb === "setFinalizers") {
    const isMore = Array.isArray(sent) && sent.length > (stored?.metadata.finalizers ?? []).length
    return `${text}: finalizer ${isMore ? "added" : "removed"}`
  }
  const before = stored === undefined ? {} : ObjectMeta.statusOf(stored)
  return `${text}: ${stepOf(before, isPatch(sent) ? MergePatch.merge(before, sent) : before)}`
}

const isPatch = (sent: unknown): sent is JsonObject => typeof sent === "object" && sent !== null && !Array.isArray(sent)

/** What changed between two versions of a status. */
export const stepOf = (before: JsonObject, after: JsonObject): StatusStep => {
  const [old, plan] = [objectOf(before.plan), objectOf(after.plan)]
  if (plan.id === undefined) return old.id === undefined ? withoutPlan(before, after) : "plan removed"
  if (plan.id !== old.id) {
    if (textOf(plan.supersedes) !== "") return "plan superseded"
    return Number(plan.attempt ?? 0) > 0 ? "plan rebuilt" : "plan created"
  }
  if (plan.phase !== old.phase && plan.phase === "Complete") return "plan completed"
  if (plan.phase !== old.phase && plan.phase === "Failed") return "plan failed"
  const hasTask = (test: (task: JsonObject, old: JsonObject) => boolean) =>
    objectsOf(plan.tasks).some((task, index) => test(task, objectsOf(old.tasks)[index] ?? {}))
  if (hasTask((task, old) => isSubmitted(task) && task.submittedAt !== old.submittedAt)) return "task claimed"
  if (hasTask((task, old) => Number(task.retryCount ?? 0) > Number(old.retryCount ?? 0))) return "task retried"
  if (hasTask((task, old) => task.status === "Complete" && old.status !== "Complete")) return "task completed"
  return withoutPlan(before, after)
}

const isSubmitted = (task: JsonObject): boolean => task.status === "Pending" && at(task, "submittedAt") !== undefined

const withoutPlan = (before: JsonObject, after: JsonObject): StatusStep =>
  after.phase === "Terminating" && before.phase !== "Terminating" ? "deletion recorded" : "status"
