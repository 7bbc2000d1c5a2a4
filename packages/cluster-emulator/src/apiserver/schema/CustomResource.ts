/**
 * Custom resources as their definitions declare them: what is known of them, what is filled in, what is refused.
 */
import type { Decoded } from "../GoDecoder.ts"
import type { JsonObject } from "../Json.ts"
import { at, isObject, none, objectOf, objectsOf, own, textOf } from "../Json.ts"
import { byText } from "../Memo.ts"
import type { Shape } from "../Shape.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, NO_FIELD } from "./Causes.ts"
import * as CelRules from "./CelRules.ts"
import * as CrdChecks from "./CrdChecks.ts"
import { applyDefaults, dropNulls } from "./Defaulting.ts"
import { checkEmbedded, readEmbedded } from "./Embedded.ts"
import { checkLists } from "./Lists.ts"
import { shapeOf } from "./Merging.ts"
import { prune } from "./Pruning.ts"
import type { Structural } from "./Structural.ts"
import { parse } from "./Structural.ts"
import { validate } from "./Validation.ts"

export type { Cause } from "./Causes.ts"

/** One version of a kind, ready to receive objects. */
export interface CompiledVersion {
  /**
   * Removes what the schema does not know, which `unknown` names, and every `null` that it forbids. `error` says what
   * is wrong with the metadata of a resource in it.
   */
  readonly prune: (object: JsonObject) => Decoded
  /** Fills in defaults. Applying it again changes nothing. */
  readonly applyDefaults: (object: JsonObject) => JsonObject
  /**
   * Every reason to refuse an object. With a `previous`, what was wrong before and did not change is tolerated, and
   * rules that look back are run. A write of the status alone is not held against the rest, except by rules. `others`
   * are reasons that were found before.
   */
  readonly validate: (
    object: JsonObject,
    previous?: JsonObject,
    subresource?: string,
    others?: ReadonlyArray<Cause>
  ) => ReadonlyArray<Cause>
  /** How values merge, and of which type they are. */
  readonly shape: Shape
  readonly hasStatus: boolean
}

/**
 * Compiles one version of a definition. A version without a schema keeps no fields but those of every object. Rules are
 * compiled when the first object is validated; a rule that does not compile refuses every object then.
 */
export const compile = (crd: JsonObject, version: string): CompiledVersion =>
  compileVersion(objectsOf(at(crd, "spec", "versions")).find((one) => textOf(one.name) === version) ?? none)

/** Every reason to refuse a definition; see `CrdChecks`. */
export const checkCrd = (crd: JsonObject): ReadonlyArray<Cause> =>
  checkDefinition({ ...crd, metadata: { name: textOf(at(crd, "metadata", "name")) } })

const checkDefinition = byText(CrdChecks.checkCrd)

const compileVersion = byText((found: JsonObject): CompiledVersion => {
  const schema = parse(objectOf(at(found, "schema", "openAPIV3Schema")))
  let rules: { readonly root: CelRules.RuleNode | undefined } | undefined
  return {
    prune: (object) => {
      const { object: known, unknown } = prune(object, schema)
      const read = readEmbedded(dropNulls(known, schema), schema)
      return { ...read, unknown: [...unknown, ...read.unknown] }
    },
    applyDefaults: (object) => applyDefaults(object, schema),
    validate: (object, previous, subresource, others = []) => {
      const causes = checkShape(object, schema, previous, subresource === "status")
      rules ??= { root: CelRules.compileResource(schema) }
      if (rules.root === undefined) return causes
      const isBlocked = [...others, ...causes].some(isBlocking)
      return [...causes, ...(isBlocked ? [unchecked] : CelRules.check(rules.root, object, previous))]
    },
    shape: shapeOf(schema),
    hasStatus: isObject(at(found, "subresources", "status"))
  }
})

const checkShape = (
  object: JsonObject,
  schema: Structural,
  previous: JsonObject | undefined,
  isStatus: boolean
): ReadonlyArray<Cause> => {
  const lists = checkLists(object, schema)
  const isOld = lists.length > 0 && previous !== undefined && checkLists(previous, schema).length > 0
  const values = isStatus ? checkStatus(object, schema, previous) : validate(object, schema, previous)
  return [...values, ...checkEmbedded(object, schema), ...(isOld ? [] : lists)]
}

/** A server checks a status as an object of its own: messages start their paths below it. */
const checkStatus = (object: JsonObject, root: Structural, previous: JsonObject | undefined): ReadonlyArray<Cause> => {
  const schema = root.properties.get("status")
  const status = own(object, "status")
  if (schema === undefined || status === undefined) return []
  const old = previous === undefined ? undefined : own(previous, "status")
  return validate(status, schema, old).map((cause) => ({
    ...cause,
    field: cause.field === NO_FIELD ? cause.field : child("status", cause.field).replace(/\.$/, "")
  }))
}

const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid"
])

/** Rules are not run over values they may not understand. */
const isBlocking = ({ reason }: Cause): boolean => blocking.has(reason)

const unchecked = invalid(
  NO_FIELD,
  null,
  "some validation rules were not checked because the object was invalid; " +
    "correct the existing errors to complete validation"
)
