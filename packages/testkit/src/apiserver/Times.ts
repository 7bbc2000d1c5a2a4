/**
 * Times as the server writes them: RFC 3339 in UTC, whole seconds.
 */
export const fromMillis = (millis: number): string => new Date(millis).toISOString().replace(/\.\d+Z$/u, "Z")

/** The time that many seconds after another. */
export const after = (time: string, seconds: number): string => fromMillis(Date.parse(time) + seconds * 1000)
