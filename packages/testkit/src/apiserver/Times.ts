/**
 * Times as the server writes them: RFC 3339 in UTC, whole seconds.
 */
import * as DateTime from "effect/DateTime"

export const fromMillis = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis)).replace(/\.\d+Z$/u, "Z")

/** The time that many seconds after another. */
export const after = (time: string, seconds: number): string =>
  fromMillis(DateTime.toEpochMillis(DateTime.makeUnsafe(time)) + seconds * 1000)
