/** Requests to the health probes of a process, and a free port for them. */
import * as Effect from "effect/Effect"
import { serve } from "./HttpServer.ts"

/** A port that nothing listens on. */
export const freePort = Effect.scoped(serve((_, response) => response.end()))

/** The status of the response; 0 when nothing listens. */
export const statusOf = (port: number, path: string, host = "127.0.0.1"): Effect.Effect<number> =>
  Effect.promise(() =>
    fetch(`http://${host}:${port}${path}`).then(
      ({ status }) => status,
      () => 0
    )
  )
