/**
 * Requests to one cluster: raw JSON in and out, over connections that live long. Writes are sent once; a read that the
 * server is too busy for is repeated a bounded number of times. Which object a request is about, and what its answer
 * means, is for others to say.
 */
import { CurrentTurn } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import { type Dispatcher, request as send } from "undici"
import * as Kubeconfig from "./Kubeconfig.ts"
import * as Session from "./Session.ts"

export { ClientConfigError, type InClusterOptions } from "./Kubeconfig.ts"
export { TransportFailed } from "./Session.ts"

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** From the server's root, with its query. */
  readonly path: string
  /** Anything JSON can say. */
  readonly body?: unknown
  readonly contentType?: string
}

/** Whatever the server said, well or not. */
export interface Answer {
  readonly status: number
  /** `undefined` when the answer is not JSON. */
  readonly body: unknown
  /** The beginning of what was said, for messages. */
  readonly text: string
}

/** An answer that has begun and may never end. It ends when its scope closes. */
export interface Opened {
  readonly status: number
  /** The next bytes; `undefined` at the end. Not to be called again before it returned. */
  readonly next: Effect.Effect<Uint8Array | undefined, Session.TransportFailed>
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
    readonly request: (request: Request) => Effect.Effect<Answer, Session.TransportFailed>

    /** Begins a `GET` whose body has no deadline. Beginning has none either: the caller knows how long to wait. */
    readonly open: (path: string) => Effect.Effect<Opened, Session.TransportFailed, Scope.Scope>
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
    const session = yield* Session.make(open, { connections, credentialsTtlMs: CREDENTIALS_TTL_MS })
    const audit = auditIds((yield* Random.nextIntBetween(0x10000000, 0xffffffff)).toString(16))

    const exchange = (request: Request, grant: Session.Grant) =>
      Effect.flatMap(CurrentTurn.CurrentTurn, (turn) => {
        const headers = { ...grant.headers, ...headersOf(request, userAgent), ...audit(turn) }
        return Effect.tryPromise({
          try: (signal) => exchangeNow(request, grant, headers, signal),
          catch: Session.failed
        })
      })
    const late = `no answer within ${Duration.format(Duration.fromInputUnsafe(deadline))}`
    const inTime = Effect.timeoutOrElse({
      duration: deadline,
      orElse: () => Effect.fail(new Session.TransportFailed({ message: late }))
    })
    const request = Effect.fnUntraced(function* (request: Request) {
      for (let attempt = 0; ; attempt++) {
        const answer = yield* inTime(authorized(session, (grant) => exchange(request, grant)))
        const busy = request.method === "GET" && (answer.status === 429 || answer.status === 503)
        if (!busy || attempt === READ_RETRIES_MAX) return answer
        yield* Effect.sleep(answer.retryAfterMs ?? 250 * 2 ** attempt)
      }
    })
    const begin = Effect.fnUntraced(function* (path: string) {
      const turn = yield* CurrentTurn.CurrentTurn
      const abort = yield* Effect.acquireRelease(
        Effect.sync(() => new AbortController()),
        (controller) => Effect.sync(() => controller.abort())
      )
      const request: Request = { method: "GET", path }
      return yield* authorized(session, (grant) => {
        const headers = { ...grant.headers, ...headersOf(request, userAgent), ...audit(turn) }
        return Effect.tryPromise({ try: () => beginNow(path, grant, headers, abort.signal), catch: Session.failed })
      })
    })
    return Client.of({ server: session.server, request, open: begin })
  })

/** Once more with new credentials when the server does not know who we are: nothing was done. */
const authorized = <A extends { readonly status: number }, R>(
  session: Session.Session,
  ask: (grant: Session.Grant) => Effect.Effect<A, Session.TransportFailed, R>
): Effect.Effect<A, Session.TransportFailed, R> =>
  Effect.gen(function* () {
    const grant = yield* session.grant
    const answer = yield* ask(grant)
    return answer.status === 401 ? yield* ask(yield* session.renew(grant)) : answer
  })

type Headers = Readonly<Record<string, string>>

const headersOf = ({ body, contentType = "application/json" }: Request, userAgent: string): Headers => ({
  Accept: "application/json",
  "User-Agent": userAgent,
  ...(body === undefined ? {} : { "Content-Type": contentType })
})

/** `<process>-<turn>-<n>`: the server's audit log can be split into turns. Outside of a turn the server draws an id. */
const auditIds = (process: string): ((turn: CurrentTurn.Turn | undefined) => Headers) => {
  const sent = new WeakMap<CurrentTurn.Turn, number>()
  return (turn) => {
    if (turn === undefined) return {}
    const n = (sent.get(turn) ?? 0) + 1
    sent.set(turn, n)
    return { "Audit-ID": `${process}-${turn.number}-${n}` }
  }
}

const exchangeNow = async (request: Request, grant: Session.Grant, headers: Headers, signal: AbortSignal) => {
  const response = await send(grant.server + request.path, {
    dispatcher: grant.pools.calls,
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

const beginNow = async (path: string, grant: Session.Grant, headers: Headers, signal: AbortSignal): Promise<Opened> => {
  const options = { method: "GET", headers, signal, headersTimeout: 0, bodyTimeout: 0 } as const
  const response = await send(grant.server + path, { ...options, dispatcher: grant.pools.watches })
  return { status: response.statusCode, next: reader(response.body) }
}

const reader = (body: Dispatcher.ResponseData["body"]): Opened["next"] => {
  body.on("error", () => undefined)
  const chunks: AsyncIterator<unknown> = body[Symbol.asyncIterator]()
  return Effect.tryPromise({
    try: async () => {
      const { done, value } = await chunks.next()
      return done === true || !(value instanceof Uint8Array) ? undefined : value
    },
    catch: Session.failed
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
