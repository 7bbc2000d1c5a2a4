/**
 * Custom resources as their definitions declare them: what is known of them, what is filled in, what is refused.
 */
import type { Json, JsonObject } from "../Json.ts"
import { at, isArray, isObject, none, objectOf, objectsOf, own, textOf } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, NO_FIELD } from "./Causes.ts"
import * as CelRules from "./CelRules.ts"
import * as CrdChecks from "./CrdChecks.ts"
import { applyDefaults } from "./Defaulting.ts"
import { checkEmbedded } from "./Embedded.ts"
import { checkLists } from "./Lists.ts"
import { byText } from "./Memo.ts"
import { prune } from "./Pruning.ts"
import type { Structural } from "./Structural.ts"
import { fieldOf, parse } from "./Structural.ts"
import { validate } from "./Validation.ts"

export type { Cause } from "./Causes.ts"

type ListMapKeys =
  | { readonly type: "map"; readonly keys: ReadonlyArray<string>; readonly keyDefaults?: JsonObject }
  | { readonly type: "set" }
  | { readonly type: "atomic" }

/** One version of a kind, ready to receive objects. */
export interface CompiledVersion {
  /** Removes what the schema does not know. `unknown` names what was removed, sorted. */
  readonly prune: (object: JsonObject) => { readonly object: JsonObject; readonly unknown: ReadonlyArray<string> }
  /** Removes forbidden `null`s and fills in defaults. Applying it again changes nothing. */
  readonly applyDefaults: (object: JsonObject) => JsonObject
  /**
   * Every reason to refuse an object. With a `previous`, what was wrong before and did not change is tolerated, and
   * rules that look back are run. A write of the status alone is not held against the rest, except by rules.
   */
  readonly validate: (object: JsonObject, previous?: JsonObject, subresource?: string) => ReadonlyArray<Cause>
  /** How the list at a path of fields merges. Lists of items and maps of lists do not show in the path. */
  readonly listMapKeys: (path: ReadonlyArray<string>) => ListMapKeys
  /** Whether the map under a path is one value to whoever applies. */
  readonly isAtomicMap: (path: ReadonlyArray<string>) => boolean
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

const compileVersion = byText((found): CompiledVersion => {
  const schema = parse(objectOf(at(found, "schema", "openAPIV3Schema")))
  let rules: { readonly root: CelRules.RuleNode | undefined } | undefined
  return {
    prune: (object) => prune(object, schema),
    applyDefaults: (object) => applyDefaults(object, schema),
    validate: (object, previous, subresource) => {
      const causes = checkShape(object, schema, previous, subresource === "status")
      rules ??= { root: CelRules.compileResource(schema) }
      if (rules.root === undefined) return causes
      return [...causes, ...(causes.some(isBlocking) ? [unchecked] : CelRules.check(rules.root, object, previous))]
    },
    listMapKeys: (path) => listTypeOf(schemaAt(schema, path)),
    isAtomicMap: (path) => schemaAt(schema, path).isAtomicMap,
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

const atomic: ListMapKeys = { type: "atomic" }

const schemaAt = (root: Structural, path: ReadonlyArray<string>): Structural =>
  path.reduce((schema, field) => fieldOf(itemOf(schema), field) ?? nothing, root)

const listTypeOf = (schema: Structural): ListMapKeys => {
  switch (schema.listType) {
    case "set":
      return { type: "set" }
    case "map":
      return { type: "map", keys: schema.listMapKeys, ...defaultsOfKeys(schema) }
    default:
      return atomic
  }
}

const nothing = parse(none)

const itemOf = (schema: Structural): Structural => (schema.items === undefined ? schema : itemOf(schema.items))

const defaultsOfKeys = ({ items, listMapKeys }: Structural): { readonly keyDefaults?: JsonObject } => {
  const defaults: Record<string, Json> = {}
  for (const key of listMapKeys) {
    const value = items?.properties.get(key)?.default
    if (value !== undefined && !isArray(value)) defaults[key] = value
  }
  return Object.keys(defaults).length === 0 ? {} : { keyDefaults: defaults }
}
