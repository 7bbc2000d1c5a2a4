/**
 * Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,n>1`. The tokens and the words of a refusal are those of a
 * real server.
 */
import { badRequest } from "./Failure.ts"
import { quoted } from "./GoText.ts"
import type { Json, JsonObject } from "./Json.ts"
import { textOf } from "./Json.ts"
import * as Names from "./Names.ts"

/** What a selector asks of the labels of an object. */
export type Requirement = (labels: JsonObject) => boolean

/** The requirements of a selector; none match everything. Fails with 400 on text that is no selector. */
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
 * Symbols are as long as they can be; everything else up to a space or a symbol is a word. The end, which may be a NUL, is
 * empty text.
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

/** A mistake inside one requirement says so. */
const UNPARSED = "unable to parse requirement: "

const requirement = (tokens: Tokens): Requirement => {
  const isNegated = tokens.next === "!"
  if (isNegated) tokens.take()
  const key = word(tokens)
  const faults = Names.key(key)
  if (faults.length > 0) throw badRequest(`${UNPARSED}<nil>: Invalid value: ${quoted(key)}: ${faults.join("; ")}`)
  if (isNegated) return (labels) => labels[key] === undefined
  if (tokens.next === "" || tokens.next === ",") return (labels) => labels[key] !== undefined
  return comparison(key, tokens)
}

const comparison = (key: string, tokens: Tokens): Requirement => {
  const operator = tokens.take()
  switch (operator) {
    case "in":
    case "notin": {
      const values = checked(key, valuesOf(tokens))
      const isOneOf = (value: Json | undefined): boolean => typeof value === "string" && values.includes(value)
      return (labels) => isOneOf(labels[key]) === (operator === "in")
    }
    case "=":
    case "==":
    case "!=": {
      const [value] = checked(key, [exactValue(tokens)])
      return (labels) => (labels[key] === value) === (operator !== "!=")
    }
    case ">":
    case "<":
      return ordered(key, operator, exactValue(tokens))
    default:
      throw unexpected(operator, "in, notin, =, ==, !=, gt, lt", UNPARSED)
  }
}

const ordered = (key: string, operator: ">" | "<", value: string): Requirement => {
  const bound = integerOf(value)
  if (bound === undefined) {
    const why = "for 'Gt', 'Lt' operators, the value must be an integer"
    throw badRequest(`${UNPARSED}values[0]: Invalid value: ${quoted(value)}: ${why}`)
  }
  checked(key, [value])
  return (labels) => {
    const found = integerOf(textOf(labels[key]))
    if (found === undefined) return false
    return operator === ">" ? found > bound : found < bound
  }
}

/** A whole number of 64 bits. */
const integerOf = (text: string): bigint | undefined => {
  if (!/^[-+]?\d+$/u.test(text)) return undefined
  const value = BigInt(text.replace("+", ""))
  return BigInt.asIntN(64, value) === value ? value : undefined
}

/** All values are good for labels. Those that are not are told in order. */
const checked = (key: string, values: ReadonlyArray<string>): ReadonlyArray<string> => {
  const faults = [...new Set(values)].sort().flatMap((value, index) => {
    const why = Names.labelValue(value)
    return why.length === 0 ? [] : [`values[${index}][${key}]: Invalid value: ${quoted(value)}: ${why.join("; ")}`]
  })
  if (faults.length === 0) return values
  throw badRequest(UNPARSED + (faults.length === 1 ? faults.join("") : `[${faults.join(", ")}]`))
}

const word = (tokens: Tokens): string => {
  const token = tokens.take()
  if (!isWord(token)) throw unexpected(token, "identifier", UNPARSED)
  return token
}

/** The one value of a comparison, which may be left out. */
const exactValue = (tokens: Tokens): string => (tokens.next === "" || tokens.next === "," ? "" : word(tokens))

/** `(a, b)`. What is left out between commas is the empty value. */
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
