/**
 * HTTP client of one Kubernetes API server: JSON in and out over keep-alive connections.
 *
 * A write is sent once, because a failed write may have been stored. A `GET` that is answered with 429 or 503 is
 * retried at most four times. Paths are built in `ResourcePath`, responses are interpreted in `Responses`.
 */
import { CurrentReconcile } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type Dispatcher, request as undiciRequest } from "undici"
import * as Connection from "./Connection.ts"
import * as Kubeconfig from "./Kubeconfig.ts"

export { TransportFailed } from "./Connection.ts"
export { ClientConfigError, type InClusterOptions } from "./Kubeconfig.ts"

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Absolute path with its query, below the base URL of the server. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly contentType?: string
}

/** A complete response of any HTTP status. */
export interface Response {
  readonly status: number
  /** Parsed JSON; `undefined` when the body is not JSON. */
  readonly body: unknown
  /** The first 1000 characters of the body, for error messages. */
  readonly text: string
}

/**
 * A response whose headers have arrived and whose body is read piece by piece. Closing the scope aborts the request.
 */
export interface StreamingResponse {
  readonly status: number
  /** The next piece of the body; `undefined` at the end. One call at a time. */
  readonly next: Effect.Effect<Uint8Array | undefined, Connection.TransportFailed>
}

export class Client extends Context.Service<
  Client,
  {
    /** Base URL without a trailing slash. */
    readonly server: string

    /**
     * Sends a request. The deadline covers fetching credentials and reading the whole body. Every HTTP status is a
     * `Response`; a 401 is retried once with new credentials.
     */
    readonly request: (request: Request) => Effect.Effect<Response, Connection.TransportFailed>

    /** Sends a `GET` and returns when its headers have arrived. There is no deadline: the caller sets its own. */
    readonly open: (path: string) => Effect.Effect<StreamingResponse, Connection.TransportFailed, Scope.Scope>
  }
>()("@portolan/k8s-adapter/Client") {
  /** It can send any request, so no task may require it (INV-2). */
  declare readonly "~writesStatus": true
}

export interface Options {
  readonly userAgent?: string
  /** For one request with its whole response. Default: 30 s. */
  readonly deadline?: Duration.Input
  /** Most connections for requests. Default: 10. Every watch has a connection of its own besides. */
  readonly connections?: number
}

export interface KubeconfigOptions extends Options {
  readonly path?: string
  readonly context?: string
  readonly server?: string
}

export type DefaultOptions = Options & Kubeconfig.ResolveOptions

/**
 * A client for the cluster of one kubeconfig file. `server` overrides the server of the file; without a file it
 * connects to `server` anonymously.
 *
 * **Errors** `ClientConfigError` when the file is missing, is not a kubeconfig, or refers to a context, cluster, user
 * or file that does not exist.
 */
export const layerFromKubeconfig = (options: KubeconfigOptions): Layer.Layer<Client, Kubeconfig.ClientConfigError> =>
  layerDefault(options)

/** A client for the cluster that this process runs in, as its service account. Token rotation is followed. */
export const layerInCluster = (
  options: Options & Kubeconfig.InClusterOptions
): Layer.Layer<Client, Kubeconfig.ClientConfigError> => layerDefault({ ...options, inCluster: options })

/**
 * A client for the first configuration that is present, in the order of `Kubeconfig.resolve`. Apps read the environment
 * and pass its values as options.
 *
 * **Errors** `ClientConfigError` when no configuration is present, or when the first one cannot be used.
 */
export const layerDefault = (options: DefaultOptions): Layer.Layer<Client, Kubeconfig.ClientConfigError> =>
  Layer.effect(Client, make(Kubeconfig.resolve(options), options))

const CREDENTIALS_TTL_MS = 60_000
const READ_RETRIES_MAX = 4
const RETRY_AFTER_MAX_MS = 10_000

/** Makes a client for any configuration. The layers above use it. */
export const make = (
  load: Kubeconfig.Load,
  options: Options = {}
): Effect.Effect<Client["Service"], Kubeconfig.ClientConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const { connections = 10, deadline = "30 seconds", userAgent = "portolan/0" } = options
    const connection = yield* Connection.make(load, { connections, credentialsTtlMs: CREDENTIALS_TTL_MS })
    const timeout = `no response within ${Duration.format(Duration.fromInputUnsafe(deadline))}`
    const withDeadline = Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail(new Connection.TransportFailed({ message: timeout }))
    })
    const sendOnce = (request: Request, authorized: Connection.AuthorizedConnection) =>
      Effect.flatMap(CurrentReconcile.requestHeaders, (ofPass) => {
        const headers = { ...authorized.headers, ...headersOf(request, userAgent), ...ofPass }
        return Effect.tryPromise({
          try: (signal) => sendRequest(request, authorized, headers, signal),
          catch: Connection.transportFailed
        })
      })
    const request = Effect.fnUntraced(function* (request: Request) {
      for (let attempt = 0; ; attempt++) {
        const response = yield* withDeadline(
          withAuthorization(connection, (authorized) => sendOnce(request, authorized))
        )
        const busy = request.method === "GET" && (response.status === 429 || response.status === 503)
        if (!busy || attempt === READ_RETRIES_MAX) return response
        yield* Effect.sleep(response.retryAfterMs ?? 250 * 2 ** attempt)
      }
    })
    const open = Effect.fnUntraced(function* (path: string) {
      const ofPass = yield* CurrentReconcile.requestHeaders
      const abort = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const request: Request = { method: "GET", path }
      return yield* withAuthorization(connection, (authorized) => {
        const headers = { ...authorized.headers, ...headersOf(request, userAgent), ...ofPass }
        return Effect.tryPromise({
          try: () => openStream(path, authorized, headers, abort.signal),
          catch: Connection.transportFailed
        })
      })
    })
    return Client.of({ server: connection.server, request, open })
  })

/** Sends with the current credentials, and once more with new ones after a 401, which means that nothing was done. */
const withAuthorization = <A extends { readonly status: number }, R>(
  connection: Connection.Connection,
  send: (authorized: Connection.AuthorizedConnection) => Effect.Effect<A, Connection.TransportFailed, R>
): Effect.Effect<A, Connection.TransportFailed, R> =>
  Effect.gen(function* () {
    const authorized = yield* connection.authorize
    const response = yield* send(authorized)
    return response.status === 401 ? yield* send(yield* connection.reauthorize(authorized)) : response
  })

type Headers = Readonly<Record<string, string>>

const headersOf = ({ body, contentType = "application/json" }: Request, userAgent: string): Headers => ({
  Accept: "application/json",
  "User-Agent": userAgent,
  ...(body === undefined ? {} : { "Content-Type": contentType })
})

const sendRequest = async (
  request: Request,
  authorized: Connection.AuthorizedConnection,
  headers: Headers,
  signal: AbortSignal
) => {
  const response = await undiciRequest(authorized.server + request.path, {
    dispatcher: authorized.pools.requests,
    method: request.method,
    headers,
    signal,
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) })
  })
  const text = await response.body.text()
  return {
    status: response.statusCode,
    body: parsed(text),
    text: text.slice(0, 1000),
    retryAfterMs: retryAfter(response.headers["retry-after"])
  }
}

const openStream = async (
  path: string,
  authorized: Connection.AuthorizedConnection,
  headers: Headers,
  signal: AbortSignal
): Promise<StreamingResponse> => {
  const options = { method: "GET", headers, signal, headersTimeout: 0, bodyTimeout: 0 } as const
  const response = await undiciRequest(authorized.server + path, { ...options, dispatcher: authorized.pools.watches })
  return { status: response.statusCode, next: reader(response.body) }
}

const reader = (body: Dispatcher.ResponseData["body"]): StreamingResponse["next"] => {
  body.on("error", () => undefined)
  const chunks: AsyncIterator<unknown> = body[Symbol.asyncIterator]()
  return Effect.tryPromise({
    try: async () => {
      const { done, value } = await chunks.next()
      return done === true || !(value instanceof Uint8Array) ? undefined : value
    },
    catch: Connection.transportFailed
  })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The delay of a `Retry-After` header in seconds; its form as a date is ignored. */
const retryAfter = (header: string | Array<string> | undefined): number | undefined => {
  const seconds = Number(typeof header === "string" && header !== "" ? header : Number.NaN)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1000, 0), RETRY_AFTER_MAX_MS) : undefined
}
