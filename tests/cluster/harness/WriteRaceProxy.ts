/**
 * Makes two controller processes race on status writes. Each process connects to the API server through a proxy of its
 * own. A proxy holds a status write until the other process sends one for the same object, so that both writes are
 * based on the same resourceVersion. A write that stays alone is forwarded after a delay.
 */
import * as Fs from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Https from "node:https"
import * as Path from "node:path"
import * as Effect from "effect/Effect"

/** How long a write is held for a concurrent one. */
const HOLD_MS = 400

export interface Process {
  readonly name: string
  readonly kubeconfig: string
}

interface Race {
  /** By process: the kubeconfig with the same user that connects through the proxy. */
  readonly kubeconfigs: ReadonlyArray<string>
  /** The number of writes that were held until a concurrent one arrived. */
  readonly collisions: () => number
}

interface HeldWrite {
  readonly process: string
  readonly send: () => void
}

/** Proxies until the scope closes. Of two concurrent writes, every other time the second one is sent first. */
export const make = Effect.fnUntraced(function* (url: string, processes: ReadonlyArray<Process>) {
  const held = new Map<string, HeldWrite>()
  const agent = new Https.Agent({ keepAlive: true, rejectUnauthorized: false })
  let collisions = 0
  const holdWrite = (process: string, path: string, send: () => void): void => {
    const other = held.get(path)
    if (other === undefined || other.process === process) {
      const timeout = setTimeout(() => {
        held.delete(path)
        send()
      }, HOLD_MS)
      held.set(path, {
        process,
        send: () => {
          clearTimeout(timeout)
          send()
        }
      })
      return
    }
    held.delete(path)
    collisions += 1
    const [first, second] = collisions % 2 === 0 ? [other.send, send] : [send, other.send]
    first()
    second()
  }
  const kubeconfigs = yield* Effect.forEach(processes, ({ kubeconfig, name }) =>
    Effect.map(
      listen((request, response) => {
        const { pathname } = new URL(request.url ?? "/", url)
        const send = () => forward(url, agent, request, response)
        if (request.method === "PATCH" && pathname.endsWith("/status")) holdWrite(name, pathname, send)
        else send()
      }),
      (proxy) => withServer(kubeconfig, proxy)
    )
  )
  yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
  return { kubeconfigs, collisions: () => collisions } satisfies Race
})

const listen = (handler: (request: IncomingMessage, response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, handler)
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
  ).pipe(Effect.map((proxy) => proxy.url))

const forward = (url: string, agent: Https.Agent, request: IncomingMessage, response: ServerResponse): void => {
  const { method = "GET", headers } = request
  const upstream = Https.request(new URL(request.url ?? "/", url), { method, headers, agent }, (received) => {
    response.writeHead(received.statusCode ?? 502, received.headers)
    received.pipe(response)
    received.once("error", () => response.destroy())
  })
  upstream.once("error", () => response.destroy())
  response.once("close", () => upstream.destroy())
  request.pipe(upstream)
}

/** Writes a copy of the kubeconfig with another server into the same folder, and returns its path. */
const withServer = (kubeconfig: string, server: string): string => {
  const config = JSON.parse(Fs.readFileSync(kubeconfig, "utf8"))
  const clusters = [{ name: config.clusters[0].name, cluster: { server } }]
  const path = Path.join(Path.dirname(kubeconfig), `${Path.basename(kubeconfig)}.${new URL(server).port}`)
  Fs.writeFileSync(path, JSON.stringify({ ...config, clusters }), { mode: 0o600 })
  return path
}
