/**
 * `metav1.Time` and `metav1.MicroTime`: RFC 3339 in UTC, in whole seconds or microseconds.
 */
export const fromMillis = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/u, "Z")

/** Adds seconds to a time. */
export const after = (time: string, seconds: number): string => fromMillis(Date.parse(time) + seconds * 1000)

/** Parses a time and formats it as the server does. A MicroTime requires six fractional digits. */
export const read = (text: string, isMicro: boolean): { readonly value: string } | { readonly error: string } => {
  if (!isMicro && canonical.test(text) && fromMillis(Date.parse(text)) === text) return { value: text }
  const error = parseError(text, isMicro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00")
  if (error !== undefined) return { error: `parsing time ${JSON.stringify(text)}${error}` }
  const digits = /[.,](\d{6})/u.exec(text)?.[1]
  const seconds = fromMillis(Date.parse(text.replace(/[.,]\d+/u, "")))
  return { value: isMicro && digits !== undefined ? seconds.replace("Z", `.${digits}Z`) : seconds }
}

const canonical = /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/u

/**
 * One element of Go's time layout: its text in the layout, the expected pattern, and the name and range of a number.
 */
interface Part {
  readonly part: string
  readonly pattern: RegExp
  readonly name?: string
  readonly range?: readonly [min: number, max: number]
}

const literal = (part: string): Part => ({ part, pattern: new RegExp(`^${part}`, "u") })

const number = (part: string, name: string, min: number, max: number): Part => ({
  part,
  pattern: /^\d\d/u,
  name,
  range: [min, max]
})

const parts: ReadonlyArray<Part> = [
  { part: "2006", pattern: /^\d{4}/u },
  literal("-"),
  number("01", "month", 1, 12),
  literal("-"),
  number("02", "day", 1, 31),
  literal("T"),
  number("15", "hour", 0, 23),
  literal(":"),
  number("04", "minute", 0, 59),
  literal(":"),
  number("05", "second", 0, 59)
]

/** The first error of Go's `time.Parse`, without the text that it quotes first. */
const parseError = (text: string, layout: string): string | undefined => {
  let remaining = text
  const cannot = (part: string) =>
    ` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(remaining)} as "${part}"`
  for (const { name, part, pattern, range } of parts) {
    const [found] = pattern.exec(remaining) ?? []
    if (found === undefined) return cannot(part)
    if (range !== undefined && (Number(found) < range[0] || Number(found) > range[1])) return `: ${name} out of range`
    remaining = remaining.slice(found.length)
  }
  const fraction = layout.includes(".") ? /^[.,]\d{6}/u : /^(?:[.,]\d+)?/u
  const [micros] = fraction.exec(remaining) ?? []
  if (micros === undefined) return cannot(".000000")
  remaining = remaining.slice(micros.length)
  if (!/^(?:Z$|[-+]\d\d:\d\d$)/u.test(remaining)) return cannot("Z07:00")
  const [date = ""] = text.split("T", 1)
  return new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().startsWith(date) ? undefined : ": day out of range"
}
