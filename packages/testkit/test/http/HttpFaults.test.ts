import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { AgentServer, HttpFaults, InMemoryAgent } from "../../src/index.ts"
import { send, serving, watching, widget, widgets } from "./fixture.ts"

const merge = { "content-type": "application/merge-patch+json" }
const patch = (url: string, size: number, headers: Record<string, string> = {}) =>
  send(url, `PATCH ${widgets}/a`, { spec: { size } }, { ...merge, ...headers })

/** The result of a request for its client: the status code, or a broken connection. */
const outcome = <A extends { readonly code: number }>(request: Effect.Effect<A>) =>
  request.pipe(
    Effect.map(({ code }): number | "broken" => code),
    Effect.catchCause(() => Effect.succeed("broken" as const))
  )

/** A server with faults and the widget `a` of size 1. */
const servingFaults = Effect.fnUntraced(function* () {
  const faults = HttpFaults.make()
  const served = yield* serving({ faults })
  yield* send(served.url, `POST ${widgets}`, widget("a"))
  const size = () => {
    const spec = served.server.peek({ group: "example.dev", version: "v1", plural: "widgets" }, "default", "a")?.spec
    return typeof spec === "object" && spec !== null && "size" in spec ? spec.size : undefined
  }
  return { ...served, faults, size }
})

describe("HttpFaults of requests", () => {
  it.effect("a write whose response is lost takes effect, and a refused one does not", () =>
    Effect.gen(function* () {
      const { audit, faults, size, url } = yield* servingFaults()
      faults.inject(HttpFaults.answerLost(), { on: { verb: "patch" } })
      assert.strictEqual(yield* outcome(patch(url, 2)), "broken")
      assert.strictEqual(size(), 2)
      faults.inject(HttpFaults.refused(), { on: { verb: "patch" } })
      assert.strictEqual(yield* outcome(patch(url, 3)), "broken")
      assert.strictEqual(size(), 2)
      assert.strictEqual(yield* outcome(patch(url, 4)), 200)
      assert.strictEqual(audit().filter(({ verb }) => verb === "patch").length, 2)
    })
  )

  it.effect("fails in the wording of the server: 429 with Retry-After, 500, and 503 without a Status", () =>
    Effect.gen(function* () {
      const { audit, faults, size, url } = yield* servingFaults()
      faults.inject(HttpFaults.throttled({ seconds: 7 }))
      const throttled = yield* patch(url, 2)
      assert.deepStrictEqual(
        [throttled.code, throttled.body.reason, throttled.headers.get("retry-after")],
        [429, "TooManyRequests", "7"]
      )
      faults.inject(HttpFaults.serverError())
      const failed = yield* patch(url, 3)
      assert.deepStrictEqual([failed.code, failed.body.reason, size()], [500, "InternalError", 1])
      faults.inject(HttpFaults.serverError({ handled: true }))
      assert.deepStrictEqual([yield* outcome(patch(url, 4)), size()], [500, 4])
      faults.inject(HttpFaults.unavailable())
      const unavailable = yield* patch(url, 5)
      assert.deepStrictEqual([unavailable.code, unavailable.body, size()], [503, {}, 4])
      assert.deepStrictEqual(
        audit().map(({ code }) => code),
        [201, 429, 500, 200]
      )
    })
  )

  it.effect("refuses a request with each status, and handles the next one", () =>
    Effect.gen(function* () {
      const { audit, faults, size, url } = yield* servingFaults()
      const refusals = [
        [HttpFaults.unauthorized(), 401, "Unauthorized"],
        [HttpFaults.forbidden(), 403, "Forbidden"],
        [HttpFaults.notFound(), 404, "NotFound"],
        [HttpFaults.spuriousConflict(), 409, "Conflict"],
        [HttpFaults.invalid(), 422, "Invalid"]
      ] as const
      for (const [fault, code, reason] of refusals) {
        faults.inject(fault)
        const refused = yield* patch(url, 2)
        assert.deepStrictEqual(
          [refused.code, refused.body.kind, refused.body.reason, size()],
          [code, "Status", reason, 1]
        )
      }
      assert.deepStrictEqual([yield* outcome(patch(url, 2)), size()], [200, 2])
      assert.deepStrictEqual(
        audit().map(({ code }) => code),
        [201, 401, 403, 404, 409, 422, 200]
      )
      faults.inject(HttpFaults.unavailable({ seconds: 3 }))
      assert.strictEqual((yield* patch(url, 3)).headers.get("retry-after"), "3")
    })
  )

  it.effect("refuses no read as a write that is invalid or conflicts", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* servingFaults()
      faults.inject(HttpFaults.invalid())
      faults.inject(HttpFaults.spuriousConflict())
      assert.deepStrictEqual([yield* outcome(send(url, `GET ${widgets}/a`)), faults.log()], [200, []])
    })
  )

  it.effect("a conflict is real: another client wrote the object, and the version that was read is outdated", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* servingFaults()
      const { body: read } = yield* send(url, `GET ${widgets}/a`)
      const injection = faults.inject(HttpFaults.conflict(), { times: 1 })
      assert.strictEqual(yield* outcome(send(url, `GET ${widgets}/a`)), 200)
      assert.strictEqual(yield* outcome(send(url, `PATCH ${widgets}/absent`, {}, merge)), 404)
      assert.strictEqual(injection.injected(), 0)
      const conflict = yield* send(url, `PUT ${widgets}/a`, { ...read, spec: { size: 2 } })
      const again = yield* send(url, `PUT ${widgets}/a`, { ...read, spec: { size: 2 } })
      assert.deepStrictEqual([conflict.code, injection.injected()], [409, 1])
      assert.deepStrictEqual(conflict.body, again.body)
    })
  )

  it.effect("a timeout leaves the client without a response, whether the request took effect or not", () =>
    Effect.gen(function* () {
      const { faults, size, url } = yield* servingFaults()
      for (const [handled, expected] of [
        [true, 2],
        [false, 2]
      ] as const) {
        const injection = faults.inject(HttpFaults.timeout({ handled }))
        const request = yield* Effect.forkChild(outcome(patch(url, handled ? 2 : 3)))
        yield* until(() => injection.injected() === 1)
        assert.isUndefined(request.pollUnsafe())
        assert.strictEqual(size(), expected)
        yield* Fiber.interrupt(request)
      }
    })
  )

  it.effect("a slow request takes effect at once and gets its response after the delay, by the server's clock", () =>
    Effect.gen(function* () {
      const { faults, size, url } = yield* servingFaults()
      const injection = faults.inject(HttpFaults.slow({ delay: "10 seconds" }))
      const request = yield* Effect.forkChild(outcome(patch(url, 2)))
      yield* until(() => injection.injected() === 1)
      assert.strictEqual(size(), 2)
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(request.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(request), 200)
    })
  )

  it.effect("a stale list shows an older version, only when the client accepts one", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* servingFaults()
      const before = server.resourceVersion
      yield* patch(url, 2)
      faults.inject(HttpFaults.staleList({ behind: 1 }), { times: Number.POSITIVE_INFINITY })
      const versionOf = (query: string) =>
        Effect.map(send(url, `GET ${widgets}?${query}`), ({ body: { metadata } }) =>
          typeof metadata === "object" && metadata !== null && "resourceVersion" in metadata
            ? metadata.resourceVersion
            : undefined
        )
      const now = server.resourceVersion
      assert.deepStrictEqual(
        [
          yield* versionOf("resourceVersion=0"),
          yield* versionOf("resourceVersion=0&resourceVersionMatch=NotOlderThan"),
          yield* versionOf(`resourceVersion=${now}`),
          yield* versionOf("")
        ],
        [before, before, now, now]
      )
    })
  )
})

describe("HttpFaults are injected", () => {
  it.effect(
    "into requests selected by attributes, from the nth on, a number of times; into watches only when selected",
    () =>
      Effect.gen(function* () {
        const { faults, url } = yield* servingFaults()
        const injection = faults.inject(HttpFaults.serverError(), {
          on: { verb: "patch", resource: "widgets", name: "a", user: "robot" },
          nth: 2,
          times: 2
        })
        const robot = { "user-agent": "robot/1.0" }
        assert.strictEqual(yield* outcome(patch(url, 2)), 200)
        const codes = yield* Effect.forEach([1, 2, 3, 4], (size) => outcome(patch(url, size, robot)))
        assert.deepStrictEqual([codes, injection.injected()], [[200, 500, 500, 200], 2])

        faults.inject(HttpFaults.serverError(), { times: Number.POSITIVE_INFINITY })
        assert.strictEqual((yield* watching(url, `${widgets}?watch=true`)).code, 200)
        assert.strictEqual(yield* outcome(send(url, `GET ${widgets}`)), 500)
        faults.inject(HttpFaults.serverError(), { on: ({ verb }) => verb === "watch" })
        assert.strictEqual(yield* outcome(send(url, `GET ${widgets}?watch=true`)), 500)
      })
  )

  it.effect("until they are lifted, and are logged", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* servingFaults()
      const injection = faults.inject(HttpFaults.refused(), {
        on: { resource: "widgets" },
        times: Number.POSITIVE_INFINITY
      })
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* outcome(send(url, `GET ${widgets}/a`)), "broken")
      injection.lift()
      assert.strictEqual(yield* outcome(send(url, `GET ${widgets}/a`)), 200)
      faults.inject(HttpFaults.refused())
      faults.lift()
      assert.strictEqual(yield* outcome(send(url, `GET ${widgets}/a`)), 200)
      const log = faults.log().map(({ request: { name, verb }, at, name: fault }) => ({ fault, verb, name, at }))
      assert.deepStrictEqual(log, [{ fault: "refused", verb: "get", name: "a", at: 3000 }])
    })
  )
})

describe("HttpFaults of watches", () => {
  const types = (lines: ReadonlyArray<{ readonly type: string } | undefined>) => lines.map((line) => line?.type)

  it.effect("close a connection within a line", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* servingFaults()
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      assert.strictEqual((yield* next)?.type, "ADDED")
      const injection = faults.inject(HttpFaults.watchCut())
      yield* patch(url, 2)
      assert.strictEqual((yield* Effect.exit(next))._tag, "Failure")
      assert.strictEqual(injection.injected(), 1)
    })
  )

  it.effect("end a watch instead of its next line, which the next watch sends", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* servingFaults()
      const from = server.resourceVersion
      const { next } = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      faults.inject(HttpFaults.watchEnded())
      yield* patch(url, 2)
      assert.isUndefined(yield* next)
      const again = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      assert.strictEqual((yield* again.next)?.type, "MODIFIED")
    })
  )

  it.effect("hold the lines and the end of a frozen watch, and send them in order when lifted", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* servingFaults()
      const { next } = yield* watching(url, `${widgets}?watch=true&timeoutSeconds=60`)
      yield* next
      const injection = faults.inject(HttpFaults.watchFrozen())
      yield* patch(url, 2)
      yield* send(url, `DELETE ${widgets}/a`)
      yield* TestClock.adjust("60 seconds")
      const line = yield* Effect.forkChild(next)
      yield* send(url, `GET ${widgets}`)
      assert.isUndefined(line.pollUnsafe())
      injection.lift()
      assert.deepStrictEqual(types([yield* Fiber.join(line), yield* next, yield* next]), [
        "MODIFIED",
        "DELETED",
        undefined
      ])
    })
  )

  it.effect("expire the version of a watch, in the stream or as the response; never of a watch without a version", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* servingFaults()
      const from = server.resourceVersion
      const injection = faults.inject(HttpFaults.historyGone({ as: "event" }))
      assert.strictEqual((yield* (yield* watching(url, `${widgets}?watch=true`)).next)?.type, "ADDED")
      assert.strictEqual(injection.injected(), 0)
      const watch = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      const line = yield* watch.next
      assert.deepStrictEqual(
        [watch.code, line?.type, line?.object.code, yield* watch.next],
        [200, "ERROR", 410, undefined]
      )
      faults.inject(HttpFaults.historyGone({ as: "status" }))
      const refused = yield* send(url, `GET ${widgets}?watch=true&resourceVersion=${from}`)
      assert.deepStrictEqual([refused.code, refused.body.reason], [410, "Expired"])
    })
  )

  it.effect("lose a DELETED event: the watch closes, and the history is forgotten", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* servingFaults()
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      yield* next
      const injection = faults.inject(HttpFaults.deletedLost())
      yield* patch(url, 2)
      assert.strictEqual((yield* next)?.type, "MODIFIED")
      const last = server.resourceVersion
      yield* send(url, `DELETE ${widgets}/a`)
      assert.strictEqual((yield* Effect.exit(next))._tag, "Failure")
      const again = yield* watching(url, `${widgets}?watch=true&resourceVersion=${last}`)
      assert.strictEqual((yield* again.next)?.object.code, 410)
      assert.strictEqual(injection.injected(), 1)
    })
  )
})

describe("HttpFaults of agents", () => {
  const task = { id: "t-1", type: "copy" }
  const cluster = Effect.gen(function* () {
    const faults = HttpFaults.make()
    const agents = InMemoryAgent.make()
    const { url } = yield* AgentServer.make({ agents, faults })
    return { agent: agents.at(url), faults, url }
  })

  it.effect("a submission whose response is lost runs, and one that is refused or fails does not", () =>
    Effect.gen(function* () {
      const { agent, faults, url } = yield* cluster
      const submit = (id: string) => outcome(send(url, "POST /v0/tasks", { ...task, id }))
      faults.inject(HttpFaults.refused(), { on: { verb: "submit", resource: "copy" } })
      faults.inject(HttpFaults.serverError(), { on: { verb: "submit" } })
      assert.strictEqual(yield* outcome(send(url, "GET /v0/node-id")), 200)
      assert.deepStrictEqual([yield* submit("t-1"), yield* submit("t-1")], ["broken", 500])
      assert.isUndefined(agent.find("t-1"))
      assert.strictEqual(yield* submit("t-1"), 201)
      faults.inject(HttpFaults.answerLost(), { on: { verb: "submit" } })
      assert.strictEqual(yield* submit("t-2"), "broken")
      assert.strictEqual(agent.find("t-2")?.run, 1)
    })
  )

  it.effect("a restart keeps or loses tasks, and a hanging agent does not respond", () =>
    Effect.gen(function* () {
      const { agent, faults, url } = yield* cluster
      agent.submit("t-1", "copy", undefined, 0)
      agent.submit("r", "mark-ready", undefined, 0)
      const poll = outcome(send(url, "GET /v0/tasks/t-1"))
      faults.inject(HttpFaults.restart({ keepsTasks: true }), { on: { verb: "poll", resource: "copy" } })
      assert.deepStrictEqual([yield* poll, yield* poll, agent.isReady], ["broken", 200, false])
      const hang = faults.inject(HttpFaults.hang(), { on: { verb: "poll" } })
      const request = yield* Effect.forkChild(poll)
      yield* until(() => hang.injected() === 1)
      assert.isUndefined(request.pollUnsafe())
      yield* Fiber.interrupt(request)
      faults.inject(HttpFaults.restart({ keepsTasks: false }), { on: { verb: "poll" } })
      assert.deepStrictEqual([yield* poll, yield* poll], ["broken", 404])
    })
  )
})

/** Lets network events happen until a condition holds. */
const until = (condition: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    while (!condition()) await new Promise((resolve) => setImmediate(resolve))
  })
