/** A ledger, read as what happened to plans: turns, the states of objects in them, and the plans they carry. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import { memoize } from "effect/Function"
import type { Call, Verb } from "../services/CallLog.ts"

/** The calls of one turn of one process, in order. */
export interface PassCalls {
  readonly process: string
  readonly number: number
  readonly key: ObjectMeta.ObjectKey
  readonly observedVersion: ObjectMeta.ResourceVersion
  readonly calls: ReadonlyArray<Call>
}

/** Verbs that change the world. */
const EFFECTS: ReadonlyArray<Verb> = ["create", "apply", "delete", "removeFinalizer", "submit"]

export const isEffect = ({ verb }: Call): boolean => EFFECTS.includes(verb)
export const isWritten = ({ result, verb }: Call): boolean => verb === "patchStatus" && result === "ok"

/** Every turn that made a call, in the order of their first calls. Each law asks; a ledger is read once. */
export const passes = memoize((calls: ReadonlyArray<Call>): ReadonlyArray<PassCalls> => {
  const found = new Map<string, { readonly first: PassCalls; readonly calls: Array<Call> }>()
  for (const call of calls) {
    if (call.pass === undefined) continue
    const { key, number, observedVersion: seen } = call.pass
    const id = `${call.process}/${number}/${ObjectMeta.keyText(key)}`
    const known = found.get(id)
    if (known === undefined)
      found.set(id, { first: { process: call.process, number, key, observedVersion: seen, calls: [] }, calls: [call] })
    else known.calls.push(call)
  }
  return [...found.values()].map(({ calls, first }) => ({ ...first, calls }))
})

const lastPasses = memoize(
  (calls: ReadonlyArray<Call>) => new Map(passes(calls).map(({ number, process }) => [process, number]))
)

/** True for the last turn of its process: it may have been cut off. */
export const isLast = (calls: ReadonlyArray<Call>, { number, process }: PassCalls): boolean =>
  lastPasses(calls).get(process) === number

/** `turn 7 of Widget default/w`: how a violation names a turn. */
export const nameOf = ({ key, number, process }: PassCalls): string =>
  `turn ${number} of ${ObjectMeta.keyText(key)} (${process})`

/** The calls about each target. */
const byTarget = memoize((calls: ReadonlyArray<Call>) => Map.groupBy(calls, ({ target }) => target))

/** The state of each target at each version that a call met. */
const byVersion = memoize((calls: ReadonlyArray<Call>) => {
  const states = new Map<string, ObjectMeta.KubernetesObject>()
  for (const { after, before, target } of calls) {
    for (const state of [before, after]) {
      if (state !== undefined) states.set(`${target} ${state.metadata.resourceVersion}`, state)
    }
  }
  return states
})

/** Every state of an object that a call met. */
export const states = (calls: ReadonlyArray<Call>): ReadonlyArray<ObjectMeta.KubernetesObject> => [
  ...byVersion(calls).values()
]

/** The object that a turn is about, as far as the ledger saw it: as it was at a version. */
export const objectAt = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  version: ObjectMeta.ResourceVersion
): ObjectMeta.KubernetesObject | undefined => byVersion(calls).get(`${ObjectMeta.keyText(key)} ${version}`)

/** The latest state that a call before `index` left behind. */
export const lastBefore = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  index: number
): ObjectMeta.KubernetesObject | undefined =>
  byTarget(calls)
    .get(ObjectMeta.keyText(key))
    ?.findLast((call) => call.index < index && call.after !== undefined)?.after

export const statusOf = (object: ObjectMeta.KubernetesObject | undefined): ObjectMeta.JsonObject =>
  object === undefined ? {} : ObjectMeta.statusOf(object)

export const planOf = (object: ObjectMeta.KubernetesObject | undefined): TaskPlan.TaskPlan | undefined =>
  TaskPlan.decode(statusOf(object).plan)

export const taskOf = (object: ObjectMeta.KubernetesObject | undefined, id: string): TaskPlan.PlannedTask | undefined =>
  planOf(object)?.tasks.find((task) => task.id === id)

/** The id that a submission or a poll is about; empty for any other call. */
export const taskIdOf = ({ sent, verb }: Call): string => {
  if (verb === "poll" && typeof sent === "string") return sent
  return typeof sent === "object" && sent !== null && "id" in sent && typeof sent.id === "string" ? sent.id : ""
}

/** A call that records another plan than the object had. Where nobody knows what it had, nobody knows. */
export const isCreation = (call: Call): boolean => {
  const next = planOf(call.after)
  return isWritten(call) && call.before !== undefined && next !== undefined && next.id !== planOf(call.before)?.id
}
