/**
 * Rules must compile, and look back only where there is something to be found again.
 */
import type { Cause } from "./Causes.ts"
import { invalid, NO_FIELD } from "./Causes.ts"
import type { CompiledRule, RuleNode } from "./CelRules.ts"
import { compileResource } from "./CelRules.ts"
import type { Rule, Structural } from "./Structural.ts"

/** Causes against the rules of a schema; rules of or around nodes that have other causes are left alone. */
export const checkRules = (schema: Structural, path: string, others: ReadonlyArray<Cause>): ReadonlyArray<Cause> => {
  const root = compileResource(schema)
  return root === undefined ? [] : checkNode(root, path, others, undefined)
}

const checkNode = (
  node: RuleNode,
  path: string,
  others: ReadonlyArray<Cause>,
  /** The nearest list around whose items cannot be found again. */
  lost: string | undefined
): ReadonlyArray<Cause> => {
  const isSound = !others.some(({ field }) => field !== NO_FIELD && field.startsWith(path))
  const inside = lost ?? (node.schema.listType === "map" ? undefined : path)
  return [
    ...(isSound
      ? node.rules.flatMap((one, index) => checkRule(one, `${path}.x-kubernetes-validations[${index}]`, lost))
      : []),
    ...[...node.properties].flatMap(([name, property]) =>
      checkNode(property, `${path}.properties[${name}]`, others, lost)
    ),
    ...(node.additional === undefined ? [] : checkNode(node.additional, `${path}.additionalProperties`, others, lost)),
    ...(node.items === undefined ? [] : checkNode(node.items, `${path}.items`, others, inside))
  ]
}

const checkRule = ({ message, rule, verdict }: CompiledRule, path: string, lost: string | undefined) => {
  const causes: Array<Cause> = []
  if ("error" in verdict) causes.push(broken(`${path}.rule`, rule, verdict.error))
  if (message !== undefined && "error" in message) {
    causes.push(broken(`${path}.messageExpression`, rule, message.error))
  }
  if ("error" in verdict) return causes
  if (verdict.expression.usesOldSelf && lost !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${lost}`
    causes.push(invalid(`${path}.rule`, rule.rule, why))
  }
  if (!verdict.expression.usesOldSelf && rule.optionalOldSelf) {
    causes.push(invalid(`${path}.optionalOldSelf`, true, "may not be set if oldSelf is not used in rule"))
  }
  return causes
}

const broken = (field: string, rule: Rule, why: string): Cause => {
  const shown = JSON.stringify({
    Rule: rule.rule,
    Message: rule.message,
    MessageExpression: rule.messageExpression,
    Reason: rule.reason === "" ? null : rule.reason,
    FieldPath: rule.fieldPath,
    OptionalOldSelf: rule.optionalOldSelf ? true : null
  })
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${shown}: ${why}` }
}
