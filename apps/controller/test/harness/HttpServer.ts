/** An HTTP server on a free port of the loopback interface. */
import { createServer, type RequestListener } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Serves until the scope closes; the result is the port. */
export const serve = (listener: RequestListener): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<{ readonly port: number; readonly close: () => void }>((resume) => {
      const server = createServer(listener)
      server.listen(0, "127.0.0.1", () => {
        const bound = server.address()
        const port = typeof bound === "object" && bound !== null ? bound.port : 0
        resume(Effect.succeed({ port, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ port }) => port))
