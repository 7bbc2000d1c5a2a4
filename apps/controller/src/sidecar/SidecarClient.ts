/** HTTP client for sidecars: bearer token, timeouts, and the proxy settings of the environment. */
import * as Fs from "node:fs"
import { CurrentReconcile, TaskAgent } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Dispatcher, EnvHttpProxyAgent } from "undici"

export interface Options {
  /**
   * File with the bearer token; `undefined` sends requests without one. It is read again after 60 s, and for the first
   * request after a 401. If it is empty or cannot be read, the request fails and the next one reads it again.
   */
  readonly tokenFile: string | undefined
  readonly httpProxy: string | undefined
  /** Hosts that bypass the proxy, separated by commas. */
  readonly noProxy: string | undefined
}

interface SidecarRequest {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body?: unknown
  readonly timeoutMs: number
}

export interface SidecarResponse {
  readonly status: number
  readonly text: string
}

type Send = (
  address: TaskAgent.AgentAddress,
  request: SidecarRequest
) => Effect.Effect<SidecarResponse, TaskAgent.AgentError>

/**
 * Sends one request. Every HTTP status is a response; the lack of one is `AgentUnreachable`. A 401 is not repeated: the next
 * request reads the token file again. A repeated submission would be a second one in the same pass (INV-8); instead, a
 * later pass polls for the task, and claims it again if the sidecar does not know it.
 */
export class SidecarClient extends Context.Service<SidecarClient, { readonly send: Send }>()(
  "@portolan/controller/sidecar/SidecarClient"
) {}

/** How long a token is used before its file is read again: the kubelet rotates service account tokens. */
const TOKEN_TTL_MS = 60_000
/** Per sidecar. Two suffice for a task and a health check at once. */
const CONNECTIONS = 2

/** The connections are closed with the layer's scope. */
export const layer = (options: Options): Layer.Layer<SidecarClient> =>
  Layer.effect(
    SidecarClient,
    Effect.gen(function* () {
      const { httpProxy, noProxy, tokenFile } = options
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(
          () =>
            new EnvHttpProxyAgent({
              connections: CONNECTIONS,
              ...(httpProxy === undefined ? {} : { httpProxy, httpsProxy: httpProxy }),
              ...(noProxy === undefined ? {} : { noProxy })
            })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      )
      return { send: sender(dispatcher, tokenFile) }
    })
  )

const NO_TOKEN = { text: "", readAt: Number.NEGATIVE_INFINITY }

const sender = (dispatcher: Dispatcher, tokenFile: string | undefined): Send => {
  let cached = NO_TOKEN
  const token = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    if (tokenFile === undefined || now - cached.readAt < TOKEN_TTL_MS) return cached.text
    const text = yield* Effect.try({
      try: () => Fs.readFileSync(tokenFile, "utf8").trim(),
      catch: () => unreachable(`token file ${tokenFile} cannot be read`)
    })
    if (text === "") return yield* Effect.fail(unreachable(`token file ${tokenFile} is empty`))
    cached = { text, readAt: now }
    return text
  })
  return (address, request) =>
    Effect.gen(function* () {
      const ofPass = yield* CurrentReconcile.requestHeaders
      const bearer = yield* token
      return yield* sendOnce(dispatcher, address, request, {
        "content-type": "application/json",
        ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
        ...ofPass
      })
    }).pipe(
      Effect.mapError((reason) => new TaskAgent.AgentError({ address, reason })),
      Effect.tap(({ status }) => {
        if (status === 401) cached = NO_TOKEN
        return Effect.void
      })
    )
}

const sendOnce = (
  dispatcher: Dispatcher,
  origin: string,
  { body, method, path, timeoutMs }: SidecarRequest,
  headers: { readonly [name: string]: string }
) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await dispatcher.request({
        origin,
        method,
        path,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) })
      })
      return { status: response.statusCode, text: await response.body.text() }
    },
    catch: (cause) => unreachable(cause instanceof Error ? cause.message : String(cause))
  }).pipe(
    Effect.timeoutOrElse({
      duration: timeoutMs,
      orElse: () => Effect.fail(unreachable(`no response within ${timeoutMs} ms`))
    })
  )

export const unreachable = (message: string) => new TaskAgent.AgentUnreachable({ message })

/** `HTTP 400: unknown override key`: the status, and the sidecar's error message if the body has one. */
export const errorText = ({ status, text }: SidecarResponse): string => {
  const error = Option.getOrElse(decodeError(text), () => ({ error: text.slice(0, 200) })).error
  return error === "" ? `HTTP ${status}` : `HTTP ${status}: ${error}`
}

const decodeError = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ error: Schema.String })))
