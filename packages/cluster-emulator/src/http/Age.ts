/**
 * Spans of time as tables show them: short, and coarser the longer they are.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** How long ago a time was; `<unknown>` for no time, `<invalid>` for none that can be read. */
export const since = (time: string, now: string): string => {
  if (time === "") return "<unknown>"
  const millis = between(time, now)
  return millis === undefined ? "<invalid>" : text(millis)
}

/** From one time to another in milliseconds; `undefined` when one of them is no time. */
export const between = (from: string, to: string): number | undefined => {
  const start = DateTime.make(from)
  const end = DateTime.make(to)
  if (Option.isNone(start) || Option.isNone(end)) return undefined
  return DateTime.toEpochMillis(end.value) - DateTime.toEpochMillis(start.value)
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

/** Below the bound: how many of the unit, and how much of the smaller one beside it. */
const steps: ReadonlyArray<readonly [bound: number, unit: number, name: string, rest?: readonly [number, string]]> = [
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

/** Clocks may differ by a second. */
export const text = (millis: number): string => {
  const seconds = Math.trunc(millis / 1000)
  if (seconds < -1) return "<invalid>"
  if (seconds < 0) return "0s"
  const [, unit, name, rest] = steps.find(([bound]) => seconds < bound) ?? [0, YEAR, "y"]
  const left = rest === undefined ? 0 : Math.floor((seconds % unit) / rest[0])
  return `${Math.floor(seconds / unit)}${name}${left === 0 || rest === undefined ? "" : `${left}${rest[1]}`}`
}
