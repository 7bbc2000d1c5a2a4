/**
 * The harness of the stale-write race for real processes: each side reaches the API server through a door of its own, and
 * a status write is held at its door until the other side has one of the same object, so that both were decided on the same
 * version. What comes alone goes on after a moment.
 */
import * as Fs from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Https from "node:https"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** How long a write waits for another one. */
const ALONE_MS = 400

export interface Side {
  readonly name: string
  readonly kubeconfig: string
}

interface Door {
  readonly name: string
  /** A kubeconfig with the same user, that leads through the door. */
  readonly kubeconfig: string
}

interface Lockstep {
  readonly doors: ReadonlyArray<Door>
  /** How often two writes of one object met. */
  readonly met: () => number
}

interface Waiting {
  readonly side: string
  readonly go: () => void
}

/** Open until its scope closes. Of two writes that meet, the first to come goes second every other time. */
export const make = Effect.fnUntraced(function* (url: string, sides: ReadonlyArray<Side>) {
  const waiting = new Map<string, Waiting>()
  const agent = new Https.Agent({ keepAlive: true, rejectUnauthorized: false })
  let met = 0
  const pass = (side: string, path: string, go: () => void): void => {
    const other = waiting.get(path)
    if (other === undefined || other.side === side) {
      const alone = setTimeout(() => {
        waiting.delete(path)
        go()
      }, ALONE_MS)
      waiting.set(path, {
        side,
        go: () => {
          clearTimeout(alone)
          go()
        }
      })
      return
    }
    waiting.delete(path)
    met += 1
    const [first, second] = met % 2 === 0 ? [other.go, go] : [go, other.go]
    first()
    second()
  }
  const doors = yield* Effect.forEach(sides, ({ kubeconfig, name }) =>
    Effect.map(
      open((request, response) => {
        const { pathname } = new URL(request.url ?? "/", url)
        const go = () => forward(url, agent, request, response)
        if (request.method === "PATCH" && pathname.endsWith("/status")) pass(name, pathname, go)
        else go()
      }),
      (door) => ({ name, kubeconfig: through(kubeconfig, door) })
    )
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
  return { doors, met: () => met } satisfies Lockstep
})

const open = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, answer)
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map((door) => door.url))

const forward = (url: string, agent: Https.Agent, request: IncomingMessage, response: ServerResponse): void => {
  const { method = "GET", headers } = request
  const onward = Https.request(new URL(request.url ?? "/", url), { method, headers, agent }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
    answer.once("error", () => response.destroy())
  })
  onward.once("error", () => response.destroy())
  response.once("close", () => onward.destroy())
  request.pipe(onward)
}

/** The kubeconfig with another server, beside the first one. */
const through = (kubeconfig: string, door: string): string => {
  const config = JSON.parse(Fs.readFileSync(kubeconfig, "utf8"))
  const clusters = [{ name: config.clusters[0].name, cluster: { server: door } }]
  const path = Path.join(Path.dirname(kubeconfig), `${Path.basename(kubeconfig)}.${new URL(door).port}`)
  Fs.writeFileSync(path, JSON.stringify({ ...config, clusters }), { mode: 0o600 })
  return path
}
