/**
 * Serves all agents of a cluster over HTTP on one port, as a proxy that responds itself: a client that uses it as its
 * `HTTP_PROXY` reaches each agent under the agent's own host name.
 *
 * The API is that of the sidecar: `POST /v0/tasks`, `GET /v0/tasks/ID`, `GET /v0/healthz` and `GET /v0/node-id`.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import type { Clock } from "@portolan/cluster-emulator"
import type { Deliver } from "@portolan/cluster-emulator/http/Exchange"
import { retryAfterOf } from "@portolan/cluster-emulator/http/Exchange"
import type { RequestInfo } from "@portolan/cluster-emulator/http/faults/Fault"
import type { HttpFaults, InjectionPoint } from "@portolan/cluster-emulator/http/HttpFaults"
import { listen } from "@portolan/cluster-emulator/http/Loopback"
import { ObjectMeta } from "@portolan/planner"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as AgentTasks from "./AgentTasks.ts"
import * as EmulatorClock from "./EmulatorClock.ts"
import type { InMemoryAgent } from "./InMemoryAgent.ts"
import * as Loopback from "./Loopback.ts"

export interface Options {
  readonly agents: InMemoryAgent["Service"]
  /** Defaults to a free port. */
  readonly port?: number
  /** Called after the response to every request about a task. */
  readonly received?: (request: ReceivedCall) => void
  /** Faults to inject into requests. Defaults to none. */
  readonly faults?: HttpFaults
}

/** One request about a task. */
export interface ReceivedCall {
  readonly verb: "submit" | "poll"
  readonly address: string
  readonly auditId: string
  readonly at: number
  readonly id: string
  readonly type: string
  /** The submitted parameters; absent for a poll, and for a submission without any. */
  readonly params?: ObjectMeta.JsonObject
  readonly code: number
  readonly body: ObjectMeta.JsonObject
}

/** Listens on the loopback interface until the scope closes. */
export const make: (options: Options) => Effect.Effect<Loopback.Listening, Loopback.PortInUse, Scope.Scope> =
  Effect.fnUntraced(function* (options: Options) {
    const clock = yield* EmulatorClock.make
    const context: ServerContext = { ...options, clock }
    const http = createServer({ keepAliveTimeout: 0 }, (request, response) =>
      read(request, (body) => handle(context, request, response, body))
    )
    http.on("connect", (request: IncomingMessage, socket: Socket) => tunnel(options, http, request, socket))
    return yield* Loopback.scoped(() => listen(http, options.port ?? 0))
  })

/** Accepts a CONNECT tunnel to an agent that listens, and reads its bytes as HTTP requests to this server. */
const tunnel = ({ agents }: Options, http: Server, request: IncomingMessage, socket: Socket): void => {
  if (!agents.listens(`http://${request.url}`)) {
    socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
    return
  }
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
  http.emit("connection", socket)
}

const read = (request: IncomingMessage, done: (body: string) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => done(Buffer.concat(chunks).toString("utf8")))
}

interface Reply {
  readonly code: number
  readonly body: ObjectMeta.JsonObject
  readonly about?: Pick<ReceivedCall, "verb" | "id" | "type" | "params">
}

/** What every request handler needs. */
interface ServerContext extends Options {
  readonly clock: Clock.Clock
}

const handle = (context: ServerContext, request: IncomingMessage, response: ServerResponse, body: string): void => {
  const { agents, clock, faults, received } = context
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`)
  const address = `http://${url.host}`
  if (!agents.listens(address)) {
    response.destroy()
    return
  }
  const agent = agents.at(address)
  const method = request.method ?? "GET"
  const serve = (deliver: Deliver = (send) => send()): void => {
    const at = clock.now()
    const reply = route(agent, method, url.pathname, body, at)
    deliver(() => sendJson(response, reply.code, reply.body))
    const auditId = String(request.headers["audit-id"] ?? "")
    if (reply.about !== undefined)
      received?.({ ...reply.about, address, auditId, at, code: reply.code, body: reply.body })
  }
  if (faults === undefined) serve()
  else
    inject(context, faults, { info: requestInfo(agent, address, method, url.pathname, body), agent, response, serve })
}

const sendJson = (response: ServerResponse, code: number, body: ObjectMeta.JsonObject): void => {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body))
}

interface Request {
  readonly info: RequestInfo
  readonly agent: AgentTasks.AgentTasks
  readonly response: ServerResponse
  readonly serve: (deliver?: Deliver) => void
}

/** Serves a request, unless a fault takes it over. */
const inject = ({ clock }: ServerContext, faults: HttpFaults, { agent, info, response, serve }: Request): void => {
  const applies: InjectionPoint["applies"] = ({ _tag }) => _tag === "Request" || _tag === "Agent"
  const effects = faults.select({ request: info, at: clock.now(), applies })?.effects
  if (effects?._tag !== "Request" && effects?._tag !== "Agent") {
    serve()
    return
  }
  effects.act({
    info,
    response,
    tasks: agent,
    handle: serve,
    audit: () => undefined,
    fail: ({ body, code, message }) => {
      const seconds = retryAfterOf(body)
      if (seconds !== undefined) response.setHeader("retry-after", `${seconds}`)
      sendJson(response, code, { error: message })
    },
    after: (millis, run) => {
      response.once("close", clock.after(millis, run))
    }
  })
}

const requestInfo = (
  agent: AgentTasks.AgentTasks,
  address: string,
  method: string,
  path: string,
  body: string
): RequestInfo => {
  const info = { group: "", resource: "", namespace: "", name: "", user: "", agent: address }
  const id = taskOf(path)
  if (method === "POST") {
    const task = Result.getOrElse(decode(body), () => ({ id: "", type: "" }))
    return { ...info, verb: "submit", name: task.id, resource: task.type }
  }
  if (id !== undefined) return { ...info, verb: "poll", name: id, resource: agent.find(id)?.type ?? "" }
  return { ...info, verb: path === "/v0/node-id" ? "node-id" : "health" }
}

const taskOf = (path: string): string | undefined => /^\/v0\/tasks\/([^/]+)$/u.exec(path)?.[1]

const Submission = Schema.Struct({
  id: Schema.String.check(Schema.isMinLength(1)),
  type: Schema.String.check(Schema.isMinLength(1)),
  params: Schema.optionalKey(Schema.Json)
})
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Submission))

const route = (agent: AgentTasks.AgentTasks, method: string, path: string, body: string, now: number): Reply => {
  if (method === "POST" && path === "/v0/tasks") return submit(agent, body, now)
  const id = taskOf(path)
  if (method === "GET" && id !== undefined) return show(agent, id, now)
  if (method === "GET" && path === "/v0/healthz") {
    return agent.isReady ? { code: 200, body: { status: "ok" } } : { code: 503, body: { error: "not ready" } }
  }
  if (method === "GET" && path === "/v0/node-id") {
    const { nodeId } = agent
    return nodeId === undefined ? { code: 500, body: { error: "no node id yet" } } : { code: 200, body: { nodeId } }
  }
  return { code: 404, body: { error: `${method} ${path} is not served` } }
}

const submit = (agent: AgentTasks.AgentTasks, body: string, now: number): Reply => {
  const decoded = decode(body)
  if (decoded._tag === "Failure") return { code: 400, body: { error: decoded.failure.message } }
  const { id, params, type } = decoded.success
  const given = ObjectMeta.isJsonObject(params) ? params : undefined
  const outcome = agent.submit(id, type, given, now)
  const about = { verb: "submit", id, type, ...(given === undefined ? {} : { params: given }) } as const
  return outcome._tag === "Rejected"
    ? { code: 400, body: { error: outcome.message }, about }
    : { code: 201, body: { id }, about }
}

const show = (agent: AgentTasks.AgentTasks, id: string, now: number): Reply => {
  const task = agent.find(id)
  if (task === undefined) return { code: 404, body: { error: "no such task" }, about: { verb: "poll", id, type: "" } }
  const status = AgentTasks.stateOf(task, now)
  const time = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))
  const body = {
    id,
    type: task.type,
    status,
    run: task.run,
    ...(task.params === undefined ? {} : { params: task.params }),
    ...(status === "failed" ? { error: AgentTasks.errorOf(task) } : {}),
    submittedAt: time(task.startedAtMs),
    ...(status === "running" ? {} : { completedAt: time(AgentTasks.endOf(task)) })
  }
  return { code: 200, body, about: { verb: "poll", id, type: task.type } }
}
