/**
 * The rules of a whole schema: compiled once, run over objects, next to what the objects were.
 */
import type { Environment } from "@marcbachmann/cel-js"
import type { Json, JsonObject } from "../Json.ts"
import { isArray, isObject, own } from "../Json.ts"
import type { Cause } from "./Causes.ts"
import { child, duplicate, forbidden, invalid, NO_FIELD, required } from "./Causes.ts"
import * as Cel from "./Cel.ts"
import { base } from "./CelFunctions.ts"
import type { CelType } from "./CelTypes.ts"
import { declare, resourceOf } from "./CelTypes.ts"
import type { Correlation } from "./Correlation.ts"
import { atField, atItem, isUnchanged, oldItem } from "./Correlation.ts"
import type { Rule, Structural } from "./Structural.ts"

export interface CompiledRule {
  readonly rule: Rule
  readonly verdict: Cel.Compiled | Cel.Broken
  /** Set when the rule words its own message. */
  readonly message?: Cel.Compiled | Cel.Broken
}

/** A schema with rules in it or below it. */
export interface RuleNode {
  readonly schema: Structural
  readonly type: CelType
  readonly rules: ReadonlyArray<CompiledRule>
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly items?: RuleNode
  readonly additional?: RuleNode
}

/** Compiles the rules of a schema. `undefined` when there are none. */
export const compile = (schema: Structural): RuleNode | undefined =>
  hasRules(schema) ? compileNode(base(), schema) : undefined

/** Compiles the rules of a whole object, which see its identity too. */
export const compileResource = (schema: Structural): RuleNode | undefined => compile(resourceOf(schema))

/**
 * Causes of the rules that say no. Rules that look back run only where there is something to look back at. A rule that
 * does not look back is not held against what did not change.
 */
export const check = (node: RuleNode, value: Json, previous?: Json, path = ""): ReadonlyArray<Cause> => {
  const current = previous === undefined ? undefined : { schema: node.schema, value, old: previous }
  return run(node, value, previous, path, current === undefined ? {} : { current })
}

const hasRules = (schema: Structural): boolean =>
  schema.rules.length > 0 ||
  (schema.items !== undefined && hasRules(schema.items)) ||
  (schema.additional?.values !== undefined && hasRules(schema.additional.values)) ||
  [...schema.properties.values()].some(hasRules)

const compileNode = (environment: Environment, schema: Structural): RuleNode | undefined => {
  if (!hasRules(schema)) return undefined
  const types = environment.clone({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  const type = declare(types, schema)
  if (type === undefined) return undefined
  const scope = { environment: types, self: type.name }
  const items = schema.items === undefined ? undefined : compileNode(environment, schema.items)
  const values = schema.additional?.values
  const additional = values === undefined ? undefined : compileNode(environment, values)
  const properties = [...schema.properties].flatMap(([name, property]): ReadonlyArray<[string, RuleNode]> => {
    const node = compileNode(environment, property)
    return node === undefined ? [] : [[name, node]]
  })
  return {
    schema,
    type,
    rules: schema.rules.map((rule) => compileRule(scope, rule)),
    properties: new Map(properties),
    ...(items === undefined ? {} : { items }),
    ...(additional === undefined ? {} : { additional })
  }
}

const compileRule = (scope: Cel.Scope, rule: Rule): CompiledRule => {
  const verdict = Cel.compile(scope, rule.rule, "bool", rule.optionalOldSelf)
  if (rule.messageExpression === "") return { rule, verdict }
  return { rule, verdict, message: Cel.compile(scope, rule.messageExpression, "string", rule.optionalOldSelf) }
}

/** What a part was, or else what the nearest part around it was that can be found again. */
interface Tolerance {
  readonly current?: Correlation | undefined
  readonly nearest?: Correlation | undefined
}

const isTolerated = ({ current, nearest }: Tolerance): boolean => isUnchanged(current ?? nearest)

const below = (tolerance: Tolerance, next: (current: Correlation) => Correlation | undefined): Tolerance =>
  tolerance.current === undefined ? tolerance : { current: next(tolerance.current), nearest: tolerance.current }

const belowField = (tolerance: Tolerance, path: string, name: string): Tolerance =>
  path === "" && (name === "apiVersion" || name === "kind") ? {} : below(tolerance, (current) => atField(current, name))

const run = (
  node: RuleNode,
  value: Json,
  old: Json | undefined,
  path: string,
  tolerance: Tolerance
): ReadonlyArray<Cause> => {
  if (value === null) return []
  const causes = node.rules.length === 0 ? [] : runRules(node, value, old, path, tolerance)
  if (isArray(value)) return [...causes, ...runItems(node, value, old, path, tolerance)]
  return isObject(value) ? [...causes, ...runFields(node, value, old, path, tolerance)] : causes
}

const runItems = (
  { items, schema }: RuleNode,
  list: ReadonlyArray<Json>,
  old: Json | undefined,
  path: string,
  tolerance: Tolerance
): ReadonlyArray<Cause> =>
  items === undefined
    ? []
    : list.flatMap((item, index) => {
        const inside = below(tolerance, (current) => atItem(current, index))
        return run(items, item, oldItem(schema, old, item), `${path}[${index}]`, inside)
      })

const runFields = (
  node: RuleNode,
  object: JsonObject,
  old: Json | undefined,
  path: string,
  tolerance: Tolerance
): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = node.properties.get(name)
    const inner = property ?? (node.schema.properties.has(name) ? undefined : node.additional)
    if (inner === undefined) return []
    const before = isObject(old) ? own(old, name) : undefined
    const here = property === undefined ? `${path}[${name}]` : child(path, name)
    return run(inner, value, before, here, belowField(tolerance, path, name))
  })

const runRules = (
  node: RuleNode,
  value: Json,
  old: Json | undefined,
  path: string,
  tolerance: Tolerance
): ReadonlyArray<Cause> => {
  const self = node.type.convert(value)
  const oldSelf = old === undefined || old === null ? undefined : node.type.convert(old)
  const shape = node.schema.types[0] ?? ""
  return node.rules.flatMap(({ message, rule, verdict }): ReadonlyArray<Cause> => {
    if ("error" in verdict) return [invalid(path, shape, `rule compile error: ${verdict.error}`)]
    const { evaluate, usesOldSelf } = verdict.expression
    if (usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) return []
    const outcome = evaluate(self, oldSelf)
    if ("error" in outcome) return [invalid(path, shape, evaluationFailure(outcome.error, rule))]
    if (outcome.value === true || (!usesOldSelf && isTolerated(tolerance))) return []
    const worded = message === undefined || "error" in message ? undefined : message.expression.evaluate(self, oldSelf)
    const place = rule.fieldPath === "" ? path : child(path, rule.fieldPath.replace(/^\./, "").replace(quoted, "[$1]"))
    const shownValue = shape === "object" || shape === "array" ? undefined : value
    return [causeOf(rule, place, shownValue, wording(worded) ?? defaultWording(rule))]
  })
}

/** `['a']` in the path of a rule is `[a]` in the path of a cause. */
const quoted = /\['((?:[^'\\]|\\.)*)'\]/g

const evaluationFailure = (error: string, rule: Rule): string => {
  const which = rule.message === "" ? rule.rule : rule.message
  return error.includes("no such overload") || error.startsWith("found no matching overload")
    ? `'no such overload': call arguments did not match a supported operator, function or macro signature ` +
        `for rule: ${which}`
    : `${error} evaluating rule: ${which}`
}

const defaultWording = ({ message, rule }: Rule): string => (message === "" ? `failed rule: ${rule}` : message)

const MESSAGE_MAX = 5 * 1024

/** The message a rule worded itself, unless it is none that fits one line. */
const wording = (outcome: Cel.Outcome | undefined): string | undefined => {
  if (outcome === undefined || "error" in outcome || typeof outcome.value !== "string") return undefined
  const text = outcome.value.trim()
  return text === "" || text.length > MESSAGE_MAX || text.includes("\n") ? undefined : text
}

const causeOf = ({ reason }: Rule, place: string, value: Json | undefined, detail: string): Cause => {
  const field = place === "" ? NO_FIELD : place
  switch (reason) {
    case "FieldValueForbidden":
      return forbidden(field, detail)
    case "FieldValueRequired":
      return required(field, detail)
    case "FieldValueDuplicate":
      return duplicate(field, value)
    default:
      return invalid(field, value, detail)
  }
}
