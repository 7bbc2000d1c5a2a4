/**
 * Validates values against a schema, without CEL rules.
 */
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, invalid, NO_FIELD, required } from "./Causes.ts"
import type { Correlation } from "./Correlation.ts"
import { atField, atItem, isUnchanged } from "./Correlation.ts"
import { Result } from "./Result.ts"
import type { Structural } from "./Structural.ts"
import * as Values from "./Values.ts"

/**
 * Validates a value. Paths in the causes start at the value.
 *
 * With a `previous` value, invalid parts that did not change are accepted (ratcheting). Items are correlated only in
 * lists of type `map`.
 */
export const validate = (value: Json, schema: Structural, previous?: Json): ReadonlyArray<Cause> =>
  validateRatcheted(value, schema, "", previous === undefined ? undefined : { schema, value, old: previous }).causes

const validateRatcheted = (
  value: Json,
  schema: Structural,
  path: string,
  correlation: Correlation | undefined
): Result => {
  const result = validateValue(value, schema, path, correlation)
  return result.isValid || !isUnchanged(correlation) ? result : new Result()
}

/** Counts one match per group of validations that applies, and one more when the type is valid. */
const validateValue = (value: Json, schema: Structural, path: string, correlation: Correlation | undefined): Result => {
  const result = new Result()
  const addGroup = (causes: ReadonlyArray<Cause>, passed = 0) => {
    result.add(...causes)
    result.count += 1 + passed
  }
  const types = Values.checkType(value, schema, path)
  if (value === null) {
    result.add(...types, ...Values.checkEnum(value, schema, path))
    return result
  }
  if (schema.types.length > 0 || Values.enforcedFormat(schema) !== "") addGroup(types, types.length === 0 ? 1 : 0)
  result.merge(validateJunctors(value, schema, path))
  result.count += 1
  if (typeof value === "string") {
    addGroup(Values.checkString(value, schema, path))
    if (Values.enforcedFormat(schema) !== "") addGroup(Values.checkFormat(value, schema, path))
  }
  if (typeof value === "number") addGroup(Values.checkNumber(value, schema, path), 1)
  if (isArray(value)) {
    result.merge(validateItems(value, schema, path, correlation))
    result.count += 2
  }
  addGroup(Values.checkEnum(value, schema, path))
  if (isObject(value)) {
    result.merge(validateFields(value, schema, path, correlation))
    result.count += 1
  }
  result.count += 1
  return result
}

const validateItems = (
  list: ReadonlyArray<Json>,
  schema: Structural,
  path: string,
  correlation: Correlation | undefined
): Result => {
  const result = new Result()
  const { items } = schema
  if (items !== undefined) {
    for (const [index, item] of list.entries()) {
      result.merge(validateRatcheted(item, items, `${path}[${index}]`, atItem(correlation, index)))
    }
  }
  result.add(...Values.checkSize(list.length, schema, path, "items"))
  if (schema.uniqueItems) result.add(...Values.checkUnique(list, path))
  return result
}

/** `apiVersion` and `kind` of the root are not ratcheted: both objects are validated in the same version. */
const isTypeMeta = (path: string, name: string): boolean => path === "" && (name === "apiVersion" || name === "kind")

const validateFields = (
  object: JsonObject,
  schema: Structural,
  path: string,
  correlation: Correlation | undefined
): Result => {
  const result = new Result()
  const below = (name: string) => (isTypeMeta(path, name) ? undefined : atField(correlation, name))
  result.add(...Values.checkSize(Object.keys(object).length, schema, path, "properties"))
  const values = schema.additional?.values
  if (values !== undefined) {
    for (const [name, value] of Object.entries(object)) {
      if (!schema.properties.has(name)) result.merge(validateRatcheted(value, values, child(path, name), below(name)))
    }
  }
  for (const [name, property] of schema.properties) {
    const value = own(object, name)
    if (value !== undefined) result.merge(validateRatcheted(value, property, child(path, name), below(name)))
  }
  for (const name of schema.required) if (!Object.hasOwn(object, name)) result.add(required(child(path, name)))
  return result
}

const junctorError = (path: string, why: string): Cause => invalid(NO_FIELD, "", `${JSON.stringify(path)} must ${why}`)

/** Validates `anyOf`, `oneOf`, `allOf` and `not`, without ratcheting. */
const validateJunctors = (value: Json, schema: Structural, path: string): Result => {
  const result = new Result()
  const validateAll = (schemas: ReadonlyArray<Structural>) =>
    schemas.map((one) => validateRatcheted(value, one, path, undefined))
  if (schema.anyOf.length > 0) {
    const alternatives = validateAll(schema.anyOf)
    const valid = alternatives.find((one) => one.isValid)
    if (valid === undefined) result.add(junctorError(path, "validate at least one schema (anyOf)"))
    result.merge(valid ?? closest(alternatives))
  }
  if (schema.oneOf.length > 0) {
    const alternatives = validateAll(schema.oneOf)
    const valid = alternatives.filter((one) => one.isValid)
    const [first] = valid
    if (valid.length !== 1) {
      const found = first === undefined ? "Found none valid" : `Found ${valid.length} valid alternatives`
      result.add(junctorError(path, `validate one and only one schema (oneOf). ${found}`))
    }
    if (first === undefined) result.merge(closest(alternatives))
    else if (valid.length === 1) result.merge(first)
  }
  if (schema.allOf.length > 0) {
    const results = validateAll(schema.allOf)
    for (const one of results) result.merge(one)
    const failed = results.filter((one) => !one.isValid).length
    const suffix = failed === results.length ? ". None validated" : ""
    if (failed > 0) result.add(junctorError(path, `validate all the schemas (allOf)${suffix}`))
  }
  if (schema.not !== undefined && validateRatcheted(value, schema.not, path, undefined).isValid) {
    result.add(junctorError(path, "not validate the schema (not)"))
  }
  result.count += 1
  return result
}

/** The first of the invalid alternatives with the highest count of matches. */
const closest = (alternatives: ReadonlyArray<Result>): Result =>
  alternatives.reduce((best, one) => (one.count > best.count ? one : best), alternatives[0] ?? new Result())
