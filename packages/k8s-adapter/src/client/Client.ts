/**
 * Requests to one cluster: raw JSON in and out, over connections that live long. Writes are sent once; a read that the
 * server is too busy for is repeated a bounded number of times. Which object a request is about, and what its answer
 * means, is for others to say.
 */
import { CurrentReconcile } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { type Dispatcher, request as send } from "undici"
import * as Connection from "./Connection.ts"
import * as Kubeconfig from "./Kubeconfig.ts"

export { TransportFailed } from "./Connection.ts"
export { ClientConfigError, type InClusterOptions } from "./Kubeconfig.ts"

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** From the server's root, with its query. */
  readonly path: string
  /** Anything JSON can say. */
  readonly body?: unknown
  readonly contentType?: string
}

/** Whatever the server said, well or not. */
export interface Response {
  readonly status: number
  /** `undefined` when the answer is not JSON. */
  readonly body: unknown
  /** The beginning of what was said, for messages. */
  readonly text: string
}

/** An answer that has begun and may never end. It ends when its scope closes. */
export interface StreamingResponse {
  readonly status: number
  /** The next bytes; `undefined` at the end. Not to be called again before it returned. */
  readonly next: Effect.Effect<Uint8Array | undefined, Connection.TransportFailed>
}

export class Client extends Context.Service<
  Client,
  {
    /** Base URL, without a trailing slash. */
    readonly server: string

    /**
     * Sends one request within the deadline, asking for credentials included. Any HTTP status is an answer; 401 is asked
     * again with new credentials.
     */
    readonly request: (request: Request) => Effect.Effect<Response, Connection.TransportFailed>

    /** Begins a `GET` whose body has no deadline. Beginning has none either: the caller knows how long to wait. */
    readonly open: (path: string) => Effect.Effect<StreamingResponse, Connection.TransportFailed, Scope.Scope>
  }
>()("@portolan/k8s-adapter/Client") {}

export interface Options {
  readonly userAgent?: string
  /** For one answer, whole: 30 s unless told. */
  readonly deadline?: Duration.Input
  /** Connections for requests with an answer: 10 unless told. A watch has its own. */
  readonly connections?: number
}

export interface KubeconfigOptions extends Options {
  readonly path?: string
  readonly context?: string
  readonly server?: string
}

export type DefaultOptions = Options & Kubeconfig.ResolveOptions

/**
 * The cluster of one kubeconfig file. `server` replaces the server of the file, or stands alone without credentials.
 *
 * **Errors** `ClientConfigError` when the file is missing, is no kubeconfig, or names what it does not have.
 */
export const layerFromKubeconfig = (options: KubeconfigOptions): Layer.Layer<Client, Kubeconfig.ClientConfigError> =>
  layerDefault(options)

/** The cluster that this process runs in, as its service account. The token is read again as it is rotated. */
export const layerInCluster = (
  options: Options & Kubeconfig.InClusterOptions
): Layer.Layer<Client, Kubeconfig.ClientConfigError> => layerDefault({ ...options, inCluster: options })

/**
 * The first cluster that can be found: `path`, `kubeconfig` (the value of `KUBECONFIG`), `inCluster`, then
 * `.kube/config` of `home`. The environment is the roof's to read.
 *
 * **Errors** `ClientConfigError` when there is none, or when the first that was found is not well described.
 */
export const layerDefault = (options: DefaultOptions): Layer.Layer<Client, Kubeconfig.ClientConfigError> =>
  Layer.effect(Client, make(Kubeconfig.resolve(options), options))

const CREDENTIALS_TTL_MS = 60_000
const READ_RETRIES_MAX = 4
const RETRY_AFTER_MAX_MS = 10_000

/** A client from anything that can be opened; the layers above are this. */
export const make = (
  open: Kubeconfig.Open,
  options: Options = {}
): Effect.Effect<Client["Service"], Kubeconfig.ClientConfigError, Scope.Scope> =>
  Effect.gen(function* () {
    const { connections = 10, deadline = "30 seconds", userAgent = "portolan/0" } = options
    const connection = yield* Connection.make(open, { connections, credentialsTtlMs: CREDENTIALS_TTL_MS })
    const audit = auditIds((yield* Random.nextIntBetween(0x10000000, 0xffffffff)).toString(16))

    const exchange = (request: Request, authorized: Connection.AuthorizedConnection) =>
      Effect.flatMap(CurrentReconcile.CurrentReconcile, (pass) => {
        const headers = { ...authorized.headers, ...headersOf(request, userAgent), ...audit(pass) }
        return Effect.tryPromise({
          try: (signal) => exchangeNow(request, authorized, headers, signal),
          catch: Connection.failed
        })
      })
    const late = `no answer within ${Duration.format(Duration.fromInputUnsafe(deadline))}`
    const inTime = Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail(new Connection.TransportFailed({ message: late }))
    })
    const request = Effect.fnUntraced(function* (request: Request) {
      for (let attempt = 0; ; attempt++) {
        const response = yield* inTime(withAuthorization(connection, (authorized) => exchange(request, authorized)))
        const busy = request.method === "GET" && (response.status === 429 || response.status === 503)
        if (!busy || attempt === READ_RETRIES_MAX) return response
        yield* Effect.sleep(response.retryAfterMs ?? 250 * 2 ** attempt)
      }
    })
    const begin = Effect.fnUntraced(function* (path: string) {
      const pass = yield* CurrentReconcile.CurrentReconcile
      const abort = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const request: Request = { method: "GET", path }
      return yield* withAuthorization(connection, (authorized) => {
        const headers = { ...authorized.headers, ...headersOf(request, userAgent), ...audit(pass) }
        return Effect.tryPromise({
          try: () => beginNow(path, authorized, headers, abort.signal),
          catch: Connection.failed
        })
      })
    })
    return Client.of({ server: connection.server, request, open: begin })
  })

/** Once more with new credentials when the server does not know who we are: nothing was done. */
const withAuthorization = <A extends { readonly status: number }, R>(
  connection: Connection.Connection,
  ask: (authorized: Connection.AuthorizedConnection) => Effect.Effect<A, Connection.TransportFailed, R>
): Effect.Effect<A, Connection.TransportFailed, R> =>
  Effect.gen(function* () {
    const authorized = yield* connection.authorize
    const response = yield* ask(authorized)
    return response.status === 401 ? yield* ask(yield* connection.reauthorize(authorized)) : response
  })

type Headers = Readonly<Record<string, string>>

const headersOf = ({ body, contentType = "application/json" }: Request, userAgent: string): Headers => ({
  Accept: "application/json",
  "User-Agent": userAgent,
  ...(body === undefined ? {} : { "Content-Type": contentType })
})

/** `<process>-<turn>-<n>`: the server's audit log can be split into turns. Outside of a turn the server draws an id. */
const auditIds = (process: string): ((pass: CurrentReconcile.Pass | undefined) => Headers) => {
  const sent = new WeakMap<CurrentReconcile.Pass, number>()
  return (pass) => {
    if (pass === undefined) return {}
    const n = (sent.get(pass) ?? 0) + 1
    sent.set(pass, n)
    return { "Audit-ID": `${process}-${pass.number}-${n}` }
  }
}

const exchangeNow = async (
  request: Request,
  authorized: Connection.AuthorizedConnection,
  headers: Headers,
  signal: AbortSignal
) => {
  const response = await send(authorized.server + request.path, {
    dispatcher: authorized.pools.calls,
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

const beginNow = async (
  path: string,
  authorized: Connection.AuthorizedConnection,
  headers: Headers,
  signal: AbortSignal
): Promise<StreamingResponse> => {
  const options = { method: "GET", headers, signal, headersTimeout: 0, bodyTimeout: 0 } as const
  const response = await send(authorized.server + path, { ...options, dispatcher: authorized.pools.watches })
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
    catch: Connection.failed
  })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const retryAfter = (header: string | Array<string> | undefined): number | undefined => {
  const seconds = Number(typeof header === "string" && header !== "" ? header : Number.NaN)
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds * 1000, 0), RETRY_AFTER_MAX_MS) : undefined
}
