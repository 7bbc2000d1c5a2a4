/**
 * JSON paths of printer columns: fields, indexes, slices, wildcards, filters with one comparison, recursive descent.
 */
import type { Json } from "../apiserver/Json.ts"
import { isArray, isObject, own } from "../apiserver/Json.ts"

/** Returns all values at a path, in order. */
export type JsonPath = (value: Json) => ReadonlyArray<Json>

/** Parses a path, with or without braces and `$`. `undefined` for a path that is not supported. */
export const parse = (text: string): JsonPath | undefined => {
  const trimmed = text.trim().replace(/^\{(.*)\}$/u, "$1")
  let rest = trimmed.replace(/^[$@]/u, "")
  const steps: Array<JsonPath> = []
  while (rest !== "") {
    const found = nextStep(rest)
    if (found === undefined) return undefined
    steps.push(found.step)
    rest = found.rest
  }
  return (value) => steps.reduce<ReadonlyArray<Json>>((values, step) => values.flatMap(step), [value])
}

interface Found {
  readonly step: JsonPath
  readonly rest: string
}

/** The syntax of a step, and the function that makes the step from the match. */
type Form = readonly [RegExp, (match: ReadonlyArray<string | undefined>) => JsonPath | undefined]

const name = String.raw`(?:\\.|[^.[\]\\()=<>!?@'"\s])+`

const forms: ReadonlyArray<Form> = [
  [/^\.\.(?=\[)/u, () => descendants],
  [new RegExp(String.raw`^\.\.(${name})`, "u"), ([, text]) => chain(descendants, fieldStep(unescaped(text)))],
  [/^\.?\[\s*(?:'([^']*)'|"([^"]*)")\s*\]/u, ([, single, double]) => field(single ?? double ?? "")],
  [/^\.?\[\s*(-?\d+)\s*\]/u, ([, index]) => item(Number(index))],
  [/^\.?\[\s*(-?\d*)\s*:\s*(-?\d*)\s*\]/u, ([, from, to]) => slice(from ?? "", to ?? "")],
  [/^\.?\[\s*\*\s*\]/u, () => children],
  [
    /^\.?\[\s*\?\s*\(\s*@(.+?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)\s*\]/u,
    ([, path, sign, literal]) => filter(path ?? "", sign, literal)
  ],
  [new RegExp(String.raw`^\.(${name})`, "u"), ([, text]) => fieldStep(unescaped(text))],
  [new RegExp(`^(${name})`, "u"), ([, text]) => fieldStep(unescaped(text))],
  [/^\.$/u, () => (value) => [value]]
]

const nextStep = (text: string): Found | undefined => {
  for (const [form, make] of forms) {
    const match = form.exec(text)
    const step = match === null ? undefined : make(match)
    if (match !== null && step !== undefined) return { step, rest: text.slice(match[0].length) }
  }
  return undefined
}

const unescaped = (text = ""): string => text.replaceAll(/\\(.)/gu, "$1")

const fieldStep = (text: string): JsonPath => (text === "*" ? children : field(text))

const chain =
  (first: JsonPath, second: JsonPath): JsonPath =>
  (value) =>
    first(value).flatMap(second)

const field =
  (key: string): JsonPath =>
  (value) => {
    const found = isObject(value) ? own(value, key) : undefined
    return found === undefined ? [] : [found]
  }

const item =
  (index: number): JsonPath =>
  (value) => {
    const found = isArray(value) ? value.at(index) : undefined
    return found === undefined ? [] : [found]
  }

const slice =
  (from: string, to: string): JsonPath =>
  (value) =>
    isArray(value) ? value.slice(Number(from), to === "" ? undefined : Number(to)) : []

const children: JsonPath = (value) => {
  if (isArray(value)) return value
  return isObject(value) ? Object.values(value) : []
}

const descendants: JsonPath = (value) => [value, ...children(value).flatMap(descendants)]

const filter = (path: string, sign: string | undefined, literal: string | undefined): JsonPath | undefined => {
  const left = parse(path)
  if (left === undefined) return undefined
  if (sign === undefined || literal === undefined)
    return (value) => children(value).filter((one) => left(one).length > 0)
  const right = literalOf(literal)
  const holds = comparisons[sign]
  if (right === undefined || holds === undefined) return undefined
  return (value) => children(value).filter((one) => left(one).some((found) => holds(found, right)))
}

const literalOf = (text: string): Json | undefined => {
  const quoted = /^(?:'(.*)'|"(.*)")$/u.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ""
  if (text === "true" || text === "false") return text === "true"
  return /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) : undefined
}

const isBelow = (left: Json, right: Json): boolean =>
  typeof left === "number" && typeof right === "number" ? left < right : String(left) < String(right)

const comparisons: { readonly [sign: string]: (left: Json, right: Json) => boolean } = {
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right,
  "<": isBelow,
  ">": (left, right) => isBelow(right, left),
  "<=": (left, right) => !isBelow(right, left),
  ">=": (left, right) => !isBelow(left, right)
}
