import { text } from "node:stream/consumers"
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import * as SidecarAgent from "../../src/sidecar/SidecarAgent.ts"
import * as SidecarClient from "../../src/sidecar/SidecarClient.ts"
import { serve } from "../harness/HttpServer.ts"

const ADDRESS = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")
const NO_POD = TaskAgent.AgentAddress.make("http://node-9-0.node-9.sei.svc.cluster.local:8443")

/** A sidecar behind a proxy, and the client options that reach it. */
const proxiedSidecar = Effect.gen(function* () {
  const agents = InMemoryAgent.make({ listens: (address) => address === ADDRESS })
  const { url } = yield* AgentServer.make({ agents })
  return { agents, options: { tokenFile: undefined, httpProxy: url, noProxy: undefined } }
})

const agent = TaskAgent.TaskAgent
const agentLayer = (options: SidecarClient.Options) =>
  SidecarAgent.layer.pipe(Layer.provide(SidecarClient.layer(options)))

/** A sidecar without a proxy that responds with a status to every request. */
const responding = (statusOf: () => number) =>
  Effect.map(
    serve((_, response) => response.writeHead(statusOf()).end("{}")),
    (port) => TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
  )

describe("SidecarAgent", () => {
  it.live("submits a task and polls it, through the proxy", () =>
    Effect.gen(function* () {
      const { agents, options } = yield* proxiedSidecar
      agents.script("config-apply", { durationMs: Number.POSITIVE_INFINITY })
      const { id, type } = { id: "92f1e14c-2a7d-5fab-aa68-4d817362faa0", type: "config-apply" }
      yield* Effect.gen(function* () {
        assert.isTrue(Option.isNone(yield* agent.use((sidecar) => sidecar.poll(ADDRESS, id))))
        yield* agent.use((sidecar) => sidecar.submit(ADDRESS, { id, type, params: { mode: "full" } }))
        const running = yield* agent.use((sidecar) => sidecar.poll(ADDRESS, id))
        assert.deepStrictEqual(running, Option.some({ _tag: "Running", run: 1 }))
      }).pipe(Effect.provide(agentLayer(options)))
      assert.deepStrictEqual(agents.at(ADDRESS).find(id)?.params, { mode: "full" })
    }).pipe(Effect.scoped)
  )

  it.live("sends a task as JSON, and takes a task without a run for the first run", () =>
    Effect.gen(function* () {
      const requests: Array<string> = []
      const port = yield* serve(async (request, response) => {
        const body = await text(request)
        requests.push(`${request.method} ${request.url} ${request.headers["content-type"]} ${body}`)
        response.writeHead(200).end(JSON.stringify({ status: "completed" }))
      })
      const address = TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      const task = { id: "a", type: "config-apply", params: { mode: "full" } }
      const polled = yield* agent
        .use((sidecar) => Effect.andThen(sidecar.submit(address, task), sidecar.poll(address, "a")))
        .pipe(Effect.provide(layer))
      assert.strictEqual(requests[0], `POST /v0/tasks application/json ${JSON.stringify(task)}`)
      assert.deepStrictEqual(polled, Option.some({ _tag: "Completed", run: 1 }))
    }).pipe(Effect.scoped)
  )

  it.live("reports a failed task with the sidecar's error message", () =>
    Effect.gen(function* () {
      const { agents, options } = yield* proxiedSidecar
      agents.script("config-apply", { durationMs: 0, failures: 1, error: "disk full" })
      const failed = yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        yield* sidecar.submit(ADDRESS, { id: "a", type: "config-apply" })
        return yield* sidecar.poll(ADDRESS, "a")
      }).pipe(Effect.provide(agentLayer(options)))
      assert.deepStrictEqual(failed, Option.some({ _tag: "Failed", run: 1, error: "disk full" }))
    }).pipe(Effect.scoped)
  )

  it.live("reports HTTP 400 as a rejection and a refused connection as unreachable", () =>
    Effect.gen(function* () {
      const { agents, options } = yield* proxiedSidecar
      agents.script("config-apply", { rejects: "unknown override key" })
      const [rejected, unreachable] = yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        const task = { id: "a", type: "config-apply" }
        return [
          yield* Effect.flip(sidecar.submit(ADDRESS, task)),
          yield* Effect.flip(sidecar.poll(NO_POD, "a"))
        ] as const
      }).pipe(Effect.provide(agentLayer(options)))
      assert.strictEqual(rejected.reason._tag, "AgentRejected")
      assert.strictEqual(rejected.message, "HTTP 400: unknown override key")
      assert.strictEqual(unreachable.reason._tag, "AgentUnreachable")
    }).pipe(Effect.scoped)
  )

  it.live("takes what the same request may get again for a rejection, and any other status for an outage", () =>
    Effect.gen(function* () {
      let status = 200
      const address = yield* responding(() => status)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      const reasonFor = (code: number) =>
        Effect.gen(function* () {
          const sidecar = yield* TaskAgent.TaskAgent
          status = code
          return (yield* Effect.flip(sidecar.submit(address, { id: "a", type: "config-apply" }))).reason._tag
        })
      const reasonsFor = (codes: ReadonlyArray<number>) =>
        Effect.map(Effect.forEach(codes, reasonFor), (reasons) => [...new Set(reasons)])
      yield* Effect.gen(function* () {
        assert.deepStrictEqual(yield* reasonsFor([400, 404, 405, 413, 422]), ["AgentRejected"])
        assert.deepStrictEqual(yield* reasonsFor([401, 403, 408, 409, 429, 500, 502, 503, 504]), ["AgentUnreachable"])
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )

  it.live("INV-8: sends a task once, whatever the response and the type of the task", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      let status = 200
      const port = yield* serve(async (request, response) => {
        bodies.push(await text(request))
        response.writeHead(status, { "retry-after": "0" }).end("{}")
      })
      const address = TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      const tasks = ["config-apply", "config-patch", "configure-genesis", "mark-ready", "snapshot-restore"].map(
        (type) => ({ id: type, type, params: { mode: "full", incremental: false } })
      )
      const submit = Effect.forEach(tasks, (task) =>
        Effect.exit(TaskAgent.TaskAgent.use((sidecar) => sidecar.submit(address, task)))
      ).pipe(Effect.provide(layer))
      for (status of [200, 307, 400, 401, 404, 409, 413, 422, 429, 500, 503]) {
        yield* submit
        const sent = bodies.splice(0).map((body): unknown => JSON.parse(body))
        assert.deepStrictEqual(sent, tasks, `HTTP ${status}`)
      }
    }).pipe(Effect.scoped)
  )

  it.live("takes a redirection for an outage, whatever is asked", () =>
    Effect.gen(function* () {
      const address = yield* responding(() => 300)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      const reasons = yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        return yield* Effect.all([
          Effect.flip(sidecar.submit(address, { id: "a", type: "config-apply" })),
          Effect.flip(sidecar.poll(address, "a")),
          Effect.flip(sidecar.health(address))
        ])
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(
        reasons.map(({ message, reason }) => `${reason._tag}: ${message}`),
        Array.from(reasons, () => "AgentUnreachable: HTTP 300: {}")
      )
    }).pipe(Effect.scoped)
  )

  it.live("says that the response contains no task, or a failed task no message", () =>
    Effect.gen(function* () {
      let body = "{}"
      const port = yield* serve((_, response) => response.writeHead(200).end(body))
      const address = TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        const { message, reason } = yield* Effect.flip(sidecar.poll(address, "a"))
        assert.strictEqual(reason._tag, "AgentUnreachable")
        assert.match(message, /^invalid task in the response: .*status/su)
        body = JSON.stringify({ status: "failed", run: 2, error: null })
        const error = "the sidecar reports no error message"
        assert.deepStrictEqual(yield* sidecar.poll(address, "a"), Option.some({ _tag: "Failed", run: 2, error }))
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )

  it.effect("waits ten seconds for a task and two for the health of a sidecar that does not respond", () =>
    Effect.gen(function* () {
      const port = yield* serve(() => undefined)
      const address = TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: undefined, noProxy: undefined })
      yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        const after = <A>(seconds: number, call: Effect.Effect<A, TaskAgent.AgentError>) =>
          Effect.gen(function* () {
            const error = yield* Effect.forkChild(Effect.flip(call))
            yield* TestClock.adjust(seconds * 1000 - 1)
            assert.isUndefined(error.pollUnsafe())
            yield* TestClock.adjust(1)
            return (yield* Fiber.join(error)).message
          })
        const task = { id: "a", type: "config-apply" }
        assert.include(yield* after(10, sidecar.submit(address, task)), "no response within 10000 ms")
        assert.include(yield* after(10, sidecar.poll(address, "a")), "no response within 10000 ms")
        assert.include(yield* after(2, sidecar.health(address)), "no response within 2000 ms")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped)
  )

  it.live("reports HTTP 503 as not ready and HTTP 200 as ready", () =>
    Effect.gen(function* () {
      const { options } = yield* proxiedSidecar
      const health = yield* Effect.gen(function* () {
        const sidecar = yield* TaskAgent.TaskAgent
        const before = yield* sidecar.health(ADDRESS)
        yield* sidecar.submit(ADDRESS, { id: "m", type: "mark-ready" })
        return [before, yield* sidecar.health(ADDRESS)]
      }).pipe(Effect.provide(agentLayer(options)))
      assert.deepStrictEqual(health, ["NotReady", "Ready"])
    }).pipe(Effect.scoped)
  )

  it.live("sends no request when the token file cannot be read", () =>
    Effect.gen(function* () {
      const { agents, options } = yield* proxiedSidecar
      const layer = agentLayer({ ...options, tokenFile: "/nowhere/token" })
      const submit = agent.use((sidecar) => sidecar.submit(ADDRESS, { id: "a", type: "config-apply" }))
      const error = yield* Effect.flip(submit.pipe(Effect.provide(layer)))
      assert.strictEqual(error.message, "token file /nowhere/token cannot be read")
      assert.deepStrictEqual(agents.at(ADDRESS).all, [])
    }).pipe(Effect.scoped)
  )

  it.live("connects to hosts in NO_PROXY directly", () =>
    Effect.gen(function* () {
      const address = yield* responding(() => 200)
      const layer = agentLayer({ tokenFile: undefined, httpProxy: "http://127.0.0.1:9", noProxy: "127.0.0.1" })
      const health = yield* agent.use((sidecar) => sidecar.health(address)).pipe(Effect.provide(layer))
      assert.strictEqual(health, "Ready")
    }).pipe(Effect.scoped)
  )
})
