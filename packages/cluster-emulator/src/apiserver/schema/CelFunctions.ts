/**
 * The CEL environment with the extension libraries of Kubernetes.
 */
import { Environment } from "@marcbachmann/cel-js"
import { RE2JS } from "re2js"
import * as Formats from "./Formats.ts"
import * as Quantity from "./Quantity.ts"

/** An environment without variables and without types of a schema. Clone it to add them. */
export const base = (): Environment => {
  const environment = new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: false })
  addStrings(environment)
  addLists(environment)
  addQuantities(environment)
  addUrlsAndIps(environment)
  return environment
}

/** Replaces `matches`, whose implementation in cel-js is not RE2. The name has the same length, so positions stay. */
const MATCHES = "re2test"

/** Replaces calls of `matches` in an expression. Positions stay the same. */
export const preprocess = (expression: string): string => {
  const masked = withoutStringLiterals(expression)
  let text = ""
  let from = 0
  for (const { index } of masked.matchAll(/(?<=\.\s*)matches(?=\s*\()/g)) {
    text += expression.slice(from, index) + MATCHES
    from = index + MATCHES.length
  }
  return text + expression.slice(from)
}

/**
 * Replaces every `has` by a plain field access, for type checks only: cel-js does not type-check the argument of `has`.
 * Positions stay the same.
 */
export const withHasAsAccess = (expression: string): string => {
  let text = expression
  for (const { index } of withoutStringLiterals(expression).matchAll(/(?<![\w.])has(?=\s*\()/g)) {
    text = `${text.slice(0, index)}dyn${text.slice(index + 3)}`
  }
  return text
}

/** Whether an expression is a transition rule. */
export const usesOldSelf = (expression: string): boolean =>
  /(?<![\w.])oldSelf\b/.test(withoutStringLiterals(expression))

/** String literals: raw before plain, triple-quoted before single-quoted. */
const literal = new RegExp(
  [
    String.raw`(?<!\w)[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')`,
    String.raw`"""(?:\\[\s\S]|[^\\])*?"""`,
    String.raw`'''(?:\\[\s\S]|[^\\])*?'''`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
    String.raw`'(?:\\.|[^'\\\n])*'`
  ].join("|"),
  "g"
)

/** Blanks out string literals. */
const withoutStringLiterals = (expression: string): string =>
  expression.replace(literal, (text) => " ".repeat(text.length))

const matchesPattern = (text: string, pattern: string): boolean => RE2JS.compile(pattern).matcher(text).find()

const findAll = (text: string, pattern: string, limit: bigint): ReadonlyArray<string> => {
  const matcher = RE2JS.compile(pattern).matcher(text)
  const hits: Array<string> = []
  while ((limit < 0n || hits.length < Number(limit)) && matcher.find()) hits.push(matcher.group() ?? "")
  return hits
}

const charAt = (text: string, index: bigint): string => {
  const characters = [...text]
  if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`)
  return characters[Number(index)] ?? ""
}

const replaceFirst = (text: string, before: string, after: string, limit: bigint): string => {
  let remaining = text
  let result = ""
  for (let count = 0n; limit < 0n || count < limit; count++) {
    const at = remaining.indexOf(before)
    if (at < 0) break
    result += remaining.slice(0, at) + after
    remaining = remaining.slice(at + before.length)
  }
  return result + remaining
}

/** Formats a value for `%s`. */
const formatValue = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(", ")}]`
  if (value instanceof Date) return value.toISOString().replace(".000Z", "Z")
  return String(value)
}

const format = (text: string, values: List<unknown>): string => {
  const remaining = [...values]
  return text.replace(/%(?:%|\.?(\d*)([sdfxXob]))/g, (verb: string, digits: string, kind: string) => {
    if (verb === "%%") return "%"
    if (remaining.length === 0) throw new Error("index 0 out of range")
    const value = remaining.shift()
    const radix = { x: 16, X: 16, o: 8, b: 2 }[kind]
    if (kind === "f") return Number(value).toFixed(digits === "" ? 6 : Number(digits))
    if (radix === undefined || typeof value !== "bigint") return formatValue(value)
    return kind === "X" ? value.toString(radix).toUpperCase() : value.toString(radix)
  })
}

const addStrings = (environment: Environment): void => {
  environment
    .registerFunction(`string.${MATCHES}(string): bool`, matchesPattern)
    .registerFunction("matches(string, string): bool", matchesPattern)
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => findAll(text, pattern, 1n)[0] ?? ""
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) =>
      findAll(text, pattern, -1n)
    )
    .registerFunction("string.findAll(string, int): list<string>", findAll)
    .registerFunction("string.charAt(int): string", charAt)
    .registerFunction("string.replace(string, string): string", (text: string, before: string, after: string) =>
      text.replaceAll(before, () => after)
    )
    .registerFunction("string.replace(string, string, int): string", replaceFirst)
    .registerFunction("string.format(list<dyn>): string", format)
}

type Ordered = bigint | number | string | boolean
/** A CEL list. Lists of type `set` are converted to JavaScript sets. */
type List<A> = Iterable<A>

const extreme = (list: List<Ordered>, isBetter: (left: Ordered, right: Ordered) => boolean): Ordered => {
  const [first, ...others] = list
  if (first === undefined) throw new Error("min/max called on empty list")
  return others.reduce((best, one) => (isBetter(one, best) ? one : best), first)
}

const slice = (list: List<unknown>, from: bigint, to: bigint): ReadonlyArray<unknown> => {
  const items = [...list]
  if (from < 0n || to < from || to > BigInt(items.length)) throw new Error(`cannot slice(${from}, ${to}), out of range`)
  return items.slice(Number(from), Number(to))
}

const addLists = (environment: Environment): void => {
  const isSorted = (list: List<Ordered>) =>
    [...list].every((item, at, all) => at === 0 || (all[at - 1] ?? item) <= item)
  environment
    .registerFunction("list.isSorted(): bool", isSorted)
    .registerFunction("list<int>.sum(): int", (list: List<bigint>) => [...list].reduce((sum, one) => sum + one, 0n))
    .registerFunction("list<double>.sum(): double", (list: List<number>) =>
      [...list].reduce((sum, one) => sum + one, 0)
    )
    .registerFunction("list<A>.min(): A", (list: List<Ordered>) => extreme(list, (one, best) => one < best))
    .registerFunction("list<A>.max(): A", (list: List<Ordered>) => extreme(list, (one, best) => one > best))
    .registerFunction("list<A>.indexOf(A): int", (list: List<unknown>, item: unknown) =>
      BigInt([...list].indexOf(item))
    )
    .registerFunction("list<A>.lastIndexOf(A): int", (list: List<unknown>, item: unknown) =>
      BigInt([...list].lastIndexOf(item))
    )
    .registerFunction("list<A>.slice(int, int): list<A>", slice)
    .registerFunction("list<A>.distinct(): list<A>", (list: List<unknown>) => [...new Set(list)])
}

const quantityOf = (text: string): Quantity.Quantity => {
  const quantity = Quantity.parse(text)
  if (quantity !== undefined) return quantity
  throw new Error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
}

const asInteger = (quantity: Quantity.Quantity): bigint => {
  if (Quantity.isWhole(quantity)) return Quantity.wholeOf(quantity)
  throw new Error("cannot convert value to integer")
}

type Amount = Quantity.Quantity

const addQuantities = (environment: Environment): void => {
  environment
    .registerType("Quantity", Quantity.Quantity)
    .registerFunction("quantity(string): Quantity", quantityOf)
    .registerFunction("isQuantity(string): bool", (text: string) => Quantity.parse(text) !== undefined)
    .registerFunction("Quantity.isInteger(): bool", Quantity.isWhole)
    .registerFunction("Quantity.asInteger(): int", asInteger)
    .registerFunction("Quantity.asApproximateFloat(): double", Quantity.approximate)
    .registerFunction("Quantity.sign(): int", (one: Amount) => Quantity.compare(one, Quantity.ofWhole(0n)))
    .registerFunction("Quantity.compareTo(Quantity): int", Quantity.compare)
    .registerFunction("Quantity.isLessThan(Quantity): bool", (left: Amount, right: Amount) => left.nanos < right.nanos)
    .registerFunction(
      "Quantity.isGreaterThan(Quantity): bool",
      (left: Amount, right: Amount) => left.nanos > right.nanos
    )
    .registerOperator("Quantity == Quantity", (left: Amount, right: Amount) => left.nanos === right.nanos)
  const sum = (left: Amount, right: Amount) => new Quantity.Quantity(left.nanos + right.nanos)
  const difference = (left: Amount, right: Amount) => new Quantity.Quantity(left.nanos - right.nanos)
  environment
    .registerFunction("Quantity.add(Quantity): Quantity", sum)
    .registerFunction("Quantity.add(int): Quantity", (left: Amount, right: bigint) =>
      sum(left, Quantity.ofWhole(right))
    )
    .registerFunction("Quantity.sub(Quantity): Quantity", difference)
    .registerFunction("Quantity.sub(int): Quantity", (left: Amount, right: bigint) =>
      difference(left, Quantity.ofWhole(right))
    )
}

const isUrl = (text: string): boolean => Formats.matches("uri", text) === true

const urlOf = (text: string): URL => {
  if (!isUrl(text) || !URL.canParse(text)) throw new Error(`URL parse error during conversion from string: ${text}`)
  return new URL(text)
}

const addUrlsAndIps = (environment: Environment): void => {
  const isIp = (text: string) => Formats.matches("ipv4", text) === true || Formats.matches("ipv6", text) === true
  environment
    .registerType("Url", URL)
    .registerFunction("isURL(string): bool", isUrl)
    .registerFunction("url(string): Url", urlOf)
    .registerFunction("Url.getScheme(): string", (url: URL) => url.protocol.slice(0, -1))
    .registerFunction("Url.getHost(): string", (url: URL) => url.host)
    .registerFunction("Url.getHostname(): string", (url: URL) => url.hostname.replace(/^\[(.*)\]$/, "$1"))
    .registerFunction("Url.getPort(): string", (url: URL) => url.port)
    .registerFunction("Url.getEscapedPath(): string", (url: URL) => url.pathname)
    .registerFunction("isIP(string): bool", isIp)
    .registerFunction("isCIDR(string): bool", (text: string) => Formats.matches("cidr", text) === true)
}
