/**
 * Rules, compiled: an expression becomes a function from what is and what was to a verdict.
 */
import { Environment, Optional } from "@marcbachmann/cel-js"
import { prepared, usesOldSelf } from "./CelFunctions.ts"

/** How an expression ended: with a value, or with why there is none. */
export type Outcome = { readonly value: unknown } | { readonly error: string }

export interface Expression {
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

/** Compiles an expression that must give a value of a type. `optional` makes of `oldSelf` something that may be missing. */
export const compile = (
  { environment, self }: Scope,
  text: string,
  result: "bool" | "string",
  optional: boolean
): Compiled | Broken => {
  const scope = environment
    .clone({ enableOptionalTypes: true })
    .registerVariable("self", self)
    .registerVariable("oldSelf", optional ? `optional<${self}>` : self)
  const program = attempt(() => scope.parse(prepared(text)))
  if ("error" in program) return { error: compileError(text, program.error) }
  const parsed = program.value
  const { error, type, valid } = parsed.check()
  if (!valid) return { error: compileError(text, error) }
  if (type !== result && type !== "dyn") return { error: `must evaluate to ${result}` }
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

const hasSummary = (error: unknown): error is { readonly summary: string; readonly range?: { readonly start: number } } =>
  typeof error === "object" && error !== null && "summary" in error && typeof error.summary === "string"

/** The error in few words, as a server begins it: small. */
const reasonOf = (error: unknown): string => {
  const full = hasSummary(error) ? error.summary : error instanceof Error ? error.message : String(error)
  return full.charAt(0).toLowerCase() + full.slice(1)
}

const compileError = (text: string, error: unknown): string => {
  const start = hasSummary(error) ? (error.range?.start ?? 0) : 0
  const before = text.slice(0, start).split("\n")
  const column = before[before.length - 1]?.length ?? 0
  const line = text.split("\n")[before.length - 1] ?? ""
  const place = `ERROR: <input>:${before.length}:${column + 1}`
  return `compilation failed: ${place}: ${reasonOf(error)}\n | ${line}\n | ${".".repeat(column)}^`
}
