/**
 * Failed writes of status and finalizers in a row, for each object. The object cannot show them, because its status is what
 * was not written, so they are logged.
 */
import * as Effect from "effect/Effect"
import { keyText, type ObjectKey } from "../model/ObjectMeta.ts"
import type { KubernetesError } from "../services/KubernetesApi.ts"

export interface WriteFailures {
  /** Counts a failed write. Logs the third in a row, and after it each cause that was not logged yet. */
  readonly failed: (key: ObjectKey, error: KubernetesError) => Effect.Effect<void>
  /** A pass of the object ended without a failed write, or the object is gone: the row ends. */
  readonly ended: (key: ObjectKey) => Effect.Effect<void>
}

/** A single failure is usual and passes by itself: a restart of the API server, a stale read. */
const LOGGED_FROM = 3

interface Row {
  readonly failures: number
  readonly logged: ReadonlySet<string>
}

export const make: Effect.Effect<WriteFailures> = Effect.sync(() => {
  const rows = new Map<string, Row>()
  return {
    failed: (key, error) =>
      Effect.suspend(() => {
        const text = keyText(key)
        const { failures, logged } = rows.get(text) ?? { failures: 0, logged: new Set<string>() }
        const cause = causeOf(error)
        const isLogged = failures + 1 >= LOGGED_FROM && !logged.has(cause)
        rows.set(text, { failures: failures + 1, logged: isLogged ? new Set([...logged, cause]) : logged })
        if (!isLogged) return Effect.void
        const message = `the status of ${text} could not be written ${failures + 1} times in a row; the write is repeated until it succeeds`
        return Effect.logError(message, error.message)
      }),
    ended: (key) => Effect.sync(() => void rows.delete(keyText(key)))
  }
})

/** Equal for failures that only differ in their texts, which may contain versions and times. */
const causeOf = ({ reason }: KubernetesError): string =>
  reason._tag === "Rejected" ? `${reason.status} ${reason.code}` : reason._tag
