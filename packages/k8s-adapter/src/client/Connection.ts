/**
 * What requests to one cluster share: two connection pools and the credentials of the moment. Credentials are asked for
 * once at a time, kept for a minute, and asked for anew when the server refuses them.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from "undici"
import type { Access, ClientConfigError, Credentials, Open } from "./Kubeconfig.ts"

/** No answer: refused, reset, timed out, or no credentials to ask with. A write may have landed. */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  message: Schema.String
}) {}

interface Pools {
  /** For requests with an answer. Bounded. */
  readonly calls: Dispatcher
  /** For watches, each of which holds a connection for minutes. Not bounded, or they would starve the calls. */
  readonly watches: Dispatcher
}

export interface AuthorizedConnection {
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly pools: Pools
  /** Grows whenever credentials are asked for. */
  readonly epoch: number
}

export interface Connection {
  readonly server: string
  readonly authorize: Effect.Effect<AuthorizedConnection, TransportFailed>
  /** New credentials, from the start, unless someone got newer ones than `refused` in the meantime. */
  readonly reauthorize: (refused: AuthorizedConnection) => Effect.Effect<AuthorizedConnection, TransportFailed>
}

export interface Options {
  /** Connections for requests with an answer. */
  readonly connections: number
  readonly credentialsTtlMs: number
}

/** Opens a cluster once and closes its connections with the scope. */
export const make = (open: Open, options: Options): Effect.Effect<Connection, ClientConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const gate = yield* Semaphore.make(1)
    let access = yield* open
    let pools: { readonly text: string; readonly pools: Pools } | undefined
    let held: { readonly authorized: AuthorizedConnection; readonly until: number } | undefined
    let epoch = 0
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => (pools === undefined ? nothingToClose() : destroy(pools.pools)))
    )

    const ask = Effect.gen(function* () {
      const { headers, ...way } = yield* credentialsFrom(access)
      const text = textOf(way)
      if (pools?.text !== text) {
        const made = yield* Effect.try({ try: () => poolsOf(way, options.connections), catch: failed })
        if (pools !== undefined) retire(pools.pools)
        pools = { text, pools: made }
      }
      epoch++
      const authorized = { server: access.server, headers, pools: pools.pools, epoch }
      held = { authorized, until: (yield* Clock.currentTimeMillis) + options.credentialsTtlMs }
      return authorized
    })
    const authorize = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (held !== undefined && now < held.until) return held.authorized
      const waited = held
      return yield* gate.withPermit(
        Effect.suspend(() => (held !== undefined && held !== waited ? Effect.succeed(held.authorized) : ask))
      )
    })
    const reauthorize = (refused: AuthorizedConnection) =>
      gate.withPermit(
        Effect.gen(function* () {
          if (held !== undefined && held.authorized.epoch > refused.epoch) return held.authorized
          access = yield* Effect.mapError(open, failed)
          return yield* ask
        })
      )
    return { server: access.server, authorize, reauthorize }
  })

/** The whole story in one line, without headers or bodies. */
export const failed = (cause: unknown): TransportFailed => {
  if (!(cause instanceof Error)) return new TransportFailed({ message: String(cause) })
  const inner = cause.cause instanceof Error ? ` (${cause.cause.message})` : ""
  const message = cause.message === "" && "code" in cause ? String(cause.code) : cause.message
  return new TransportFailed({ message: `${message}${inner}`.slice(0, 500) })
}

const credentialsFrom = (access: Access) =>
  Effect.tryPromise({
    try: () => access.credentials(),
    catch: (cause) => new TransportFailed({ message: `credentials: ${failed(cause).message}` })
  })

/** Idle connections outlive a poll interval, and end before a server (90 s) or a load balancer (60 s) drops them. */
const KEEP_ALIVE_MS = 55_000

type TransportConfig = Omit<Credentials, "headers">

/** HTTP/1.1: ten sockets carry more than one HTTP/2 session, and one lost session would silence every watch. */
const poolsOf = (way: TransportConfig, connections: number): Pools => ({
  calls: dispatcher(way, { allowH2: false, connections, keepAliveTimeout: KEEP_ALIVE_MS }),
  watches: dispatcher(way, { allowH2: false, bodyTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS })
})

const dispatcher = ({ proxy, tls }: TransportConfig, pool: Omit<Agent.Options, "connect">): Dispatcher => {
  const requestTls = { ...tls, allowH2: false, keepAlive: true, keepAliveInitialDelay: 30_000 }
  if (proxy === undefined) return new Agent({ ...pool, connect: requestTls })
  return proxy.type === "proxy"
    ? new ProxyAgent({ ...pool, uri: proxy.uri, requestTls })
    : new Socks5ProxyAgent(proxy.uri, { ...pool, requestTls })
}

/** Two texts are equal when connections made one way may serve the other. */
const textOf = (way: TransportConfig): string => JSON.stringify(way)

const nothingToClose = () => Promise.resolve()

const destroy = ({ calls, watches }: Pools): Promise<void> =>
  Promise.allSettled([calls.destroy(), watches.destroy()]).then(() => undefined)

/** Requests under way may end; nobody waits for them. */
const retire = ({ calls, watches }: Pools): void => {
  void Promise.allSettled([calls.close(), watches.close()])
}
