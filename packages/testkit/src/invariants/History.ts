/** A ledger, read as what happened to plans: turns, the states of objects in them, and the plans they carry. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import type { Call, Verb } from "../Ledger.ts"

/** The calls of one turn of one process, in order. */
export interface TurnCalls {
  readonly process: string
  readonly number: number
  readonly key: ObjectMeta.ObjectKey
  readonly seen: ObjectMeta.ResourceVersion
  readonly calls: ReadonlyArray<Call>
}

/** Verbs that change the world. */
const EFFECTS: ReadonlyArray<Verb> = ["create", "apply", "delete", "removeFinalizer", "submit"]

export const isEffect = ({ verb }: Call): boolean => EFFECTS.includes(verb)
export const isWritten = ({ result, verb }: Call): boolean => verb === "patchStatus" && result === "ok"

/** Every turn that made a call, in the order of their first calls. */
export const turns = (calls: ReadonlyArray<Call>): ReadonlyArray<TurnCalls> => {
  const found = new Map<string, { readonly first: TurnCalls; readonly calls: Array<Call> }>()
  for (const call of calls) {
    if (call.turn === undefined) continue
    const { key, number, seen } = call.turn
    const id = `${call.process}/${number}/${ObjectMeta.keyText(key)}`
    const known = found.get(id)
    if (known === undefined)
      found.set(id, { first: { process: call.process, number, key, seen, calls: [] }, calls: [call] })
    else known.calls.push(call)
  }
  return [...found.values()].map(({ calls, first }) => ({ ...first, calls }))
}

/** `turn 7 of Widget default/w`: how a violation names a turn. */
export const nameOf = ({ key, number, process }: TurnCalls): string =>
  `turn ${number} of ${ObjectMeta.keyText(key)} (${process})`

/** The object that a turn is about, as far as the ledger saw it: as it was at a version. */
export const objectAt = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  version: ObjectMeta.ResourceVersion
): ObjectMeta.KubernetesObject | undefined => {
  const target = ObjectMeta.keyText(key)
  for (const call of calls) {
    if (call.target !== target) continue
    if (call.before?.metadata.resourceVersion === version) return call.before
    if (call.after?.metadata.resourceVersion === version) return call.after
  }
  return undefined
}

/** The latest state that a call before `index` left behind. */
export const lastBefore = (
  calls: ReadonlyArray<Call>,
  key: ObjectMeta.ObjectKey,
  index: number
): ObjectMeta.KubernetesObject | undefined => {
  const target = ObjectMeta.keyText(key)
  return calls.findLast((call) => call.index < index && call.target === target && call.after !== undefined)?.after
}

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

/** A call that records another plan than the object had. */
export const isCreation = (call: Call): boolean => {
  const next = planOf(call.after)
  return isWritten(call) && next !== undefined && next.id !== planOf(call.before)?.id
}
