/** Reads a call log as passes, the states of objects, and the plans that those objects carry. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import { memoize } from "effect/Function"
import type { Call, Verb } from "../services/CallLog.ts"

/** The calls of one pass of one process, in order. */
export interface PassCalls {
  readonly process: string
  readonly number: number
  readonly key: ObjectMeta.ObjectKey
  readonly observedVersion: ObjectMeta.ResourceVersion
  readonly calls: ReadonlyArray<Call>
}

/** Verbs with a side effect outside of the reconciled object's own status, finalizers and events. */
const EFFECTS: ReadonlyArray<Verb> = ["create", "apply", "delete", "removeFinalizer", "submit"]

export const isEffect = ({ verb }: Call): boolean => EFFECTS.includes(verb)
/** True for a status write that succeeded. */
export const isStatusWrite = ({ result, verb }: Call): boolean => verb === "patchStatus" && result === "ok"

/** Every pass that made a call, in the order of their first calls. Memoized, because every checker reads the passes. */
export const passes = memoize((calls: ReadonlyArray<Call>): ReadonlyArray<PassCalls> => {
  const passesById = new Map<string, { readonly first: PassCalls; readonly calls: Array<Call> }>()
  for (const call of calls) {
    if (call.pass === undefined) continue
    const { key, number, observedVersion } = call.pass
    const id = `${call.process}/${number}/${ObjectMeta.keyText(key)}`
    const known = passesById.get(id)
    if (known === undefined)
      passesById.set(id, { first: { process: call.process, number, key, observedVersion, calls: [] }, calls: [call] })
    else known.calls.push(call)
  }
  return [...passesById.values()].map(({ calls, first }) => ({ ...first, calls }))
})

const lastPasses = memoize(
  (calls: ReadonlyArray<Call>) => new Map(passes(calls).map(({ number, process }) => [process, number]))
)

/** True for the last pass of its process, which may have been killed in it. */
export const isLastPass = (calls: ReadonlyArray<Call>, { number, process }: PassCalls): boolean =>
  lastPasses(calls).get(process) === number

/** `pass 7 of Widget default/w (process-1)` */
export const describePass = ({ key, number, process }: PassCalls): string =>
  `pass ${number} of ${ObjectMeta.keyText(key)} (${process})`

const callsByTarget = memoize((calls: ReadonlyArray<Call>) => Map.groupBy(calls, ({ target }) => target))

/** The state of each target at each version that a call read or wrote. */
const statesByVersion = memoize((calls: ReadonlyArray<Call>) => {
  const states = new Map<string, ObjectMeta.KubernetesObject>()
  for (const { after, before, target } of calls) {
    for (const state of [before, after]) {
      if (state !== undefined) states.set(`${target} ${state.metadata.resourceVersion}`, state)
    }
  }
  return states
})

/** Every state of an object that the call log contains. */
export const states = (calls: ReadonlyArray<Call>): ReadonlyArray<ObjectMeta.KubernetesObject> => [
  ...statesByVersion(calls).values()
]

/** An object at a version; `undefined` when the call log does not contain that version. */
export const objectAt = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  version: ObjectMeta.ResourceVersion
): ObjectMeta.KubernetesObject | undefined => statesByVersion(calls).get(`${ObjectMeta.keyText(key)} ${version}`)

/** The object as the latest call before `index` left it. */
export const lastBefore = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  index: number
): ObjectMeta.KubernetesObject | undefined =>
  callsByTarget(calls)
    .get(ObjectMeta.keyText(key))
    ?.findLast((call) => call.index < index && call.after !== undefined)?.after

export const statusOf = (object: ObjectMeta.KubernetesObject | undefined): ObjectMeta.JsonObject =>
  object === undefined ? {} : ObjectMeta.statusOf(object)

export const planOf = (object: ObjectMeta.KubernetesObject | undefined): TaskPlan.TaskPlan | undefined =>
  TaskPlan.decode(statusOf(object).plan)

export const taskOf = (object: ObjectMeta.KubernetesObject | undefined, id: string): TaskPlan.PlannedTask | undefined =>
  planOf(object)?.tasks.find((task) => task.id === id)

/** The task id of a submission or a poll; empty for any other call. */
export const taskIdOf = ({ sent, verb }: Call): string => {
  if (verb === "poll" && typeof sent === "string") return sent
  return typeof sent === "object" && sent !== null && "id" in sent && typeof sent.id === "string" ? sent.id : ""
}

/**
 * True for a write that stores another plan than the object had. False when the object before the write is not known.
 */
export const isPlanCreation = (call: Call): boolean => {
  const next = planOf(call.after)
  return isStatusWrite(call) && call.before !== undefined && next !== undefined && next.id !== planOf(call.before)?.id
}
