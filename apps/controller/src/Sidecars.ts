/** Requests of sidecars: with the token of this process, within a deadline, through whatever proxy the environment names. */
import * as Fs from "node:fs/promises"
import { CurrentReconcile, TaskAgent } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Dispatcher, EnvHttpProxyAgent } from "undici"

export interface Options {
  /** File with the bearer token; `undefined` sends none. A file that cannot be read sends nothing at all. */
  readonly tokenFile: string | undefined
  readonly httpProxy: string | undefined
  /** Hosts that are asked directly: a list separated by commas. */
  readonly noProxy: string | undefined
}

interface Ask {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body?: unknown
  readonly timeoutMs: number
}

export interface Answer {
  readonly status: number
  readonly text: string
}

type Send = (address: TaskAgent.AgentAddress, ask: Ask) => Effect.Effect<Answer, TaskAgent.AgentError>

/** Sends one request. Any HTTP status is an answer; no answer is `AgentUnreachable`. */
export class Sidecars extends Context.Service<Sidecars, { readonly send: Send }>()("@portolan/controller/Sidecars") {}

const TOKEN_TTL_MS = 60_000
/** A sidecar that stands in front of a stopped node may hold connections; it is never worth keeping many. */
const CONNECTIONS = 2

/** Closes its connections with its scope. */
export const layer = (options: Options): Layer.Layer<Sidecars> =>
  Layer.effect(
    Sidecars,
    Effect.gen(function* () {
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new EnvHttpProxyAgent({
              connections: CONNECTIONS,
              ...(options.httpProxy === undefined
                ? {}
                : { httpProxy: options.httpProxy, httpsProxy: options.httpProxy }),
              ...(options.noProxy === undefined ? {} : { noProxy: options.noProxy })
            })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      )
      return { send: sender(dispatcher, options.tokenFile) }
    })
  )

/** One request within its deadline. The token is read before anything is sent. */
const sender = (dispatcher: Dispatcher, tokenFile: string | undefined): Send => {
  let cached = { text: "", at: Number.NEGATIVE_INFINITY }
  const token = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (tokenFile === undefined || now - cached.at < TOKEN_TTL_MS) return cached.text
    cached = { text: (yield* Effect.tryPromise(() => Fs.readFile(tokenFile, "utf8"))).trim(), at: now }
    return cached.text
  }).pipe(Effect.mapError(() => unreachable(`token file ${tokenFile} cannot be read`)))
  let requests = 0
  const request = (address: string, { body, method, path, timeoutMs }: Ask, bearer: string, pass: number | undefined) =>
    Effect.tryPromise({
      try: async (signal) => {
        const response = await dispatcher.request({
          origin: address,
          method,
          path,
          signal,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          headers: {
            "content-type": "application/json",
            ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
            ...(pass === undefined ? {} : { "audit-id": `sidecar-${pass}-${requests++}` })
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        return { status: response.statusCode, text: await response.body.text() }
      },
      catch: (cause) => unreachable(cause instanceof Error ? cause.message : String(cause))
    }).pipe(
      Effect.timeoutOrElse({
        duration: timeoutMs,
        orElse: () => Effect.fail(unreachable(`no answer within ${timeoutMs} ms`))
      })
    )
  return (address, ask) =>
    Effect.gen(function* () {
      const pass = yield* CurrentReconcile.CurrentReconcile
      return yield* request(address, ask, yield* token, pass?.number)
    }).pipe(
      Effect.mapError((reason) => new TaskAgent.AgentError({ address, reason })),
      Effect.tap(({ status }) => {
        if (status === 401) cached = { text: "", at: Number.NEGATIVE_INFINITY }
        return Effect.void
      })
    )
}

export const unreachable = (message: string) => new TaskAgent.AgentUnreachable({ message })

/** The sidecar's own words where it has some: `HTTP 400: unknown override key`. */
export const said = ({ status, text }: Answer): string => {
  const error = Option.getOrElse(decodeError(text), () => ({ error: text.slice(0, 200) })).error
  return error === "" ? `HTTP ${status}` : `HTTP ${status}: ${error}`
}

const decodeError = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ error: Schema.String })))
