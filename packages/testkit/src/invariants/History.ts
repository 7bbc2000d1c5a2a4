/** Reads a call log as passes, the states of objects, and the plans that those objects carry. */
import * as Json from "@portolan/cluster-emulator/apiserver/Json"
import { ObjectMeta } from "@portolan/planner"
import { memoize } from "effect/Function"
import type { Call, Verb } from "../services/CallLog.ts"
import { planOf, statusOf } from "./StoredStatus.ts"

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

/** `Widget` of `Widget default/w`. */
const kindOf = ({ target }: Call): string => target.split(" ")[0] ?? ""

/** The kinds whose objects are reconciled: those of passes, and those whose status was written as a status. */
const controlledKinds = memoize(
  (calls: ReadonlyArray<Call>): ReadonlySet<string> =>
    new Set(
      calls.flatMap((call) => [
        ...(call.pass === undefined ? [] : [call.pass.key.kind.kind]),
        ...(call.verb === "patchStatus" ? [kindOf(call)] : [])
      ])
    )
)

/** Every call that changed the status of a reconciled kind, also those of others, and every `patchStatus` that succeeded. */
export const statusChanges = memoize((calls: ReadonlyArray<Call>): ReadonlyArray<Call> => {
  const kinds = controlledKinds(calls)
  return calls.filter((call) => call.result === "ok" && (call.verb === "patchStatus" || changesStatus(call, kinds)))
})

/** Compares the object before and after the call: the verb, the path and the manager do not matter. */
const changesStatus = (call: Call, kinds: ReadonlySet<string>): boolean => {
  const { after, before, verb } = call
  if (verb === "get" || after === undefined || !kinds.has(kindOf(call)) || before?.status === after.status) return false
  if (before !== undefined && before.metadata.uid !== after.metadata.uid) return false
  return !Json.equal(statusOf(before), statusOf(after))
}

/**
 * Status writes of the controller that succeeded: every call that changed `.status` of a reconciled kind, by whatever verb,
 * and every `patchStatus`, also one that changed nothing.
 */
export const statusWrites = memoize(
  (calls: ReadonlyArray<Call>): ReadonlyArray<Call> =>
    statusChanges(calls).filter(({ isForeign }) => isForeign !== true)
)

const statusWriteSet = memoize((calls: ReadonlyArray<Call>): ReadonlySet<Call> => new Set(statusWrites(calls)))

/** Tells the {@link statusWrites} of a call log from its other calls. */
export const isStatusWrite = (calls: ReadonlyArray<Call>): ((call: Call) => boolean) => {
  const writes = statusWriteSet(calls)
  return (call) => writes.has(call)
}

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

/** The task id of a submission or a poll; empty for any other call. */
export const taskIdOf = ({ sent, verb }: Pick<Call, "sent" | "verb">): string => {
  if (verb === "poll" && typeof sent === "string") return sent
  return typeof sent === "object" && sent !== null && "id" in sent && typeof sent.id === "string" ? sent.id : ""
}

/**
 * True for a status write that stores another plan than the object had. False when the object before it is not known.
 */
export const isPlanCreation = ({ after, before }: Call): boolean => {
  const next = planOf(after)
  return before !== undefined && next !== undefined && next.id !== planOf(before)?.id
}
