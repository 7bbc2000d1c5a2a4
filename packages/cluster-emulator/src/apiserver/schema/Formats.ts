/**
 * The string formats that kube-apiserver enforces. Unknown formats are ignored.
 */

/** Whether a text matches a format; `undefined` for unknown formats. */
export const matches = (format: string, text: string): boolean | undefined => formats.get(normalize(format))?.(text)

/** Whether the format is enforced. */
export const isKnown = (format: string): boolean => formats.has(normalize(format))

/** The milliseconds of a duration like `1h30m`, `22 ns` or `2 weeks`; `undefined` when it cannot be parsed. */
export const durationMillis = (text: string): number | undefined => goDuration(text) ?? wordDuration(text)

/** Dashes in names of formats are ignored. */
const normalize = (format: string): string => format.replaceAll("-", "")

type FormatCheck = (text: string) => boolean

const matching =
  (pattern: RegExp): FormatCheck =>
  (text) =>
    pattern.test(text)

const octet = "0*(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)"
const ipv4 = matching(new RegExp(`^${octet}(?:\\.${octet}){3}$`))

const isIpv6: FormatCheck = (text) => {
  const halves = text.split("::")
  if (halves.length > 2 || !text.includes(":")) return false
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")))
  const last = groups[groups.length - 1] ?? ""
  const embedded = last.includes(".")
  if (embedded && !ipv4(last)) return false
  const hex = embedded ? groups.slice(0, -1) : groups
  const count = hex.length + (embedded ? 2 : 0)
  return hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

const isCidr: FormatCheck = (text) => {
  const [address = "", bits = "", ...others] = text.split("/")
  if (others.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(bits)) return false
  return (ipv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128)
}

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isDate: FormatCheck = (text) => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (match === null) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = month === 2 && !isLeap ? 28 : (DAYS[month - 1] ?? 0)
  return day >= 1 && day <= days
}

const isDateTime: FormatCheck = (text) => {
  const match = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.exec(text)
  if (match === null) return false
  return isDate(match[1] ?? "") && Number(match[2]) < 24 && Number(match[3]) < 60 && Number(match[4]) < 60
}

const goUnits: { readonly [unit: string]: number } = {
  ns: 1e-6,
  us: 1e-3,
  "\u00b5s": 1e-3,
  "\u03bcs": 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000
}

const goDuration = (text: string): number | undefined => {
  if (/^[+-]?0$/.test(text)) return 0
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(text)) return undefined
  let sum = 0
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g)) {
    sum += Number(amount) * (goUnits[unit ?? ""] ?? 0)
  }
  return text.startsWith("-") ? -sum : sum
}

const wordUnits: ReadonlyArray<readonly [number, RegExp]> = [
  [1e-6, /^(ns|nanos?|nanoseconds?)$/],
  [1e-3, /^(us|\u00b5s|micros?|microseconds?)$/],
  [1, /^(ms|millis?|milliseconds?)$/],
  [1000, /^(s|secs?|seconds?)$/],
  [60_000, /^(m|mins?|minutes?)$/],
  [3_600_000, /^(h|hrs?|hours?)$/],
  [86_400_000, /^(d|days?)$/],
  [604_800_000, /^(w|weeks?)$/]
]

const wordDuration = (text: string): number | undefined => {
  const match = /(\d+)\s*([a-z\u00b5]+)/i.exec(text)
  if (match === null) return undefined
  const unit = wordUnits.find(([, words]) => words.test((match[2] ?? "").toLowerCase()))
  return unit === undefined ? undefined : Number(match[1]) * unit[0]
}

const isUri: FormatCheck = (text) => {
  if (/[\s\p{Cc}]/u.test(text) || text === "") return false
  if (text.startsWith("/")) return true
  return /^[a-z][a-z0-9+.-]*:./i.test(text) && URL.canParse(text)
}

/** The last of several labels consists of letters. */
const isHostname: FormatCheck = (text) => {
  const labels = text.split(".")
  const last = labels[labels.length - 1] ?? ""
  if (text.length > 255 || (labels.length > 1 && !/^[a-z]{2,63}$/i.test(last))) return false
  return labels.every((label) => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i.test(label))
}

const isIsbn10: FormatCheck = (text) => {
  const digits = text.replace(/[\s-]/g, "")
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  return [...digits].reduce((sum, digit, at) => sum + (10 - at) * (digit === "X" ? 10 : Number(digit)), 0) % 11 === 0
}

const isIsbn13: FormatCheck = (text) => {
  const digits = text.replace(/[\s-]/g, "")
  if (!/^\d{13}$/.test(digits)) return false
  return [...digits].reduce((sum, digit, at) => sum + (at % 2 === 0 ? 1 : 3) * Number(digit), 0) % 10 === 0
}

const isShortName = matching(/^(?=.{1,63}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/)
const isLongName = matching(/^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/)

const uuid = (version: string, variant: string): FormatCheck =>
  matching(new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, "i"))

const formats: ReadonlyMap<string, FormatCheck> = new Map([
  ["bsonobjectid", matching(/^[0-9a-f]{24}$/i)],
  ["uri", isUri],
  ["email", matching(/^(?:[^<>]*<)?[^\s<>@,;:"()]+@[^\s<>@,;:"()]+>?$/)],
  ["hostname", isHostname],
  ["ipv4", ipv4],
  ["ipv6", isIpv6],
  ["cidr", isCidr],
  [
    "mac",
    matching(/^(?:[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12})$/i)
  ],
  ["uuid", uuid("[0-9a-f]", "[0-9a-f]")],
  ["uuid3", uuid("3", "[0-9a-f]")],
  ["uuid4", uuid("4", "[89ab]")],
  ["uuid5", uuid("5", "[89ab]")],
  ["isbn", (text: string) => isIsbn10(text) || isIsbn13(text)],
  ["isbn10", isIsbn10],
  ["isbn13", isIsbn13],
  ["ssn", matching(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/)],
  ["hexcolor", matching(/^#?([0-9a-f]{3}|[0-9a-f]{6})$/i)],
  ["rgbcolor", matching(/^rgb\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*\)$/)],
  ["byte", matching(/^(?!$)(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i)],
  ["password", () => true],
  ["date", isDate],
  ["duration", (text: string) => durationMillis(text) !== undefined],
  ["datetime", isDateTime],
  ["k8sshortname", isShortName],
  ["k8slongname", isLongName]
])
