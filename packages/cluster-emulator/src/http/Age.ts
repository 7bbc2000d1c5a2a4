/** Durations as kubectl prints them in the Age column: the longer, the coarser. */

/** The age of a timestamp; `<unknown>` when it is empty, `<invalid>` when it cannot be parsed. */
export const since = (time: string, now: string): string => {
  if (time === "") return "<unknown>"
  const millis = between(time, now)
  return millis === undefined ? "<invalid>" : text(millis)
}

/** Milliseconds between two timestamps; `undefined` when one of them cannot be parsed. */
export const between = (from: string, to: string): number | undefined => {
  const millis = Date.parse(to) - Date.parse(from)
  return Number.isNaN(millis) ? undefined : millis
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** Below `bound`, a duration is printed in `unit`, with `smaller` units beside it where given. */
const steps: ReadonlyArray<readonly [bound: number, unit: number, name: string, smaller?: readonly [number, string]]> =
  [
    [2 * MINUTE, 1, "s"],
    [10 * MINUTE, MINUTE, "m", [1, "s"]],
    [3 * HOUR, MINUTE, "m"],
    [8 * HOUR, HOUR, "h", [MINUTE, "m"]],
    [2 * DAY, HOUR, "h"],
    [8 * DAY, DAY, "d", [HOUR, "h"]],
    [2 * YEAR, DAY, "d"],
    [8 * YEAR, YEAR, "y", [DAY, "d"]],
    [Number.POSITIVE_INFINITY, YEAR, "y"]
  ]

/** Tolerates one second of clock skew; a duration further in the future is `<invalid>`. */
export const text = (millis: number): string => {
  const seconds = Math.trunc(millis / 1000)
  if (seconds < -1) return "<invalid>"
  if (seconds < 0) return "0s"
  const [, unit, name, smaller] = steps.find(([bound]) => seconds < bound) ?? [0, YEAR, "y"]
  const [smallerUnit, smallerName] = smaller ?? [unit, ""]
  const remainder = Math.floor((seconds % unit) / smallerUnit)
  return `${Math.floor(seconds / unit)}${name}${remainder === 0 ? "" : `${remainder}${smallerName}`}`
}
