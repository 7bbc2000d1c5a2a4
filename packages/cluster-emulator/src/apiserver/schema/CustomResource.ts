/**
 * Pruning, defaulting and validation of custom resources, compiled from one version of a CustomResourceDefinition.
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
import { checkEmbedded, decodeEmbedded } from "./Embedded.ts"
import { checkLists } from "./Lists.ts"
import { shapeOf } from "./Merging.ts"
import { prune } from "./Pruning.ts"
import type { Structural } from "./Structural.ts"
import { parse } from "./Structural.ts"
import { validate } from "./Validation.ts"

export type { Cause } from "./Causes.ts"

/** One compiled version of a custom kind. */
export interface CompiledVersion {
  /**
   * Prunes unknown fields and drops forbidden nulls. `unknown` has the paths of pruned fields, `error` the first error
   * in the metadata of an embedded resource.
   */
  readonly prune: (object: JsonObject) => Decoded
  /** Applies defaults. Idempotent. */
  readonly applyDefaults: (object: JsonObject) => JsonObject
  /**
   * Validates an object. With a `previous` object, unchanged invalid parts are accepted (ratcheting), and transition
   * rules run. For the status subresource, only `status` is validated, but all rules run. `others` are the causes so
   * far: some of them prevent rules from running.
   */
  readonly validate: (
    object: JsonObject,
    previous?: JsonObject,
    subresource?: string,
    others?: ReadonlyArray<Cause>
  ) => ReadonlyArray<Cause>
  /** The typed schema for server-side apply. */
  readonly shape: Shape
  readonly hasStatus: boolean
}

/**
 * Compiles one version of a definition. Without a schema, all fields but `apiVersion`, `kind` and `metadata` are
 * pruned. Rules are compiled when the first object is validated. A rule that does not compile then fails every object.
 */
export const compile = (crd: JsonObject, version: string): CompiledVersion =>
  compileVersion(objectsOf(at(crd, "spec", "versions")).find((one) => textOf(one.name) === version) ?? none)

/** Validates a CustomResourceDefinition; see `CrdChecks`. */
export const checkCrd = (crd: JsonObject): ReadonlyArray<Cause> =>
  checkDefinition({ ...crd, metadata: { name: textOf(at(crd, "metadata", "name")) } })

const checkDefinition = byText(CrdChecks.checkCrd)

const compileVersion = byText((version: JsonObject): CompiledVersion => {
  const schema = parse(objectOf(at(version, "schema", "openAPIV3Schema")))
  let rules: { readonly root: CelRules.RuleNode | undefined } | undefined
  return {
    prune: (object) => {
      const pruned = prune(object, schema)
      const decoded = decodeEmbedded(dropNulls(pruned.object, schema), schema)
      return { ...decoded, unknown: [...pruned.unknown, ...decoded.unknown] }
    },
    applyDefaults: (object) => applyDefaults(object, schema),
    validate: (object, previous, subresource, others = []) => {
      const causes = checkValues(object, schema, previous, subresource === "status")
      rules ??= { root: CelRules.compileResource(schema) }
      if (rules.root === undefined) return causes
      const isBlocked = [...others, ...causes].some(isBlocking)
      return [...causes, ...(isBlocked ? [rulesSkipped] : CelRules.check(rules.root, object, previous))]
    },
    shape: shapeOf(schema),
    hasStatus: isObject(at(version, "subresources", "status"))
  }
})

const checkValues = (
  object: JsonObject,
  schema: Structural,
  previous: JsonObject | undefined,
  isStatus: boolean
): ReadonlyArray<Cause> => {
  const lists = checkLists(object, schema)
  const isRatcheted = lists.length > 0 && previous !== undefined && checkLists(previous, schema).length > 0
  const values = isStatus ? checkStatus(object, schema, previous) : validate(object, schema, previous)
  return [...values, ...checkEmbedded(object, schema), ...(isRatcheted ? [] : lists)]
}

/** Validates `status` on its own. Paths in messages start below `status`, fields of causes do not. */
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

/** Causes that prevent CEL rules from running, because the values may not have the types of the schema. */
const isBlocking = ({ reason }: Cause): boolean => blocking.has(reason)

const rulesSkipped = invalid(
  NO_FIELD,
  null,
  "some validation rules were not checked because the object was invalid; " +
    "correct the existing errors to complete validation"
)
