/**
 * Every agent of a cluster behind one port, over HTTP: a proxy that answers itself. Whoever sends its requests through it
 * (`HTTP_PROXY`) reaches the agent of each host by the host's own name.
 *
 * `POST /v0/tasks`, `GET /v0/tasks/ID`, `GET /v0/healthz` and `GET /v0/node-id`, as a sidecar speaks them.
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { ObjectMeta } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as AgentTasks from "./AgentTasks.ts"
import * as Loopback from "./http/Loopback.ts"
import type { InMemoryAgent } from "./InMemoryAgent.ts"

export interface Options {
  readonly agents: InMemoryAgent["Service"]
  /** A free one by default. */
  readonly port?: number
  /** Told of every request about a task, once it is answered. */
  readonly heard?: (request: Heard) => void
}

/** One request about a task. */
export interface Heard {
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
    const now = () => clock.currentTimeMillisUnsafe()
    const http = createServer({ keepAliveTimeout: 0 }, (request, response) =>
      read(request, (body) => answer(options, now, request, response, body))
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
  readonly about?: Pick<Heard, "verb" | "id" | "type">
}

const answer = (
  { agents, heard }: Options,
  now: () => number,
  request: IncomingMessage,
  response: ServerResponse,
  body: string
): void => {
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`)
  const address = `http://${url.host}`
  if (!agents.listens(address)) {
    response.destroy()
    return
  }
  const at = now()
  const reply = route(agents.at(address), request.method ?? "GET", url.pathname, body, at)
  response.writeHead(reply.code, { "content-type": "application/json" }).end(JSON.stringify(reply.body))
  const auditId = String(request.headers["audit-id"] ?? "")
  if (reply.about !== undefined) heard?.({ ...reply.about, address, auditId, at, code: reply.code, body: reply.body })
}

const Submission = Schema.Struct({
  id: Schema.String.check(Schema.isMinLength(1)),
  type: Schema.String.check(Schema.isMinLength(1)),
  params: Schema.optionalKey(Schema.Json)
})
const decode = Schema.decodeUnknownResult(Schema.fromJsonString(Submission))

const route = (agent: AgentTasks.AgentTasks, method: string, path: string, body: string, now: number): Reply => {
  if (method === "POST" && path === "/v0/tasks") return submit(agent, body, now)
  const task = /^\/v0\/tasks\/([^/]+)$/u.exec(path)
  if (method === "GET" && task !== null) return show(agent, task[1] ?? "", now)
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
