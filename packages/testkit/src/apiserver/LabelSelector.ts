/**
 * Label selectors: `a=b,c!=d,e in (f,g),h notin (i),j,!k,n>1`. The tokens and the words of a refusal are those of a
 * real server.
 */
import { badRequest } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { textOf } from "./Json.ts"
import * as Metadata from "./Metadata.ts"

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

/** Symbols are as long as they can be; everything else up to a space or a symbol is a word. The end is empty text. */
class Tokens {
  readonly #texts: ReadonlyArray<string>
  #at = 0

  constructor(text: string) {
    this.#texts = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/gu) ?? []
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
  if (!Metadata.isQualifiedName(key)) {
    throw badRequest(`${UNPARSED}<nil>: Invalid value: ${JSON.stringify(key)}: ${Metadata.labelKeyRule(key)}`)
  }
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
  if (!integer.test(value)) {
    const why = "for 'Gt', 'Lt' operators, the value must be an integer"
    throw badRequest(`${UNPARSED}values[0]: Invalid value: ${JSON.stringify(value)}: ${why}`)
  }
  return (labels) => {
    const found = textOf(labels[key])
    if (!integer.test(found)) return false
    return operator === ">" ? Number(found) > Number(value) : Number(found) < Number(value)
  }
}

const integer = /^[-+]?\d+$/u

const checked = (key: string, values: ReadonlyArray<string>): ReadonlyArray<string> => {
  for (const [index, value] of values.entries()) {
    if (Metadata.isLabelValue(value)) continue
    const why = `Invalid value: ${JSON.stringify(value)}: ${Metadata.labelValueRule}`
    throw badRequest(`${UNPARSED}values[${index}][${key}]: ${why}`)
  }
  return values
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
