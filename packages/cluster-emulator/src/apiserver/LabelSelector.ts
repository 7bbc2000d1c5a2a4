/**
 * Parses label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,n>1`. Tokens and error messages are those of
 * `k8s.io/apimachinery/pkg/labels`.
 */
import { badRequest } from "./Failure.ts"
import { quoted } from "./GoText.ts"
import type { Json, JsonObject } from "./Json.ts"
import { textOf } from "./Json.ts"
import * as Names from "./Names.ts"

/** Tests the labels of an object. */
export type Requirement = (labels: JsonObject) => boolean

/**
 * The requirements of a selector. An empty selector has none and matches everything. Fails with 400 on a syntax error.
 */
export const parse = (text: string): ReadonlyArray<Requirement> => {
  const tokens = new Tokens(text)
  const requirements: Array<Requirement> = []
  while (tokens.next !== "") {
    if (!isWord(tokens.next) && tokens.next !== "!") throw unexpected(tokens.next, "!, identifier, or 'end of string'")
    requirements.push(requirement(tokens))
    const after = tokens.take()
    if (after === "") break
    if (after !== ",") throw unexpected(after, "',' or 'end of string'")
    if (!isWord(tokens.next) && tokens.next !== "!") throw unexpected(tokens.next, "identifier after ','")
  }
  return requirements
}

/**
 * The tokens of a selector: the longest possible symbols, and words up to the next space or symbol. The end of the
 * text, or a NUL, is an empty token.
 */
class Tokens {
  readonly #texts: ReadonlyArray<string>
  #at = 0

  constructor(text: string) {
    const [read = ""] = text.split("\0", 1)
    this.#texts = read.match(/==|!=|[=!(),<>]|[^ \t\r\n=!(),<>]+/gu) ?? []
  }

  get next(): string {
    return this.#texts[this.#at] ?? ""
  }

  take(): string {
    const token = this.next
    this.#at += 1
    return token
  }
}

const isWord = (token: string): boolean => token !== "" && !/^[=!(),<>]/u.test(token)

const unexpected = (found: string, expected: string, inside = ""): Error =>
  badRequest(`${inside}found '${found}', expected: ${expected}`)

/** The prefix of errors inside one requirement. */
const UNPARSED = "unable to parse requirement: "

const requirement = (tokens: Tokens): Requirement => {
  const isNegated = tokens.next === "!"
  if (isNegated) tokens.take()
  const key = word(tokens)
  const errors = Names.key(key)
  if (errors.length > 0) throw badRequest(`${UNPARSED}<nil>: Invalid value: ${quoted(key)}: ${errors.join("; ")}`)
  if (isNegated) return (labels) => labels[key] === undefined
  if (tokens.next === "" || tokens.next === ",") return (labels) => labels[key] !== undefined
  return comparison(key, tokens)
}

const comparison = (key: string, tokens: Tokens): Requirement => {
  const operator = tokens.take()
  switch (operator) {
    case "in":
    case "notin": {
      const values = validated(key, valuesOf(tokens))
      const isOneOf = (value: Json | undefined): boolean => typeof value === "string" && values.includes(value)
      return (labels) => isOneOf(labels[key]) === (operator === "in")
    }
    case "=":
    case "==":
    case "!=": {
      const [value] = validated(key, [exactValue(tokens)])
      return (labels) => (labels[key] === value) === (operator !== "!=")
    }
    case ">":
    case "<":
      return numericComparison(key, operator, exactValue(tokens))
    default:
      throw unexpected(operator, "in, notin, =, ==, !=, gt, lt", UNPARSED)
  }
}

const numericComparison = (key: string, operator: ">" | "<", value: string): Requirement => {
  const bound = integerOf(value)
  if (bound === undefined) {
    const why = "for 'Gt', 'Lt' operators, the value must be an integer"
    throw badRequest(`${UNPARSED}values[0]: Invalid value: ${quoted(value)}: ${why}`)
  }
  validated(key, [value])
  return (labels) => {
    const found = integerOf(textOf(labels[key]))
    if (found === undefined) return false
    return operator === ">" ? found > bound : found < bound
  }
}

/** Parses a 64-bit integer. */
const integerOf = (text: string): bigint | undefined => {
  if (!/^[-+]?\d+$/u.test(text)) return undefined
  const value = BigInt(text.replace("+", ""))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** The values, when all are valid label values. Fails with 400 and the errors sorted by value. */
const validated = (key: string, values: ReadonlyArray<string>): ReadonlyArray<string> => {
  const errors = [...new Set(values)].sort().flatMap((value, index) => {
    const why = Names.labelValue(value)
    return why.length === 0 ? [] : [`values[${index}][${key}]: Invalid value: ${quoted(value)}: ${why.join("; ")}`]
  })
  if (errors.length === 0) return values
  throw badRequest(UNPARSED + (errors.length === 1 ? errors.join("") : `[${errors.join(", ")}]`))
}

const word = (tokens: Tokens): string => {
  const token = tokens.take()
  if (!isWord(token)) throw unexpected(token, "identifier", UNPARSED)
  return token
}

/** The value of a comparison. A missing value is empty. */
const exactValue = (tokens: Tokens): string => (tokens.next === "" || tokens.next === "," ? "" : word(tokens))

/** The values of a set: `(a, b)`. A missing value between commas is empty. */
const valuesOf = (tokens: Tokens): ReadonlyArray<string> => {
  const open = tokens.take()
  if (open !== "(") throw badRequest(`${UNPARSED}found '${open}' expected: '('`)
  if (tokens.next !== ")" && tokens.next !== "," && !isWord(tokens.next)) {
    throw unexpected(tokens.next, "',', ')' or identifier", UNPARSED)
  }
  const values: Array<string> = []
  for (;;) {
    values.push(isWord(tokens.next) ? tokens.take() : "")
    const token = tokens.take()
    if (token === ")") return values
    if (token !== ",") throw unexpected(token, "',' or ')'", UNPARSED)
  }
}
