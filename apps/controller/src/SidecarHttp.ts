/** The task agent of a pod: its sidecar, over HTTP, through whatever proxy the environment names. */
import * as Fs from "node:fs/promises"
import { CurrentTurn, TaskAgent } from "@portolan/planner"
import * as Clock from "effect/Clock"
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

const HEALTH_TIMEOUT_MS = 2_000
const TASK_TIMEOUT_MS = 10_000
const TOKEN_TTL_MS = 60_000
/** A sidecar that stands in front of a stopped node may hold connections; it is never worth keeping many. */
const CONNECTIONS = 2

type Reason = TaskAgent.AgentRejected | TaskAgent.AgentUnreachable

/** Closes its connections with its scope. */
export const layer = (options: Options): Layer.Layer<TaskAgent.TaskAgent> =>
  Layer.effect(
    TaskAgent.TaskAgent,
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
      return make(sender(dispatcher, options.tokenFile))
    })
  )

interface Ask {
  readonly method: "GET" | "POST"
  readonly path: string
  readonly body?: unknown
  readonly timeoutMs: number
}

interface Answer {
  readonly status: number
  readonly text: string
}

type Send = (address: TaskAgent.AgentAddress, ask: Ask) => Effect.Effect<Answer, TaskAgent.AgentError>

const make = (send: Send): TaskAgent.TaskAgent["Service"] => ({
  submit: (address, task) =>
    Effect.flatMap(
      send(address, { method: "POST", path: "/v0/tasks", body: task, timeoutMs: TASK_TIMEOUT_MS }),
      (answer) => (answer.status < 300 ? Effect.void : failure(address, refusal(answer)))
    ),
  poll: (address, id) =>
    Effect.flatMap(send(address, { method: "GET", path: `/v0/tasks/${id}`, timeoutMs: TASK_TIMEOUT_MS }), (answer) => {
      if (answer.status === 404) return Effect.succeedNone
      return answer.status < 300 ? Effect.asSome(read(address, answer)) : failure(address, refusal(answer))
    }),
  health: (address) =>
    Effect.flatMap(send(address, { method: "GET", path: "/v0/healthz", timeoutMs: HEALTH_TIMEOUT_MS }), (answer) => {
      if (answer.status === 503) return Effect.succeed("NotReady" as const)
      return answer.status < 300 ? Effect.succeed("Ready" as const) : failure(address, unreachable(said(answer)))
    })
})

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
  const request = (address: string, { body, method, path, timeoutMs }: Ask, bearer: string, turn: number | undefined) =>
    Effect.tryPromise({
      try: async (signal) => {
        const answer = await dispatcher.request({
          origin: address,
          method,
          path,
          signal,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
          headers: {
            "content-type": "application/json",
            ...(bearer === "" ? {} : { authorization: `Bearer ${bearer}` }),
            ...(turn === undefined ? {} : { "audit-id": `sidecar-${turn}-${requests++}` })
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) })
        })
        return { status: answer.statusCode, text: await answer.body.text() }
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
      const turn = yield* CurrentTurn.CurrentTurn
      return yield* request(address, ask, yield* token, turn?.number)
    }).pipe(
      Effect.mapError((reason) => new TaskAgent.AgentError({ address, reason })),
      Effect.tap(({ status }) => {
        if (status === 401) cached = { text: "", at: Number.NEGATIVE_INFINITY }
        return Effect.void
      })
    )
}

/** A task as the sidecar shows it. */
const SidecarTask = Schema.Struct({
  status: Schema.Literals(["running", "completed", "failed"]),
  run: Schema.optionalKey(Schema.Int),
  error: Schema.optionalKey(Schema.NullOr(Schema.String))
})

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(SidecarTask))

const read = (address: TaskAgent.AgentAddress, { text }: Answer) =>
  decode(text).pipe(
    Effect.map(({ error, run = 1, status }): TaskAgent.AgentTask => {
      if (status === "running") return { _tag: "Running", run }
      if (status === "completed") return { _tag: "Completed", run }
      return { _tag: "Failed", run, error: error || "the task failed and does not say why" }
    }),
    Effect.catch((error) => failure(address, unreachable(`an answer that cannot be read: ${error.message}`)))
  )

/** Statuses that another try cannot change. */
const FINAL: ReadonlySet<number> = new Set([400, 404, 405, 413, 422])

const refusal = (answer: Answer): Reason =>
  FINAL.has(answer.status)
    ? new TaskAgent.AgentRejected({ status: answer.status, message: said(answer) })
    : unreachable(said(answer))

const unreachable = (message: string): Reason => new TaskAgent.AgentUnreachable({ message })

const failure = (address: TaskAgent.AgentAddress, reason: Reason) =>
  Effect.fail(new TaskAgent.AgentError({ address, reason }))

/** The sidecar's own words where it has some: `HTTP 400: unknown override key`. */
const said = ({ status, text }: Answer): string => {
  const error = Option.getOrElse(decodeError(text), () => ({ error: text.slice(0, 200) })).error
  return error === "" ? `HTTP ${status}` : `HTTP ${status}: ${error}`
}

const decodeError = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Struct({ error: Schema.String })))
