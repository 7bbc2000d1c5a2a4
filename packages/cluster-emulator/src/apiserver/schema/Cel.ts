/**
 * Rules, compiled: an expression becomes a function from what is and what was to a verdict.
 */
import type { Environment } from "@marcbachmann/cel-js"
import { Optional } from "@marcbachmann/cel-js"
import { prepared, usesOldSelf, withPresenceAsAccess } from "./CelFunctions.ts"

/** How an expression ended: with a value, or with why there is none. */
export type Outcome = { readonly value: unknown } | { readonly error: string }

interface Expression {
  readonly usesOldSelf: boolean
  readonly evaluate: (self: unknown, oldSelf: unknown) => Outcome
}

export interface Compiled {
  readonly expression: Expression
}

export interface Broken {
  /** Why the expression cannot be compiled, and the place in its text. */
  readonly error: string
}

export interface Scope {
  /** Knows the types; it is cloned, never changed. */
  readonly environment: Environment
  /** The name of the type of `self`. */
  readonly self: string
}

/** Compiles an expression that must give a value of a type. With `optional`, `oldSelf` may be missing. */
export const compile = (
  { environment, self }: Scope,
  text: string,
  result: "bool" | "string",
  optional: boolean
): Compiled | Broken => {
  const scope = environment
    .clone({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
    .registerVariable("self", self)
    .registerVariable("oldSelf", optional ? `optional<${self}>` : self)
  const program = attempt(() => scope.parse(prepared(text)))
  if ("error" in program) return { error: compileError(text, program.error) }
  const parsed = program.value
  const { error, type, valid } = parsed.check()
  if (!valid) return { error: compileError(text, error) }
  const presence = scope.check(withPresenceAsAccess(prepared(text)))
  if (!presence.valid && isMissingField(presence.error)) return { error: compileError(text, presence.error) }
  if (type !== result && type !== "dyn") return { error: wrongResult[result] }
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

/** The error in few words, as a server begins it: small. */
const reasonOf = (error: unknown): string => {
  const full = hasSummary(error) ? error.summary : error instanceof Error ? error.message : String(error)
  const outside = /index out of bounds, index (-?\d+)/.exec(full)
  return outside === null ? full.charAt(0).toLowerCase() + full.slice(1) : `index out of bounds: ${outside[1]}`
}

const wrongResult = {
  bool: "cel expression must evaluate to a bool",
  string: "messageExpression must evaluate to a string"
} as const

const isMissingField = (error: unknown): boolean => hasSummary(error) && error.summary.startsWith("No such key: ")

/** The compiler's words, as far as the library has other words for the same. */
const words: ReadonlyArray<readonly [RegExp, string]> = [
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
  const match = words.find(([pattern]) => pattern.test(summary))
  const why = match === undefined ? reasonOf(error) : summary.replace(match[0], match[1])
  const before = text.slice(0, startOf(text, why, error)).split("\n")
  const column = before[before.length - 1]?.length ?? 0
  const line = text.split("\n")[before.length - 1] ?? ""
  const place = `ERROR: <input>:${before.length}:${column + 1}`
  return `compilation failed: ${place}: ${why}\n | ${line}\n | ${".".repeat(column)}^`
}

/** Where a compiler points: at the dot of a field, the bracket of a call, the sign of an operator. */
const startOf = (text: string, why: string, error: unknown): number => {
  const start = hasSummary(error) ? (error.range?.start ?? 0) : 0
  const [, kind = "", name = ""] =
    /^(undefined field|undeclared reference to|found no matching overload for) '_?([^'_]+)_?'/.exec(why) ?? []
  const end = isMissingField(error) ? text.lastIndexOf(`.${name}`, start) : text.indexOf(name, start)
  if (kind === "" || end < 0) return start
  if (kind !== "undeclared reference to") {
    const asked = text.slice(0, end).search(/\bhas\([^()]*$/)
    return asked < 0 ? end : asked + "has".length
  }
  return text.charAt(end + name.length) === "(" ? end + name.length : end
}
