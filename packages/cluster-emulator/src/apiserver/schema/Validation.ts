/**
 * What a schema says about a value and everything in it, without its rules.
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
 * Causes against a value that is the root of its paths, from the outside in. With a `previous`, what did not change is
 * tolerated; items are found again in lists that are maps only.
 */
export const validate = (value: Json, schema: Structural, previous?: Json): ReadonlyArray<Cause> =>
  checked(value, schema, "", previous === undefined ? undefined : { schema, value, old: previous }).causes

const checked = (value: Json, schema: Structural, path: string, correlation: Correlation | undefined): Result => {
  const result = look(value, schema, path, correlation)
  return result.isValid || !isUnchanged(correlation) ? result : new Result()
}

/** Every group of checks that applies counts once, and once more when it finds nothing wrong with the type. */
const look = (value: Json, schema: Structural, path: string, correlation: Correlation | undefined): Result => {
  const result = new Result()
  const group = (causes: ReadonlyArray<Cause>, passed = 0) => {
    result.add(...causes)
    result.count += 1 + passed
  }
  const types = Values.checkType(value, schema, path)
  if (value === null) {
    result.add(...types, ...Values.checkEnum(value, schema, path))
    return result
  }
  if (schema.types.length > 0 || Values.enforcedFormat(schema) !== "") group(types, types.length === 0 ? 1 : 0)
  result.merge(junctors(value, schema, path))
  result.count += 1
  if (typeof value === "string") {
    group(Values.checkString(value, schema, path))
    if (Values.enforcedFormat(schema) !== "") group(Values.checkFormat(value, schema, path))
  }
  if (typeof value === "number") group(Values.checkNumber(value, schema, path), 1)
  if (isArray(value)) {
    result.merge(items(value, schema, path, correlation))
    result.count += 2
  }
  group(Values.checkEnum(value, schema, path))
  if (isObject(value)) {
    result.merge(fields(value, schema, path, correlation))
    result.count += 1
  }
  result.count += 1
  return result
}

const items = (
  list: ReadonlyArray<Json>,
  schema: Structural,
  path: string,
  correlation: Correlation | undefined
): Result => {
  const result = new Result()
  const { items: known } = schema
  if (known !== undefined) {
    for (const [index, item] of list.entries()) {
      result.merge(checked(item, known, `${path}[${index}]`, atItem(correlation, index)))
    }
  }
  result.add(...Values.checkSize(list.length, schema, path, "items"))
  if (schema.uniqueItems) result.add(...Values.checkUnique(list, path))
  return result
}

/** The type of the root is not tolerated: a server sees old and new in the same one. */
const isIdentity = (path: string, name: string): boolean => path === "" && (name === "apiVersion" || name === "kind")

const fields = (object: JsonObject, schema: Structural, path: string, correlation: Correlation | undefined): Result => {
  const result = new Result()
  const below = (name: string) => (isIdentity(path, name) ? undefined : atField(correlation, name))
  result.add(...Values.checkSize(Object.keys(object).length, schema, path, "properties"))
  const values = schema.additional?.values
  if (values !== undefined) {
    for (const [name, value] of Object.entries(object)) {
      if (!schema.properties.has(name)) result.merge(checked(value, values, child(path, name), below(name)))
    }
  }
  for (const [name, known] of schema.properties) {
    const value = own(object, name)
    if (value !== undefined) result.merge(checked(value, known, child(path, name), below(name)))
  }
  for (const name of schema.required) if (!Object.hasOwn(object, name)) result.add(required(child(path, name)))
  return result
}

const asWhole = (path: string, why: string): Cause => invalid(NO_FIELD, "", `${JSON.stringify(path)} must ${why}`)

/** `anyOf`, `oneOf`, `allOf` and `not`. Nothing below them is tolerated for being old. */
const junctors = (value: Json, schema: Structural, path: string): Result => {
  const result = new Result()
  const each = (schemas: ReadonlyArray<Structural>) => schemas.map((one) => checked(value, one, path, undefined))
  if (schema.anyOf.length > 0) {
    const alternatives = each(schema.anyOf)
    const fitting = alternatives.find((one) => one.isValid)
    if (fitting === undefined) result.add(asWhole(path, "validate at least one schema (anyOf)"))
    result.merge(fitting ?? closest(alternatives))
  }
  if (schema.oneOf.length > 0) {
    const alternatives = each(schema.oneOf)
    const fitting = alternatives.filter((one) => one.isValid)
    const [first] = fitting
    if (fitting.length !== 1) {
      const found = first === undefined ? "Found none valid" : `Found ${fitting.length} valid alternatives`
      result.add(asWhole(path, `validate one and only one schema (oneOf). ${found}`))
    }
    if (first === undefined) result.merge(closest(alternatives))
    else if (fitting.length === 1) result.merge(first)
  }
  if (schema.allOf.length > 0) {
    const parts = each(schema.allOf)
    for (const part of parts) result.merge(part)
    const failed = parts.filter((one) => !one.isValid).length
    const more = failed === parts.length ? ". None validated" : ""
    if (failed > 0) result.add(asWhole(path, `validate all the schemas (allOf)${more}`))
  }
  if (schema.not !== undefined && checked(value, schema.not, path, undefined).isValid) {
    result.add(asWhole(path, "not validate the schema (not)"))
  }
  result.count += 1
  return result
}

/** Of alternatives that all fail, the first that passed the most checks. */
const closest = (alternatives: ReadonlyArray<Result>): Result =>
  alternatives.reduce((best, one) => (one.count > best.count ? one : best), alternatives[0] ?? new Result())
