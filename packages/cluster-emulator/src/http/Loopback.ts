/** A server on the loopback interface, for as long as a scope is open. */
import type { Server } from "node:http"
import type { Socket } from "node:net"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** Somebody else listens on the port. */
export class PortInUse extends Schema.TaggedError<PortInUse>()("PortInUse", { port: Schema.Int }) {
  override get message(): string {
    return `port ${this.port} is in use`
  }
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** How many sockets are open. */
  readonly connections: () => number
  /** What went over the wire since the start. */
  readonly traffic: () => Traffic
}

/** Totals, those of closed connections included. */
export interface Traffic {
  readonly connections: number
  readonly requests: number
  /** Heads, bodies and framing of requests, as the sockets count them. */
  readonly bytesReceived: number
  readonly bytesSent: number
}

/** Listens on a port, 0 for a free one. When the scope closes every socket is cut at once. */
export const listen = (http: Server, port: number): Effect.Effect<Listening, PortInUse, Scope.Scope> => {
  const sockets = new Set<Socket>()
  const closed = { connections: 0, requests: 0, bytesReceived: 0, bytesSent: 0 }
  http.on("connection", (socket: Socket) => {
    if (sockets.has(socket)) return
    sockets.add(socket)
    socket.once("close", () => {
      sockets.delete(socket)
      closed.connections++
      closed.bytesReceived += socket.bytesRead
      closed.bytesSent += socket.bytesWritten
    })
  })
  http.on("request", () => closed.requests++)
  const traffic = (): Traffic => {
    const open = [...sockets]
    return {
      connections: closed.connections + open.length,
      requests: closed.requests,
      bytesReceived: open.reduce((sum, { bytesRead }) => sum + bytesRead, closed.bytesReceived),
      bytesSent: open.reduce((sum, { bytesWritten }) => sum + bytesWritten, closed.bytesSent)
    }
  }
  return Effect.map(
    Effect.acquireRelease(bind(http, port), () => close(http, sockets)),
    (bound) => ({ url: `http://127.0.0.1:${bound}`, port: bound, connections: () => sockets.size, traffic })
  )
}

const bind = (http: Server, port: number): Effect.Effect<number, PortInUse> =>
  Effect.callback((resume) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      resume(error.code === "EADDRINUSE" ? Effect.fail(new PortInUse({ port })) : Effect.die(error))
    })
    http.listen(port, "127.0.0.1", () => {
      const address = http.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

const close = (http: Server, sockets: Set<Socket>): Effect.Effect<void> =>
  Effect.callback((resume) => {
    http.close(() => resume(Effect.void))
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  })
