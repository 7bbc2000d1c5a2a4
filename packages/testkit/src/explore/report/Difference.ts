/** Describes a change of an object in a few words: plan, phase, conditions, then other fields. */

import type { Json } from "@portolan/cluster-emulator/apiserver/Json"
import { at, equal, isObject, textOf } from "@portolan/cluster-emulator/apiserver/Json"
import { Condition, ObjectMeta, TaskPlan } from "@portolan/planner"

/** Further changed fields are counted, not listed. */
const FIELDS_MAX = 3

/** Fields that the API server maintains, and fields that have a description of their own. */
const DESCRIBED_ELSEWHERE =
  /^(?:metadata\.(?:managedFields|resourceVersion|generation|uid|creationTimestamp|finalizers|deletion\w+)|status\.(?:plan|phase|conditions|waiting|observedGeneration))(?:\.|$)/u

/** The first eight characters of an id: enough to tell the ids of one run apart. */
export const shortId = (id: string): string => id.slice(0, 8)

/**
 * The differences, the most important first: `plan 1f0c2d3e: paint, publish; phase none → Wet`. `created` when there
 * was no object before; `no visible change` when only fields that the API server maintains differ.
 */
export const describe = (
  before: ObjectMeta.KubernetesObject | undefined,
  after: ObjectMeta.KubernetesObject
): string => {
  if (before === undefined) return "created"
  const [was, is] = [ObjectMeta.statusOf(before), ObjectMeta.statusOf(after)]
  const changes = [
    ...deletion(before, after),
    ...finalizers(before, after),
    ...plan(TaskPlan.decode(was.plan), TaskPlan.decode(is.plan)),
    ...(textOf(was.phase) === textOf(is.phase) ? [] : [`phase ${textOf(was.phase) || "none"} → ${textOf(is.phase)}`]),
    ...conditions(was, is),
    ...wait(was, is),
    ...otherFields(before, after)
  ]
  return changes.length === 0 ? "no visible change" : changes.join("; ")
}

const deletion = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  before.metadata.deletionTimestamp === undefined && after.metadata.deletionTimestamp !== undefined
    ? ["deletion requested"]
    : []

const finalizers = (before: ObjectMeta.KubernetesObject, after: ObjectMeta.KubernetesObject): ReadonlyArray<string> => {
  const [was, is] = [before.metadata.finalizers ?? [], after.metadata.finalizers ?? []]
  return [
    ...is.filter((name) => !was.includes(name)).map((name) => `finalizer ${name} added`),
    ...was.filter((name) => !is.includes(name)).map((name) => `finalizer ${name} removed`)
  ]
}

const plan = (before: TaskPlan.TaskPlan | undefined, after: TaskPlan.TaskPlan | undefined): ReadonlyArray<string> => {
  if (after === undefined) return before === undefined ? [] : [`plan ${shortId(before.id)} removed`]
  if (after.id !== before?.id) {
    const replaced = before === undefined ? "" : ` replaces ${shortId(before.id)}`
    return [`plan ${shortId(after.id)}${replaced}: ${after.tasks.map(({ type }) => type).join(", ")}`]
  }
  const tasks = after.tasks.flatMap((next, index) => task(before.tasks[index], next))
  return before.phase === after.phase ? tasks : [...tasks, `plan ${shortId(after.id)} ${after.phase}`]
}

const task = (before: TaskPlan.PlannedTask | undefined, after: TaskPlan.PlannedTask): ReadonlyArray<string> => {
  const { retryCount = 0, status, submittedAt, type } = after
  if (before?.status !== status) return [`${type} ${before?.status ?? "new"} → ${status}`]
  if (retryCount !== (before.retryCount ?? 0)) return [`${type} retry ${retryCount}`]
  if (submittedAt === before.submittedAt) return []
  return [submittedAt === undefined ? `${type} claim removed` : `${type} claimed`]
}

const conditions = (before: ObjectMeta.JsonObject, after: ObjectMeta.JsonObject): ReadonlyArray<string> => {
  const removed = Condition.all(before).filter(({ type }) => Condition.find(after, type) === undefined)
  return [
    ...Condition.all(after).flatMap(({ reason, status, type }) => {
      const was = Condition.find(before, type)
      if (was?.status === status && was.reason === reason) return []
      return [`${type} ${was === undefined || was.status === status ? status : `${was.status} → ${status}`} ${reason}`]
    }),
    ...removed.map(({ type }) => `${type} removed`)
  ]
}

const wait = (before: ObjectMeta.JsonObject, after: ObjectMeta.JsonObject): ReadonlyArray<string> => {
  const [was, is] = [textOf(at(before.waiting, "for")), textOf(at(after.waiting, "for"))]
  if (was === is) return []
  return [is === "" ? "no longer waiting" : `waiting for ${JSON.stringify(is)}`]
}

const otherFields = (
  before: ObjectMeta.KubernetesObject,
  after: ObjectMeta.KubernetesObject
): ReadonlyArray<string> => {
  const [was, is] = [leavesOf(before), leavesOf(after)]
  const changes = [...new Set([...was.keys(), ...is.keys()])]
    .filter((path) => !DESCRIBED_ELSEWHERE.test(path) && !equal(was.get(path), is.get(path)))
    .map((path) => `${path} ${brief(was.get(path))} → ${brief(is.get(path))}`)
  const omitted = changes.length - FIELDS_MAX
  return omitted > 0 ? [...changes.slice(0, FIELDS_MAX), `${omitted} more fields`] : changes
}

const leavesOf = (object: ObjectMeta.JsonObject): ReadonlyMap<string, Json> => {
  const leaves = new Map<string, Json>()
  const walk = (value: Json | undefined, path: string): void => {
    if (value === undefined) return
    if (!isObject(value)) leaves.set(path, value)
    else for (const [field, inner] of Object.entries(value)) walk(inner, path === "" ? field : `${path}.${field}`)
  }
  walk(object, "")
  return leaves
}

const brief = (value: Json | undefined): string => {
  const text = value === undefined ? "none" : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 39)}…` : text
}
