/** Binds an HTTP server to the loopback interface, counts its traffic and closes it. */
import type { Server } from "node:http"
import type { Socket } from "node:net"

/** Another process listens on the port. */
export class PortInUse extends Error {
  override readonly name = "PortInUse"
  readonly port: number

  constructor(port: number) {
    super(`port ${port} is in use`)
    this.port = port
  }
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** The number of open sockets. */
  readonly connections: () => number
  /** Totals since the start. */
  readonly traffic: () => Traffic
  /** Stops listening and destroys every socket at once. */
  readonly close: () => Promise<void>
}

/** Totals over open and closed connections. */
export interface Traffic {
  readonly connections: number
  readonly requests: number
  /** Heads, bodies and framing of requests, as the sockets count them. */
  readonly bytesReceived: number
  readonly bytesSent: number
}

/** Listens on a port; 0 picks a free one. Rejects with {@link PortInUse}. */
export const listen = async (http: Server, port: number): Promise<Listening> => {
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
  const bound = await bind(http, port)
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    connections: () => sockets.size,
    traffic,
    close: () => close(http, sockets)
  }
}

const bind = (http: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    http.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? new PortInUse(port) : error)
    })
    http.listen(port, "127.0.0.1", () => {
      const address = http.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })

const close = (http: Server, sockets: Set<Socket>): Promise<void> =>
  new Promise((resolve) => {
    http.close(() => resolve())
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  })
