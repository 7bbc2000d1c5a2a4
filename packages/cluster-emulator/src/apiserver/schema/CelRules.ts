/**
 * Compiles the CEL rules of a schema, and evaluates them on objects and their old values.
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
  readonly compiled: Cel.Compiled | Cel.CompileError
  /** The compiled `messageExpression`, if any. */
  readonly message?: Cel.Compiled | Cel.CompileError
}

/** A schema node with rules, at or below it. */
export interface RuleNode {
  readonly schema: Structural
  readonly type: CelType
  readonly rules: ReadonlyArray<CompiledRule>
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly items?: RuleNode
  readonly additional?: RuleNode
}

/** Compiles the rules of a schema; `undefined` when it has none. */
export const compile = (schema: Structural): RuleNode | undefined =>
  hasRules(schema) ? compileNode(base(), schema) : undefined

/** Compiles the rules of a resource, whose root rules can access `apiVersion`, `kind` and names in `metadata`. */
export const compileResource = (schema: Structural): RuleNode | undefined => compile(resourceOf(schema))

/**
 * Evaluates the rules, and returns a cause per failed rule.
 *
 * Transition rules run only where there is an old value. Failures of other rules are accepted where the value did not
 * change (ratcheting).
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
  const compiled = Cel.compile(scope, rule.rule, "bool", rule.optionalOldSelf)
  if (rule.messageExpression === "") return { rule, compiled }
  return {
    rule,
    compiled,
    message: Cel.compile(scope, rule.messageExpression, "string", rule.optionalOldSelf)
  }
}

/** The correlation of a value, or else of its nearest correlatable ancestor. */
interface Ratcheting {
  readonly current?: Correlation | undefined
  readonly nearest?: Correlation | undefined
}

const isRatcheted = ({ current, nearest }: Ratcheting): boolean => isUnchanged(current ?? nearest)

const below = (ratcheting: Ratcheting, next: (current: Correlation) => Correlation | undefined): Ratcheting =>
  ratcheting.current === undefined ? ratcheting : { current: next(ratcheting.current), nearest: ratcheting.current }

const belowField = (ratcheting: Ratcheting, path: string, name: string): Ratcheting =>
  path === "" && (name === "apiVersion" || name === "kind")
    ? {}
    : below(ratcheting, (current) => atField(current, name))

const run = (
  node: RuleNode,
  value: Json,
  old: Json | undefined,
  path: string,
  ratcheting: Ratcheting
): ReadonlyArray<Cause> => {
  if (value === null) return []
  const causes = node.rules.length === 0 ? [] : runRules(node, value, old, path, ratcheting)
  if (isArray(value)) return [...causes, ...runItems(node, value, old, path, ratcheting)]
  return isObject(value) ? [...causes, ...runFields(node, value, old, path, ratcheting)] : causes
}

const runItems = (
  { items, schema }: RuleNode,
  list: ReadonlyArray<Json>,
  old: Json | undefined,
  path: string,
  ratcheting: Ratcheting
): ReadonlyArray<Cause> =>
  items === undefined
    ? []
    : list.flatMap((item, index) => {
        const itemRatcheting = below(ratcheting, (current) => atItem(current, index))
        return run(items, item, oldItem(schema, old, item), `${path}[${index}]`, itemRatcheting)
      })

const runFields = (
  node: RuleNode,
  object: JsonObject,
  old: Json | undefined,
  path: string,
  ratcheting: Ratcheting
): ReadonlyArray<Cause> =>
  Object.entries(object).flatMap(([name, value]) => {
    const property = node.properties.get(name)
    const inner = property ?? (node.schema.properties.has(name) ? undefined : node.additional)
    if (inner === undefined) return []
    const before = isObject(old) ? own(old, name) : undefined
    const fieldPath = property === undefined ? `${path}[${name}]` : child(path, name)
    return run(inner, value, before, fieldPath, belowField(ratcheting, path, name))
  })

const runRules = (
  node: RuleNode,
  value: Json,
  old: Json | undefined,
  path: string,
  ratcheting: Ratcheting
): ReadonlyArray<Cause> => {
  const self = node.type.convert(value)
  const oldSelf = old === undefined || old === null ? undefined : node.type.convert(old)
  const type = node.schema.types[0] ?? ""
  return node.rules.flatMap(({ compiled, message, rule }): ReadonlyArray<Cause> => {
    if ("error" in compiled) return [invalid(path, type, `rule compile error: ${compiled.error}`)]
    const { evaluate, usesOldSelf } = compiled.expression
    if (usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) return []
    const outcome = evaluate(self, oldSelf)
    if ("error" in outcome) return [invalid(path, type, evaluationFailure(outcome.error, rule))]
    if (outcome.value === true || (!usesOldSelf && isRatcheted(ratcheting))) return []
    const messageOutcome =
      message === undefined || "error" in message ? undefined : message.expression.evaluate(self, oldSelf)
    const causePath =
      rule.fieldPath === "" ? path : child(path, rule.fieldPath.replace(/^\./, "").replace(quoted, "[$1]"))
    const shownValue = type === "object" || type === "array" ? undefined : value
    return [causeOf(rule, causePath, shownValue, messageOf(messageOutcome) ?? defaultMessage(rule))]
  })
}

/** `['a']` in the path of a rule is `[a]` in the path of a cause. */
const quoted = /\['((?:[^'\\]|\\.)*)'\]/g

const evaluationFailure = (error: string, rule: Rule): string => {
  const ruleText = rule.message === "" ? rule.rule : rule.message
  return error.includes("no such overload") || error.startsWith("found no matching overload")
    ? `'no such overload': call arguments did not match a supported operator, function or macro signature ` +
        `for rule: ${ruleText}`
    : `${error} evaluating rule: ${ruleText}`
}

const defaultMessage = ({ message, rule }: Rule): string => (message === "" ? `failed rule: ${rule}` : message)

const MESSAGE_MAX = 5 * 1024

/** The result of a `messageExpression`; `undefined` when it is empty, too long, or has line breaks. */
const messageOf = (outcome: Cel.Outcome | undefined): string | undefined => {
  if (outcome === undefined || "error" in outcome || typeof outcome.value !== "string") return undefined
  const text = outcome.value.trim()
  return text === "" || text.length > MESSAGE_MAX || text.includes("\n") ? undefined : text
}

const causeOf = ({ reason }: Rule, causePath: string, value: Json | undefined, detail: string): Cause => {
  const field = causePath === "" ? NO_FIELD : causePath
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
