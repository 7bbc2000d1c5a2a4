/**
 * Compiles CEL expressions into functions of `self` and `oldSelf`.
 */
import type { Environment } from "@marcbachmann/cel-js"
import { Optional } from "@marcbachmann/cel-js"
import { preprocess, usesOldSelf, withHasAsAccess } from "./CelFunctions.ts"

/** The result of an evaluation. */
export type Outcome = { readonly value: unknown } | { readonly error: string }

interface Expression {
  readonly usesOldSelf: boolean
  readonly evaluate: (self: unknown, oldSelf: unknown) => Outcome
}

export interface Compiled {
  readonly expression: Expression
}

export interface CompileError {
  /** The message of cel-go, with the position in the expression. */
  readonly error: string
}

export interface Scope {
  /** Declares the types of the schema. It is cloned, never modified. */
  readonly environment: Environment
  /** The name of the type of `self`. */
  readonly self: string
}

/** Compiles an expression of the given result type. With `optional`, `oldSelf` is an optional value. */
export const compile = (
  { environment, self }: Scope,
  text: string,
  result: "bool" | "string",
  optional: boolean
): Compiled | CompileError => {
  const scope = environment
    .clone({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable("self", self)
    .registerVariable("oldSelf", optional ? `optional<${self}>` : self)
  const program = attempt(() => scope.parse(preprocess(text)))
  if ("error" in program) return { error: compileError(text, program.error) }
  const parsed = program.value
  const { error, type, valid } = parsed.check()
  if (!valid) return { error: compileError(text, error) }
  const presence = scope.check(withHasAsAccess(preprocess(text)))
  if (!presence.valid && isMissingField(presence.error)) return { error: compileError(text, presence.error) }
  if (type !== result && type !== "dyn") return { error: wrongTypeMessages[result] }
  const evaluate = (value: unknown, old: unknown): Outcome => {
    const oldSelf = optional ? (old === undefined ? Optional.none() : Optional.of(old)) : old
    const outcome = attempt((): unknown => parsed({ self: value, ...(oldSelf === undefined ? {} : { oldSelf }) }))
    return "error" in outcome ? { error: reasonOf(outcome.error) } : outcome
  }
  return { expression: { usesOldSelf: usesOldSelf(text), evaluate } }
}

const attempt = <A>(run: () => A): { readonly value: A } | { readonly error: unknown } => {
  try {
    return { value: run() }
  } catch (error) {
    return { error }
  }
}

const hasSummary = (
  error: unknown
): error is { readonly summary: string; readonly range?: { readonly start: number } } =>
  typeof error === "object" && error !== null && "summary" in error && typeof error.summary === "string"

/** The summary of an error in cel-go's form, which starts in lower case. */
const reasonOf = (error: unknown): string => {
  const full = hasSummary(error) ? error.summary : error instanceof Error ? error.message : String(error)
  const outOfBounds = /index out of bounds, index (-?\d+)/.exec(full)
  return outOfBounds === null ? full.charAt(0).toLowerCase() + full.slice(1) : `index out of bounds: ${outOfBounds[1]}`
}

const wrongTypeMessages = {
  bool: "cel expression must evaluate to a bool",
  string: "messageExpression must evaluate to a string"
} as const

const isMissingField = (error: unknown): boolean => hasSummary(error) && error.summary.startsWith("No such key: ")

/** Error messages of cel-js, and the messages of cel-go for the same errors. */
const messages: ReadonlyArray<readonly [RegExp, string]> = [
  [/^No such key: (.*)$/, "undefined field '$1'"],
  [
    /^Unexpected token: EOF$/,
    "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', " +
      "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
  ],
  [/^Unknown variable: (.*)$/, "undeclared reference to '$1' (in container '')"],
  [/^found no matching overload for '(\w+)\(.*$/, "undeclared reference to '$1' (in container '')"],
  [
    /^no such overload: (\S+) (==|!=|[<>]=?|[-+*/%]|in) (\S+)$/,
    "found no matching overload for '_$2_' applied to '($1, $3)'"
  ]
]

const compileError = (text: string, error: unknown): string => {
  const summary = hasSummary(error) ? error.summary : String(error)
  const match = messages.find(([pattern]) => pattern.test(summary))
  const why = match === undefined ? reasonOf(error) : summary.replace(match[0], match[1])
  const before = text.slice(0, startOf(text, why, error)).split("\n")
  const column = before[before.length - 1]?.length ?? 0
  const line = text.split("\n")[before.length - 1] ?? ""
  const position = `ERROR: <input>:${before.length}:${column + 1}`
  return `compilation failed: ${position}: ${why}\n | ${line}\n | ${".".repeat(column)}^`
}

/** The offset that cel-go reports: the dot of a field, the parenthesis of a call, or the operator. */
const startOf = (text: string, why: string, error: unknown): number => {
  const start = hasSummary(error) ? (error.range?.start ?? 0) : 0
  const [, kind = "", name = ""] =
    /^(undefined field|undeclared reference to|found no matching overload for) '_?([^'_]+)_?'/.exec(why) ?? []
  const end = isMissingField(error) ? text.lastIndexOf(`.${name}`, start) : text.indexOf(name, start)
  if (kind === "" || end < 0) return start
  if (kind !== "undeclared reference to") {
    const hasMacro = text.slice(0, end).search(/\bhas\([^()]*$/)
    return hasMacro < 0 ? end : hasMacro + "has".length
  }
  return text.charAt(end + name.length) === "(" ? end + name.length : end
}
