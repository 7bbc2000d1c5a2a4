/**
 * Times as the server writes them: RFC 3339 in UTC, whole seconds or millionths.
 */
export const fromMillis = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/u, "Z")

/** The time that many seconds after another. */
export const after = (time: string, seconds: number): string => fromMillis(Date.parse(time) + seconds * 1000)

/** Reads a time and says it again as the server does; a time in millionths must have six digits of them. */
export const read = (text: string, isMicro: boolean): { readonly value: string } | { readonly error: string } => {
  if (!isMicro && canonical.test(text) && fromMillis(Date.parse(text)) === text) return { value: text }
  const error = parseError(text, isMicro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00")
  if (error !== undefined) return { error: `parsing time ${JSON.stringify(text)}${error}` }
  const digits = /[.,](\d{6})/u.exec(text)?.[1]
  const seconds = fromMillis(Date.parse(text.replace(/[.,]\d+/u, "")))
  return { value: isMicro && digits !== undefined ? seconds.replace("Z", `.${digits}Z`) : seconds }
}

const canonical = /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/u

/** A part of the layout of times: what text must be there, and what a number there may be. */
interface Part {
  readonly part: string
  readonly form: RegExp
  readonly what?: string
  readonly range?: readonly [min: number, max: number]
}

const literal = (part: string): Part => ({ part, form: new RegExp(`^${part}`, "u") })

const number = (part: string, what: string, min: number, max: number): Part => ({
  part,
  form: /^\d\d/u,
  what,
  range: [min, max]
})

const parts: ReadonlyArray<Part> = [
  { part: "2006", form: /^\d{4}/u },
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

/** What is wrong first, as Go says it after the text. */
const parseError = (text: string, layout: string): string | undefined => {
  let rest = text
  const cannot = (part: string) => ` as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as "${part}"`
  for (const { form, part, range, what } of parts) {
    const [found] = form.exec(rest) ?? []
    if (found === undefined) return cannot(part)
    if (range !== undefined && (Number(found) < range[0] || Number(found) > range[1])) return `: ${what} out of range`
    rest = rest.slice(found.length)
  }
  const fraction = layout.includes(".") ? /^[.,]\d{6}/u : /^(?:[.,]\d+)?/u
  const [micros] = fraction.exec(rest) ?? []
  if (micros === undefined) return cannot(".000000")
  rest = rest.slice(micros.length)
  if (!/^(?:Z$|[-+]\d\d:\d\d$)/u.test(rest)) return cannot("Z07:00")
  const [date = ""] = text.split("T", 1)
  return new Date(Date.parse(`${date}T00:00:00Z`)).toISOString().startsWith(date) ? undefined : ": day out of range"
}
