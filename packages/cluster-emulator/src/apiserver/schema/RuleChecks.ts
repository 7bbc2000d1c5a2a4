/**
 * Validates CEL rules of a CustomResourceDefinition: they compile, and use `oldSelf` only where values are
 * correlatable.
 */
import type { Cause } from "./Causes.ts"
import { invalid, NO_FIELD } from "./Causes.ts"
import type { CompiledRule, RuleNode } from "./CelRules.ts"
import { compileResource } from "./CelRules.ts"
import type { Rule, Structural } from "./Structural.ts"

/** Validates the rules of a schema. Skips the rules of nodes for which there are `others`, at or below them. */
export const checkRules = (schema: Structural, path: string, others: ReadonlyArray<Cause>): ReadonlyArray<Cause> => {
  const root = compileResource(schema)
  return root === undefined ? [] : checkNode(root, path, others, undefined)
}

const checkNode = (
  node: RuleNode,
  path: string,
  others: ReadonlyArray<Cause>,
  /** The path of the outermost enclosing list whose items are not correlatable. */
  uncorrelatable: string | undefined
): ReadonlyArray<Cause> => {
  const isValid = !others.some(({ field }) => field !== NO_FIELD && field.startsWith(path))
  const inside = uncorrelatable ?? (node.schema.listType === "map" ? undefined : path)
  return [
    ...(isValid
      ? node.rules.flatMap((one, index) => checkRule(one, `${path}.x-kubernetes-validations[${index}]`, uncorrelatable))
      : []),
    ...[...node.properties].flatMap(([name, property]) =>
      checkNode(property, `${path}.properties[${name}]`, others, uncorrelatable)
    ),
    ...(node.additional === undefined
      ? []
      : checkNode(node.additional, `${path}.additionalProperties`, others, uncorrelatable)),
    ...(node.items === undefined ? [] : checkNode(node.items, `${path}.items`, others, inside))
  ]
}

const checkRule = ({ compiled, message, rule }: CompiledRule, path: string, uncorrelatable: string | undefined) => {
  const causes: Array<Cause> = []
  if ("error" in compiled) causes.push(compileErrorCause(`${path}.rule`, rule, compiled.error))
  if (message !== undefined && "error" in message) {
    causes.push(compileErrorCause(`${path}.messageExpression`, rule, message.error))
  }
  if ("error" in compiled) return causes
  if (compiled.expression.usesOldSelf && uncorrelatable !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`
    causes.push(invalid(`${path}.rule`, rule.rule, why))
  }
  if (!compiled.expression.usesOldSelf && rule.optionalOldSelf) {
    causes.push(invalid(`${path}.optionalOldSelf`, true, "may not be set if oldSelf is not used in rule"))
  }
  return causes
}

const compileErrorCause = (field: string, rule: Rule, why: string): Cause => {
  const goRule = JSON.stringify({
    Rule: rule.rule,
    Message: rule.message,
    MessageExpression: rule.messageExpression,
    Reason: rule.reason === "" ? null : rule.reason,
    FieldPath: rule.fieldPath,
    OptionalOldSelf: rule.optionalOldSelf ? true : null
  })
  return { reason: "FieldValueInvalid", field, message: `Invalid value: ${goRule}: ${why}` }
}
