/**
 * Syntax errors of `encoding/json`, and values as Go prints them. Clients see both in error messages.
 */
import { quoted } from "./GoText.ts"
import type { Json } from "./Json.ts"
import { isArray, isObject } from "./Json.ts"

/** A value as `fmt.Print` prints it, with sorted fields: `map[name:a ports:[80]]`. */
export const printed = (value: Json): string => {
  if (isArray(value)) return `[${value.map(printed).join(" ")}]`
  if (!isObject(value)) return value === null ? "<nil>" : `${value}`
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `map[${fields.map(([field, inner]) => `${field}:${printed(inner)}`).join(" ")}]`
}

/** The first syntax error; `undefined` for valid JSON. A multi-byte character is shown as its first byte. */
export const syntaxError = (bytes: Buffer): string | undefined => {
  const text = bytes.toString("latin1")
  try {
    const end = value(text, skip(text, 0))
    const next = skip(text, end)
    return next < text.length
      ? `invalid character ${quotedCharacter(text.charAt(next))} after top-level value`
      : undefined
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message
    throw error
  }
}

/** The number of bytes of a body in an error message. */
const SUMMARY_BYTES_MAX = 30

/** The start of a body: as text when it starts with `{`, else in hexadecimal. */
export const summaryOf = (body: Buffer): string => {
  if (body.length === 0) return "<empty>"
  const start = body.subarray(0, SUMMARY_BYTES_MAX)
  const text = start.toString(start[0] === 0x7b ? "utf8" : "hex")
  return body.length > SUMMARY_BYTES_MAX ? `${text} ...` : text
}

class JsonSyntaxError extends Error {}

const quotedCharacter = (character: string): string => {
  if (character === "'") return "'\\''"
  return character === '"' ? "'\"'" : `'${quoted(character).slice(1, -1)}'`
}

/** The error for an unexpected character, or for the end of the text. */
const unexpected = (text: string, at: number, where: string): JsonSyntaxError =>
  at < text.length ? invalidCharacter(text, at, where) : new JsonSyntaxError("unexpected end of JSON input")

/** The error inside a literal, number or escape, where Go reports the end of the text as a space. */
const invalidCharacter = (text: string, at: number, where: string): JsonSyntaxError =>
  new JsonSyntaxError(`invalid character ${quotedCharacter(text[at] ?? " ")} ${where}`)

const skip = (text: string, at: number): number => {
  let next = at
  while (" \t\r\n".includes(text[next] ?? "x")) next += 1
  return next
}

/** Scans a value and returns the offset of its end. */
const value = (text: string, at: number): number => {
  const first = text[at] ?? ""
  if (first === "{") return object(text, skip(text, at + 1))
  if (first === "[") return array(text, skip(text, at + 1))
  if (first === '"') return string(text, at + 1)
  const word = literals[first]
  if (word !== undefined) return literal(text, at, word)
  if (!/^[-\d]$/u.test(first)) throw unexpected(text, at, "looking for beginning of value")
  return number(text, at)
}

const literals: { readonly [first: string]: string } = { t: "true", f: "false", n: "null" }

const literal = (text: string, at: number, word: string): number => {
  for (const [index, character] of [...word].entries()) {
    if (text[at + index] !== character) {
      throw invalidCharacter(text, at + index, `in literal ${word} (expecting '${character}')`)
    }
  }
  return at + word.length
}

const number = (text: string, at: number): number => {
  const end = (pattern: RegExp, from: number): number => from + (pattern.exec(text.slice(from))?.[0].length ?? 0)
  const start = text[at] === "-" ? at + 1 : at
  const integer = end(/^(?:0|[1-9]\d*)/u, start)
  if (integer === start) throw invalidCharacter(text, start, "in numeric literal")
  const fraction = text[integer] === "." ? end(/^\d+/u, integer + 1) : integer
  if (fraction === integer + 1) throw invalidCharacter(text, fraction, "after decimal point in numeric literal")
  if (!/^[eE]$/u.test(text[fraction] ?? "")) return fraction
  const sign = end(/^[-+]/u, fraction + 1)
  const exponent = end(/^\d+/u, sign)
  if (exponent === sign) throw invalidCharacter(text, sign, "in exponent of numeric literal")
  return exponent
}

const string = (text: string, from: number): number => {
  for (let at = from; ; at += 1) {
    const character = text[at] ?? ""
    if (character === '"') return at + 1
    if (character < " ") throw unexpected(text, at, "in string literal")
    if (character === "\\") at = escaped(text, at + 1)
  }
}

const escaped = (text: string, at: number): number => {
  if (text[at] !== "u") {
    if (!/^["\\/bfnrt]$/u.test(text[at] ?? "")) throw invalidCharacter(text, at, "in string escape code")
    return at
  }
  for (let digit = at + 1; digit < at + 5; digit += 1) {
    if (!/^[\da-fA-F]$/u.test(text[digit] ?? ""))
      throw invalidCharacter(text, digit, "in \\u hexadecimal character escape")
  }
  return at + 4
}

const object = (text: string, from: number): number => {
  if (text[from] === "}") return from + 1
  for (let at = from; ; ) {
    if (text[at] !== '"') throw unexpected(text, at, "looking for beginning of object key string")
    const colon = skip(text, string(text, at + 1))
    if (text[colon] !== ":") throw unexpected(text, colon, "after object key")
    const end = skip(text, value(text, skip(text, colon + 1)))
    if (text[end] === "}") return end + 1
    if (text[end] !== ",") throw unexpected(text, end, "after object key:value pair")
    at = skip(text, end + 1)
  }
}

const array = (text: string, from: number): number => {
  if (text[from] === "]") return from + 1
  for (let at = from; ; ) {
    const end = skip(text, value(text, at))
    if (text[end] === "]") return end + 1
    if (text[end] !== ",") throw unexpected(text, end, "after array element")
    at = skip(text, end + 1)
  }
}

/** The paths of duplicate fields in valid JSON text, in text order, without repetitions. */
export const duplicateFields = (text: string): ReadonlyArray<string> => {
  const found = new Set<string>()
  fieldsWithin(text, skip(text, 0), "", found)
  return [...found]
}

/** Collects the duplicate fields of a value, and returns the offset of its end. */
const fieldsWithin = (text: string, start: number, path: string, found: Set<string>): number => {
  const isList = text[start] === "["
  if (!isList && text[start] !== "{") return value(text, start)
  const names = new Set<string>()
  let at = skip(text, start + 1)
  for (let index = 0; text[at] !== "]" && text[at] !== "}"; index += 1) {
    let fieldPath = `${path}[${index}]`
    if (!isList) {
      const end = string(text, at + 1)
      const name = String(JSON.parse(text.slice(at, end)))
      fieldPath = path === "" ? name : `${path}.${name}`
      if (names.has(name)) found.add(fieldPath)
      names.add(name)
      at = skip(text, skip(text, end) + 1)
    }
    at = skip(text, fieldsWithin(text, at, fieldPath, found))
    if (text[at] === ",") at = skip(text, at + 1)
  }
  return at + 1
}
