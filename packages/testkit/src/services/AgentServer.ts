/**
 * Every agent of a cluster behind one port, over HTTP: a proxy that answers itself. Whoever sends its requests through it
 * (`HTTP_PROXY`) reaches the agent of each host by the host's own name.
 *
 * `POST /v0/tasks`, `GET /v0/tasks/ID`, `GET /v0/healthz` and `GET /v0/node-id`, as a sidecar speaks them.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import type { Deliver } from "@portolan/cluster-emulator/http/Exchange"
import { retryAfterOf } from "@portolan/cluster-emulator/http/Exchange"
import type { Asked } from "@portolan/cluster-emulator/http/faults/Fault"
import type { HttpFaults, Moment } from "@portolan/cluster-emulator/http/HttpFaults"
import * as Loopback from "@portolan/cluster-emulator/http/Loopback"
import { ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as AgentTasks from "./AgentTasks.ts"
import type { InMemoryAgent } from "./InMemoryAgent.ts"

export interface Options {
  readonly agents: InMemoryAgent["Service"]
  /** A free one by default. */
  readonly port?: number
  /** Told of every request about a task, once it is answered. */
  readonly received?: (request: ReceivedCall) => void
  /** What goes wrong with requests; nothing unless told. */
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
  readonly code: number
  readonly body: ObjectMeta.JsonObject
}

/** Listens on the loopback interface until the scope closes. */
export const make: (options: Options) => Effect.Effect<Loopback.Listening, Loopback.PortInUse, Scope.Scope> =
  Effect.fnUntraced(function* (options: Options) {
    const clock = yield* Clock.Clock
    const fork = yield* FiberSet.makeRuntime<never, void, never>()
    const context: ServerContext = { ...options, now: () => clock.currentTimeMillisUnsafe(), fork }
    const http = createServer({ keepAliveTimeout: 0 }, (request, response) =>
      read(request, (body) => answer(context, request, response, body))
    )
    http.on("connect", (request: IncomingMessage, socket: Socket) => tunnel(options, http, request, socket))
    return yield* Loopback.listen(http, options.port ?? 0)
  })

/** A tunnel to a host that listens ends here as well: what comes through it is read as HTTP. */
const tunnel = ({ agents }: Options, http: Server, request: IncomingMessage, socket: Socket): void => {
  if (!agents.listens(`http://${request.url}`)) {
    socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
    return
  }
  socket.write("HTTP/1.1 200 Connection established\r\n\r\n")
  http.emit("connection", socket)
}

const read = (request: IncomingMessage, then: (body: string) => void): void => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => then(Buffer.concat(chunks).toString("utf8")))
}

interface Reply {
  readonly code: number
  readonly body: ObjectMeta.JsonObject
  readonly about?: Pick<ReceivedCall, "verb" | "id" | "type">
}

/** What every request is answered from. */
interface ServerContext extends Options {
  readonly now: () => number
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}

const answer = (context: ServerContext, request: IncomingMessage, response: ServerResponse, body: string): void => {
  const { agents, faults, received, now } = context
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`)
  const address = `http://${url.host}`
  if (!agents.listens(address)) {
    response.destroy()
    return
  }
  const agent = agents.at(address)
  const method = request.method ?? "GET"
  const serve = (deliver: Deliver = (send) => send()): void => {
    const at = now()
    const reply = route(agent, method, url.pathname, body, at)
    deliver(() => sendJson(response, reply.code, reply.body))
    const auditId = String(request.headers["audit-id"] ?? "")
    if (reply.about !== undefined)
      received?.({ ...reply.about, address, auditId, at, code: reply.code, body: reply.body })
  }
  if (faults === undefined) serve()
  else meet(context, faults, { asked: askedOf(agent, address, method, url.pathname, body), agent, response, serve })
}

const sendJson = (response: ServerResponse, code: number, body: ObjectMeta.JsonObject): void => {
  response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body))
}

interface Request {
  readonly asked: Asked
  readonly agent: AgentTasks.AgentTasks
  readonly response: ServerResponse
  readonly serve: (deliver?: Deliver) => void
}

/** Serves a request, unless a fault takes it. */
const meet = ({ fork, now }: ServerContext, faults: HttpFaults, { agent, asked, response, serve }: Request): void => {
  const applies: Moment["applies"] = ({ _tag }) => _tag === "Request" || _tag === "Agent"
  const effects = faults.meet({ asked, at: now(), applies })?.effects
  if (effects?._tag !== "Request" && effects?._tag !== "Agent") {
    serve()
    return
  }
  effects.act({
    asked,
    response,
    tasks: agent,
    handle: serve,
    note: () => undefined,
    fail: ({ body, code, message }) => {
      const seconds = retryAfterOf(body)
      if (seconds !== undefined) response.setHeader("retry-after", `${seconds}`)
      sendJson(response, code, { error: message })
    },
    after: (delay, step) => {
      const fiber = fork(Effect.andThen(Effect.sleep(delay), Effect.sync(step)))
      response.once("close", () => fiber.interruptUnsafe())
    }
  })
}

const askedOf = (agent: AgentTasks.AgentTasks, address: string, method: string, path: string, body: string): Asked => {
  const asked = { group: "", resource: "", namespace: "", name: "", user: "", agent: address }
  const id = taskOf(path)
  if (method === "POST") {
    const task = Result.getOrElse(decode(body), () => ({ id: "", type: "" }))
    return { ...asked, verb: "submit", name: task.id, resource: task.type }
  }
  if (id !== undefined) return { ...asked, verb: "poll", name: id, resource: agent.find(id)?.type ?? "" }
  return { ...asked, verb: path === "/v0/node-id" ? "node-id" : "health" }
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
  const done = agent.submit(id, type, ObjectMeta.isJsonObject(params) ? params : undefined, now)
  const about = { verb: "submit", id, type } as const
  return done._tag === "Rejected"
    ? { code: 400, body: { error: done.message }, about }
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
