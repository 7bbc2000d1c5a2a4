/**
 * What all requests to one API server share: two connection pools and the current credentials.
 *
 * Credentials are cached for a time, at most until they expire, and fetched again when the API server answers 401.
 * Concurrent requests share one fetch, so an `exec` credential plugin runs once, not once per request.
 */
import { createSecureContext } from "node:tls"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent } from "undici"
import type { ClientConfig, ClientConfigError, Credentials, Load } from "./Kubeconfig.ts"

/** No response: connection refused or reset, deadline exceeded, or no credentials. A write may have been stored. */
export class TransportFailed extends Schema.TaggedError<TransportFailed>()("TransportFailed", {
  message: Schema.String
}) {}

interface Pools {
  /** For requests with a complete response. Bounded. */
  readonly requests: Dispatcher
  /** For watches, each of which holds a connection for minutes. Unbounded, so that watches never block requests. */
  readonly watches: Dispatcher
}

export interface AuthorizedConnection {
  readonly server: string
  readonly headers: Readonly<Record<string, string>>
  readonly pools: Pools
  /** Counts fetches of credentials. */
  readonly epoch: number
}

export interface Connection {
  readonly server: string
  readonly authorize: Effect.Effect<AuthorizedConnection, TransportFailed>
  /**
   * Loads the configuration again and fetches new credentials, unless another request has fetched newer ones than
   * `rejected` in the meantime.
   */
  readonly reauthorize: (rejected: AuthorizedConnection) => Effect.Effect<AuthorizedConnection, TransportFailed>
}

export interface Options {
  /** Size of the pool for requests. */
  readonly connections: number
  readonly credentialsTtlMs: number
}

/** Loads the configuration. Closing the scope closes all connections. */
export const make = (load: Load, options: Options): Effect.Effect<Connection, ClientConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const fetching = yield* Semaphore.make(1)
    let config = yield* load
    let current: { readonly transportKey: string; readonly pools: Pools } | undefined
    let cached: { readonly authorized: AuthorizedConnection; readonly expiresAt: number } | undefined
    let epoch = 0
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => (current === undefined ? Promise.resolve() : destroy(current.pools)))
    )

    const fetchCredentials = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const { expiresAt = Number.POSITIVE_INFINITY, headers, ...transport } = yield* credentialsFrom(config, now)
      const transportKey = JSON.stringify(transport)
      if (current?.transportKey !== transportKey) {
        const pools = yield* Effect.try({
          try: () => makePools(transport, options.connections),
          catch: unusable
        })
        if (current !== undefined) closeWhenIdle(current.pools)
        current = { transportKey, pools }
      }
      epoch++
      const authorized = { server: config.server, headers, pools: current.pools, epoch }
      cached = { authorized, expiresAt: Math.min(now + options.credentialsTtlMs, expiresAt) }
      return authorized
    })
    const authorize = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (cached !== undefined && now < cached.expiresAt) return cached.authorized
      const expired = cached
      return yield* fetching.withPermit(
        Effect.suspend(() =>
          cached !== undefined && cached !== expired ? Effect.succeed(cached.authorized) : fetchCredentials
        )
      )
    })
    const reauthorize = (rejected: AuthorizedConnection) =>
      fetching.withPermit(
        Effect.gen(function* () {
          if (cached !== undefined && cached.authorized.epoch > rejected.epoch) return cached.authorized
          config = yield* Effect.mapError(load, transportFailed)
          return yield* fetchCredentials
        })
      )
    return { server: config.server, authorize, reauthorize }
  })

/** Describes any failure in one line, without headers or bodies. */
export const transportFailed = (cause: unknown): TransportFailed => {
  if (!(cause instanceof Error)) return new TransportFailed({ message: String(cause) })
  const inner = cause.cause instanceof Error ? ` (${cause.cause.message})` : ""
  const message = cause.message === "" && "code" in cause ? String(cause.code) : cause.message
  return new TransportFailed({ message: `${message}${inner}`.slice(0, 500) })
}

const credentialsFrom = (config: ClientConfig, now: number) =>
  Effect.tryPromise({ try: (signal) => config.credentials(now, signal), catch: unusable })

const unusable = (cause: unknown) =>
  new TransportFailed({ message: `cannot get credentials: ${transportFailed(cause).message}` })

/** Longer than a poll interval, shorter than the idle timeouts of the API server (90 s) and load balancers (60 s). */
const KEEP_ALIVE_MS = 55_000

type TransportConfig = Omit<Credentials, "headers" | "expiresAt">

/**
 * HTTP/1.1, because HTTP/2 would carry every watch on one connection, and losing it would interrupt all of them. Throws
 * when the key is not that of the certificate: then only one of the two files is rotated yet, and both are read again.
 */
const makePools = (transport: TransportConfig, connections: number): Pools => {
  createSecureContext(transport.tls)
  return {
    requests: makeDispatcher(transport, { allowH2: false, connections, keepAliveTimeout: KEEP_ALIVE_MS }),
    watches: makeDispatcher(transport, { allowH2: false, bodyTimeout: 0, keepAliveTimeout: KEEP_ALIVE_MS })
  }
}

const makeDispatcher = ({ proxy, tls }: TransportConfig, pool: Omit<Agent.Options, "connect">): Dispatcher => {
  const requestTls = { ...tls, allowH2: false, keepAlive: true, keepAliveInitialDelay: 30_000 }
  if (proxy === undefined) return new Agent({ ...pool, connect: requestTls })
  return proxy.type === "proxy"
    ? new ProxyAgent({ ...pool, uri: proxy.uri, requestTls })
    : new Socks5ProxyAgent(proxy.uri, { ...pool, requestTls })
}

const destroy = ({ requests, watches }: Pools): Promise<void> =>
  Promise.allSettled([requests.destroy(), watches.destroy()]).then(() => undefined)

/** Lets requests in flight complete, in the background. */
const closeWhenIdle = ({ requests, watches }: Pools): void => {
  void Promise.allSettled([requests.close(), watches.close()])
}
