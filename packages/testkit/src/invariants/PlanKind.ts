/** Where a kind keeps its plan and what belongs to it, and which of its conditions are intents: what laws need to know of it. */
import { ObjectMeta, TaskPlan } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import type { Call } from "../services/CallLog.ts"

type Json = ObjectMeta.JsonObject

/** Paths within an object: `.status.plan`. */
export interface Places {
  readonly plan: string
  readonly phase: string
  readonly conditions: string
  /** What the object waits for (INV-12). */
  readonly waiting: string
}

export interface PlanKind extends Places {
  readonly kind: ObjectMeta.ObjectKind
  /** Types of conditions that are an intent by themselves: an effect may follow once one is stored (INV-1). */
  readonly intents: ReadonlyArray<string>
}

/** A path that is no place for what a turn writes. One line: which, and what one looks like. */
export class PathInvalid extends Data.TaggedError("PathInvalid")<{ readonly path: string }> {
  override get message(): string {
    return `${JSON.stringify(this.path)} is no path within a status: write it like .status.plan`
  }
}

const DEFAULTS: Places = {
  plan: ".status.plan",
  phase: ".status.phase",
  conditions: ".status.conditions",
  waiting: ".status.waiting"
}
const PLACES = ["plan", "phase", "conditions", "waiting"] as const

/** Describes a kind; what is left out is where the planner's protocol keeps it. Fails when a path leads elsewhere than into the status. */
export const parse = (
  kind: ObjectMeta.ObjectKind,
  options: Partial<Omit<PlanKind, "kind">> = {}
): Result.Result<PlanKind, PathInvalid> => {
  const described = { ...DEFAULTS, intents: [], ...options, kind }
  const bad = PLACES.map((place) => described[place]).find((path) => !/^\.status(?:\.[A-Za-z_][\w-]*)+$/u.test(path))
  return bad === undefined ? Result.succeed(described) : Result.fail(new PathInvalid({ path: bad }))
}

/** {@link parse}, for a description in code: throws {@link PathInvalid}. */
export const make = (kind: ObjectMeta.ObjectKind, options?: Partial<Omit<PlanKind, "kind">>): PlanKind =>
  Result.getOrThrow(parse(kind, options))

/** True when a stored object is of the kind, in whatever version. */
export const describes = ({ kind }: PlanKind, object: ObjectMeta.KubernetesObject): boolean =>
  object.kind === kind.kind && groupOf(object.apiVersion) === groupOf(kind.apiVersion)

const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "")

/** The same calls, as if every kind kept what it keeps where the planner's protocol does: laws look there. */
export const canonical = (calls: ReadonlyArray<Call>, kinds: ReadonlyArray<PlanKind>): ReadonlyArray<Call> => {
  const moved = kinds.filter((kind) => PLACES.some((place) => kind[place] !== DEFAULTS[place]))
  return moved.length === 0 ? calls : calls.map((call) => moved.reduce(seenBy, call))
}

const seenBy = (call: Call, kind: PlanKind): Call => {
  const { after, before, sent, target, verb } = call
  if (!target.startsWith(`${kind.kind.kind} `)) return call
  const view = (object: ObjectMeta.KubernetesObject) =>
    describes(kind, object) && ObjectMeta.isJsonObject(object.status)
      ? { ...object, status: arranged(kind, object.status) }
      : object
  const patch = verb === "patchStatus" ? asJson(sent) : undefined
  return {
    ...call,
    ...(before === undefined ? {} : { before: view(before) }),
    ...(after === undefined ? {} : { after: view(after) }),
    ...(ObjectMeta.isJsonObject(patch) ? { sent: arranged(kind, patch) } : {})
  }
}

const asJson = (value: unknown): Json[string] => JSON.parse(JSON.stringify(value ?? null))

/** A status, or a patch of one, with everything where laws look for it. What stood there before is something else. */
const arranged = (kind: PlanKind, status: Json): Json => {
  const elsewhere = PLACES.filter((place) => kind[place] !== DEFAULTS[place])
  const found = elsewhere.map((place) => [place, at(status, fieldsOf(kind[place]))] as const)
  const rest = elsewhere.reduce((left, place) => without(left, fieldsOf(kind[place])), status)
  const named = Object.entries(rest).map(([name, value]) => [
    elsewhere.some((each) => each === name) ? `another ${name}` : name,
    value
  ])
  return Object.fromEntries([...named, ...found.filter(([, value]) => value !== undefined)])
}

/** The fields of a path within the status. */
const fieldsOf = (path: string): ReadonlyArray<string> => path.split(".").slice(2)

/** What stands at the end of a path; a patch that takes away all above takes it away too. */
const at = (object: Json, [field = "", ...rest]: ReadonlyArray<string>): Json[string] | undefined => {
  const value = object[field]
  if (rest.length === 0 || value === null) return value
  return ObjectMeta.isJsonObject(value) ? at(value, rest) : undefined
}

/** An object without what a path leads to, and without what is empty then. */
const without = (object: Json, [field = "", ...rest]: ReadonlyArray<string>): Json => {
  const { [field]: value, ...others } = object
  if (rest.length === 0) return others
  if (!ObjectMeta.isJsonObject(value)) return object
  const left = without(value, rest)
  return Object.keys(left).length === 0 ? others : { ...others, [field]: left }
}

/** The path of something within a value that can be read as a plan. */
export const findPlan = (value: Json[string] | undefined, path: string): string | undefined => {
  if (!ObjectMeta.isJsonObject(value)) return undefined
  if (TaskPlan.decode(value) !== undefined) return path
  for (const [field, inner] of Object.entries(value)) {
    const found = findPlan(inner, `${path}.${field}`)
    if (found !== undefined) return found
  }
  return undefined
}
