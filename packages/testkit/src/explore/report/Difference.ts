/** What a change made of an object, in a few words: its plan, its phase, its conditions, then whatever else differs. */

import type { Json } from "@portolan/cluster-emulator/apiserver/Json"
import { at, equal, isObject, textOf } from "@portolan/cluster-emulator/apiserver/Json"
import { Condition, ObjectMeta, TaskPlan } from "@portolan/planner"

/** More of them than these are counted, not named. */
const FIELDS = 3

/** Fields that say nothing by themselves, or that have words of their own. */
const TOLD_ELSEWHERE =
  /^(?:metadata\.(?:managedFields|resourceVersion|generation|uid|creationTimestamp|finalizers|deletion\w+)|status\.(?:plan|phase|conditions|waiting|observedGeneration))(?:\.|$)/u

/** The first eight characters of an id: enough to tell ids of one life apart. */
export const short = (id: string): string => id.slice(0, 8)

/**
 * The differences, the weightiest first: `plan 1f0c2d3e: paint, announce; phase Wet`. `made` when there was no object
 * before; `nothing that counts` when only what the server keeps for itself differs.
 */
export const words = (before: ObjectMeta.KubernetesObject | undefined, after: ObjectMeta.KubernetesObject): string => {
  if (before === undefined) return "made"
  const [was, is] = [ObjectMeta.statusOf(before), ObjectMeta.statusOf(after)]
  const said = [
    ...deletion(before, after),
    ...finalizers(before, after),
    ...plans(TaskPlan.decode(was.plan), TaskPlan.decode(is.plan)),
    ...(textOf(was.phase) === textOf(is.phase) ? [] : [`phase ${textOf(was.phase) || "none"} → ${textOf(is.phase)}`]),
    ...conditions(was, is),
    ...waits(was, is),
    ...fields(before, after)
  ]
  return said.length === 0 ? "nothing that counts" : said.join("; ")
}

const deletion = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined
    ? ["is to be deleted"]
    : []

const finalizers = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject): ReadonlyArray<string> => {
  const [was, is] = [before.metadata.finalizers ?? [], after.metadata.finalizers ?? []]
  return [
    ...is.filter((each) => !was.includes(each)).map((each) => `+ finalizer ${each}`),
    ...was.filter((each) => !is.includes(each)).map((each) => `− finalizer ${each}`)
  ]
}

const plans = (before: TaskPlan.TaskPlan | undefined, after: TaskPlan.TaskPlan | undefined): ReadonlyArray<string> => {
  if (after === undefined) return before === undefined ? [] : [`plan ${short(before.id)} taken off`]
  if (after.id !== before?.id) {
    const place = before === undefined ? "" : ` in place of ${short(before.id)}`
    return [`plan ${short(after.id)}${place}: ${after.tasks.map(({ type }) => type).join(", ")}`]
  }
  const tasks = after.tasks.flatMap((task, index) => taskWords(before.tasks[index], task))
  return before.phase === after.phase ? tasks : [...tasks, `plan ${short(after.id)} ${after.phase}`]
}

const taskWords = (before: TaskPlan.PlannedTask | undefined, after: TaskPlan.PlannedTask): ReadonlyArray<string> => {
  const { retryCount = 0, status, submittedAt, type } = after
  if (before?.status !== status) return [`${type} ${before?.status ?? "new"} → ${status}`]
  if (retryCount !== (before.retryCount ?? 0)) return [`${type} is to be tried again (${retryCount})`]
  return submittedAt === before.submittedAt ? [] : [submittedAt === undefined ? `${type} unclaimed` : `${type} claimed`]
}

const conditions = (before: ObjectMeta.JsonObject, after: ObjectMeta.JsonObject): ReadonlyArray<string> => {
  const is = Condition.all(after)
  const gone = Condition.all(before).filter(({ type }) => Condition.find(after, type) === undefined)
  return [
    ...is.flatMap(({ reason, status, type }) => {
      const was = Condition.find(before, type)
      if (was?.status === status && was.reason === reason) return []
      return [`${type} ${was === undefined || was.status === status ? status : `${was.status} → ${status}`} ${reason}`]
    }),
    ...gone.map(({ type }) => `${type} taken off`)
  ]
}

const waits = (before: ObjectMeta.JsonObject, after: ObjectMeta.JsonObject): ReadonlyArray<string> => {
  const [was, is] = [textOf(at(before.waiting, "for")), textOf(at(after.waiting, "for"))]
  if (was === is) return []
  return [is === "" ? "waits no more" : `waits for ${JSON.stringify(is)}`]
}

/** Every other field, to its leaves. */
const fields = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject): ReadonlyArray<string> => {
  const [was, is] = [leaves(before), leaves(after)]
  const all = [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => !TOLD_ELSEWHERE.test(path) && !equal(was.get(path), is.get(path)))
    .map((path) => `${path} ${brief(was.get(path))} → ${brief(is.get(path))}`)
  return all.length > FIELDS ? [...all.slice(0, FIELDS), `${all.length - FIELDS} fields more`] : all
}

const leaves = (object: ObjectMeta.JsonObject): ReadonlyMap<string, Json> => {
  const found = new Map<string, Json>()
  const walk = (value: Json | undefined, path: string): void => {
    if (value === undefined) return
    if (!isObject(value)) found.set(path, value)
    else for (const [field, inner] of Object.entries(value)) walk(inner, path === "" ? field : `${path}.${field}`)
  }
  walk(object, "")
  return found
}

const brief = (value: Json | undefined): string => {
  const text = value === undefined ? "none" : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
