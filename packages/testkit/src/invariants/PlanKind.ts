/** Describes where a kind stores its plan and the fields around it, and which of its conditions record an intent. */
import { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import type { Call, Verb } from "../services/CallLog.ts"
import { planFrom } from "./StoredStatus.ts"

type Json = ObjectMeta.JsonObject

/** Paths within an object: `.status.plan`. */
export interface Paths {
  readonly plan: string
  readonly phase: string
  readonly conditions: string
  /** What the object waits for (INV-12). */
  readonly waiting: string
}

/**
 * Work that a pass may do although no plan is stored, because a condition records the intent. The condition alone does not
 * suffice: the call has to do what its status asks for.
 */
export interface Intent {
  /** Type of the condition: `Paused`. */
  readonly condition: string
  readonly verb: Verb
  /** The kind of the object that the call is about: `StatefulSet`. */
  readonly kind: string
  /** The field that the call has to set, and its value for each status of the condition. */
  readonly sets: {
    /** `.spec.replicas` */
    readonly field: string
    readonly True?: ObjectMeta.JsonObject[string]
    readonly False?: ObjectMeta.JsonObject[string]
  }
}

export interface PlanKind extends Paths {
  readonly kind: ObjectMeta.ObjectKind
  /** What passes may do without a plan, because a condition asks for it (INV-1). */
  readonly intents: ReadonlyArray<Intent>
}

/** A path that does not lead into the status of an object. */
export class PathInvalid extends Data.TaggedError("PathInvalid")<{ readonly path: string }> {
  override get message(): string {
    return `${JSON.stringify(this.path)} is not a path within status: use the form .status.plan`
  }
}

const DEFAULTS: Paths = {
  plan: ".status.plan",
  phase: ".status.phase",
  conditions: ".status.conditions",
  waiting: ".status.waiting"
}
const FIELDS = ["plan", "phase", "conditions", "waiting"] as const

/** Describes a kind; paths default to those of the planner. Fails when a path does not lead into the status. */
export const parse = (
  kind: ObjectMeta.ObjectKind,
  options: Partial<Omit<PlanKind, "kind">> = {}
): Result.Result<PlanKind, PathInvalid> => {
  const planKind = { ...DEFAULTS, intents: [], ...options, kind }
  const invalid = FIELDS.map((field) => planKind[field]).find((path) => !/^\.status(?:\.[A-Za-z_][\w-]*)+$/u.test(path))
  return invalid === undefined ? Result.succeed(planKind) : Result.fail(new PathInvalid({ path: invalid }))
}

/** {@link parse} for a description in code: throws {@link PathInvalid}. */
export const make = (kind: ObjectMeta.ObjectKind, options?: Partial<Omit<PlanKind, "kind">>): PlanKind =>
  Result.getOrThrow(parse(kind, options))

/** True when a stored object is of the kind, in any version. */
export const matches = ({ kind }: PlanKind, object: ObjectMeta.KubernetesObject): boolean =>
  object.kind === kind.kind && groupOf(object.apiVersion) === groupOf(kind.apiVersion)

const groupOf = (apiVersion: string): string => (apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "")

/**
 * The same calls with every kind's plan, phase, conditions and wait at the planner's paths, where the checkers read
 * them.
 */
export const canonical = (calls: ReadonlyArray<Call>, kinds: ReadonlyArray<PlanKind>): ReadonlyArray<Call> => {
  const moved = kinds.filter((kind) => FIELDS.some((field) => kind[field] !== DEFAULTS[field]))
  return moved.length === 0 ? calls : calls.map((call) => moved.reduce(canonicalCall, call))
}

const canonicalCall = (call: Call, kind: PlanKind): Call => {
  const { after, before, sent, target, verb } = call
  if (!target.startsWith(`${kind.kind.kind} `)) return call
  const canonicalObject = (object: ObjectMeta.KubernetesObject) =>
    matches(kind, object) && ObjectMeta.isJsonObject(object.status)
      ? { ...object, status: canonicalStatus(kind, object.status) }
      : object
  const patch = verb === "patchStatus" ? asJson(sent) : undefined
  return {
    ...call,
    ...(before === undefined ? {} : { before: canonicalObject(before) }),
    ...(after === undefined ? {} : { after: canonicalObject(after) }),
    ...(ObjectMeta.isJsonObject(patch) ? { sent: canonicalStatus(kind, patch) } : {})
  }
}

const asJson = (value: unknown): Json[string] => JSON.parse(JSON.stringify(value ?? null))

/**
 * Moves the fields of a status, or of a status patch, to the planner's paths. A field of the kind that already has such
 * a name is another field, so it is renamed.
 */
const canonicalStatus = (kind: PlanKind, status: Json): Json => {
  const movedFields = FIELDS.filter((field) => kind[field] !== DEFAULTS[field])
  const moved = movedFields.map((field) => [field, valueAt(status, segmentsOf(kind[field]))] as const)
  const others = movedFields.reduce((remaining, field) => without(remaining, segmentsOf(kind[field])), status)
  const renamed = Object.entries(others).map(([name, value]) => [
    movedFields.some((field) => field === name) ? `another ${name}` : name,
    value
  ])
  return Object.fromEntries([...renamed, ...moved.filter(([, value]) => value !== undefined)])
}

/** The segments of a path below `.status`. */
const segmentsOf = (path: string): ReadonlyArray<string> => path.split(".").slice(2)

/**
 * The value at a path. `null` on the way is the value: a merge patch that removes a parent removes the field as well.
 */
const valueAt = (object: Json, [field = "", ...deeper]: ReadonlyArray<string>): Json[string] | undefined => {
  const value = object[field]
  if (deeper.length === 0 || value === null) return value
  return ObjectMeta.isJsonObject(value) ? valueAt(value, deeper) : undefined
}

/** An object without the field at a path, and without parents that are empty then. */
const without = (object: Json, [field = "", ...deeper]: ReadonlyArray<string>): Json => {
  const { [field]: value, ...others } = object
  if (deeper.length === 0) return others
  if (!ObjectMeta.isJsonObject(value)) return object
  const inner = without(value, deeper)
  return Object.keys(inner).length === 0 ? others : { ...others, [field]: inner }
}

/** The path of the first value within `value` that decodes as a plan. */
export const findPlan = (value: Json[string] | undefined, path: string): string | undefined => {
  if (!ObjectMeta.isJsonObject(value)) return undefined
  if (planFrom(value) !== undefined) return path
  for (const [field, inner] of Object.entries(value)) {
    const found = findPlan(inner, `${path}.${field}`)
    if (found !== undefined) return found
  }
  return undefined
}
