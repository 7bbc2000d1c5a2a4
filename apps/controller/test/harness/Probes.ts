/** Requests to the health probes of a process, and a free port for them. */
import { createServer } from "node:http"
import * as Effect from "effect/Effect"

export const freePort = Effect.callback<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const bound = probe.address()
    probe.close(() => resume(Effect.succeed(typeof bound === "object" && bound !== null ? bound.port : 0)))
  })
})

/** The status of the response; 0 when nothing listens. */
export const statusOf = (port: number, path: string): Effect.Effect<number> =>
  Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ status }) => status,
      () => 0
    )
  )
