/** An HTTP server that answers as it is told and remembers what it was asked. */
import * as Http from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

interface Observation {
  readonly method: string
  readonly url: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

export type Reply = (response: Http.ServerResponse, seen: Observation, n: number) => void

export interface Server {
  readonly url: string
  readonly seen: ReadonlyArray<Observation>
  /** Connections that were ever made. */
  readonly connections: () => number
}

/** `reply` is given every request with its number, from 0. */
export const serve = (reply: Reply): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function* () {
    const seen: Array<Observation> = []
    let connections = 0
    const server = Http.createServer((request, response) => {
      let body = ""
      request.on("data", (bytes: Buffer) => {
        body += bytes.toString("utf8")
      })
      request.on("end", () => {
        seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body })
        const last = seen.at(-1)
        if (last !== undefined) reply(response, last, seen.length - 1)
      })
    })
    server.on("connection", () => connections++)
    yield* Effect.callback<void>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.void))
    })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        server.closeAllConnections()
        server.close()
      })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { url: `http://127.0.0.1:${port}`, seen, connections: () => connections }
  })

export const json = (
  response: Http.ServerResponse,
  status: number,
  body: unknown,
  headers: Http.OutgoingHttpHeaders = {}
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(body))
}
