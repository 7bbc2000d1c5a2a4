// Over HTTP, because a connection that breaks is what these faults are about.
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { AgentServer, HttpFaults, InMemoryAgent } from "../../src/index.ts"
import { ask, serving, watching, widget, widgets } from "./fixture.ts"

const merge = { "content-type": "application/merge-patch+json" }
const patch = (url: string, size: number, headers: Record<string, string> = {}) =>
  ask(url, `PATCH ${widgets}/a`, { spec: { size } }, { ...merge, ...headers })

/** What a client sees of one request: a code, or that its connection broke. */
const outcome = <A extends { readonly code: number }>(request: Effect.Effect<A>) =>
  request.pipe(
    Effect.map(({ code }): number | "broken" => code),
    Effect.catchCause(() => Effect.succeed("broken" as const))
  )

/** A server with faults and the widget `a` of size 1. */
const injected = Effect.fnUntraced(function* () {
  const faults = HttpFaults.make()
  const served = yield* serving({ faults })
  yield* ask(served.url, `POST ${widgets}`, widget("a"))
  const size = () => {
    const spec = served.server.peek({ group: "example.dev", version: "v1", plural: "widgets" }, "default", "a")?.spec
    return typeof spec === "object" && spec !== null && "size" in spec ? spec.size : undefined
  }
  return { ...served, faults, size }
})

describe("HttpFaults of requests", () => {
  it.effect("a write whose answer is lost took effect, and a refused one did not", () =>
    Effect.gen(function* () {
      const { audit, faults, size, url } = yield* injected()
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

  it.effect("says no in the words of the server: 429 with a time, 500, and 503 without a Status", () =>
    Effect.gen(function* () {
      const { audit, faults, size, url } = yield* injected()
      faults.inject(HttpFaults.throttled({ seconds: 7 }))
      const busy = yield* patch(url, 2)
      assert.deepStrictEqual(
        [busy.code, busy.body.reason, busy.headers.get("retry-after")],
        [429, "TooManyRequests", "7"]
      )
      faults.inject(HttpFaults.serverError())
      const broken = yield* patch(url, 3)
      assert.deepStrictEqual([broken.code, broken.body.reason, size()], [500, "InternalError", 1])
      faults.inject(HttpFaults.serverError({ handled: true }))
      assert.deepStrictEqual([yield* outcome(patch(url, 4)), size()], [500, 4])
      faults.inject(HttpFaults.unavailable())
      const away = yield* patch(url, 5)
      assert.deepStrictEqual([away.code, away.body, size()], [503, {}, 4])
      assert.deepStrictEqual(
        audit().map(({ code }) => code),
        [201, 429, 500, 200]
      )
    })
  )

  it.effect("a conflict is one: somebody else wrote, and the version that was read is over", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* injected()
      const { body: read } = yield* ask(url, `GET ${widgets}/a`)
      const inject = faults.inject(HttpFaults.conflict(), { times: 1 })
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}/a`)), 200)
      assert.strictEqual(yield* outcome(ask(url, `PATCH ${widgets}/absent`, {}, merge)), 404)
      assert.strictEqual(inject.injected(), 0)
      const lost = yield* ask(url, `PUT ${widgets}/a`, { ...read, spec: { size: 2 } })
      const again = yield* ask(url, `PUT ${widgets}/a`, { ...read, spec: { size: 2 } })
      assert.deepStrictEqual([lost.code, inject.injected()], [409, 1])
      assert.deepStrictEqual(lost.body, again.body)
    })
  )

  it.effect("an answer that never comes leaves the decision to the client, whether it was served or not", () =>
    Effect.gen(function* () {
      const { faults, size, url } = yield* injected()
      for (const [handled, expected] of [
        [true, 2],
        [false, 2]
      ] as const) {
        const inject = faults.inject(HttpFaults.timeout({ handled }))
        const asked = yield* Effect.forkChild(outcome(patch(url, handled ? 2 : 3)))
        yield* until(() => inject.injected() === 1)
        assert.isUndefined(asked.pollUnsafe())
        assert.strictEqual(size(), expected)
        yield* Fiber.interrupt(asked)
      }
    })
  )

  it.effect("a slow answer comes when its time is over by the server's clock, and was served at once", () =>
    Effect.gen(function* () {
      const { faults, size, url } = yield* injected()
      const inject = faults.inject(HttpFaults.slow({ delay: "10 seconds" }))
      const asked = yield* Effect.forkChild(outcome(patch(url, 2)))
      yield* until(() => inject.injected() === 1)
      assert.strictEqual(size(), 2)
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(asked.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(asked), 200)
    })
  )

  it.effect("a stale list is of an older moment, only where the client allows one", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* injected()
      const before = server.resourceVersion
      yield* patch(url, 2)
      faults.inject(HttpFaults.staleList({ behind: 1 }), { times: Number.POSITIVE_INFINITY })
      const versionOf = (query: string) =>
        Effect.map(ask(url, `GET ${widgets}?${query}`), ({ body: { metadata } }) =>
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

describe("HttpFaults choose", () => {
  it.effect("by what is asked, from the nth on, so many times; watches are spared unless they are meant", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* injected()
      const inject = faults.inject(HttpFaults.serverError(), {
        on: { verb: "patch", resource: "widgets", name: "a", user: "robot" },
        nth: 2,
        times: 2
      })
      const robot = { "user-agent": "robot/1.0" }
      assert.strictEqual(yield* outcome(patch(url, 2)), 200)
      const codes = yield* Effect.forEach([1, 2, 3, 4], (size) => outcome(patch(url, size, robot)))
      assert.deepStrictEqual([codes, inject.injected()], [[200, 500, 500, 200], 2])

      faults.inject(HttpFaults.serverError(), { times: Number.POSITIVE_INFINITY })
      assert.strictEqual((yield* watching(url, `${widgets}?watch=true`)).code, 200)
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}`)), 500)
      faults.inject(HttpFaults.serverError(), { on: ({ verb }) => verb === "watch" })
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}?watch=true`)), 500)
    })
  )

  it.effect("until they are lifted, and keep an account", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* injected()
      const inject = faults.inject(HttpFaults.refused(), {
        on: { resource: "widgets" },
        times: Number.POSITIVE_INFINITY
      })
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}/a`)), "broken")
      inject.lift()
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}/a`)), 200)
      faults.inject(HttpFaults.refused())
      faults.lift()
      assert.strictEqual(yield* outcome(ask(url, `GET ${widgets}/a`)), 200)
      const account = faults.log().map(({ asked: { name, verb }, at, name: fault }) => ({ fault, verb, name, at }))
      assert.deepStrictEqual(account, [{ fault: "refused", verb: "get", name: "a", at: 3000 }])
    })
  )
})

describe("HttpFaults of watches", () => {
  const types = (lines: ReadonlyArray<{ readonly type: string } | undefined>) => lines.map((line) => line?.type)

  it.effect("cut a connection within a line", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* injected()
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      assert.strictEqual((yield* next)?.type, "ADDED")
      const inject = faults.inject(HttpFaults.watchCut())
      yield* patch(url, 2)
      assert.strictEqual((yield* Effect.exit(next))._tag, "Failure")
      assert.strictEqual(inject.injected(), 1)
    })
  )

  it.effect("end a watch as planned instead of its next line, which the next watch tells", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* injected()
      const from = server.resourceVersion
      const { next } = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      faults.inject(HttpFaults.watchEnded())
      yield* patch(url, 2)
      assert.isUndefined(yield* next)
      const again = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      assert.strictEqual((yield* again.next)?.type, "MODIFIED")
    })
  )

  it.effect("hold back what a frozen watch would tell, its end included, and tell it in order when lifted", () =>
    Effect.gen(function* () {
      const { faults, url } = yield* injected()
      const { next } = yield* watching(url, `${widgets}?watch=true&timeoutSeconds=60`)
      yield* next
      const inject = faults.inject(HttpFaults.watchFrozen())
      yield* patch(url, 2)
      yield* ask(url, `DELETE ${widgets}/a`)
      yield* TestClock.adjust("60 seconds")
      const line = yield* Effect.forkChild(next)
      yield* ask(url, `GET ${widgets}`)
      assert.isUndefined(line.pollUnsafe())
      inject.lift()
      assert.deepStrictEqual(types([yield* Fiber.join(line), yield* next, yield* next]), [
        "MODIFIED",
        "DELETED",
        undefined
      ])
    })
  )

  it.effect("tell that the past is gone, inside the stream or instead of it; never to a watch without a version", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* injected()
      const from = server.resourceVersion
      const inject = faults.inject(HttpFaults.historyGone({ as: "event" }))
      assert.strictEqual((yield* (yield* watching(url, `${widgets}?watch=true`)).next)?.type, "ADDED")
      assert.strictEqual(inject.injected(), 0)
      const notified = yield* watching(url, `${widgets}?watch=true&resourceVersion=${from}`)
      const line = yield* notified.next
      assert.deepStrictEqual(
        [notified.code, line?.type, line?.object.code, yield* notified.next],
        [200, "ERROR", 410, undefined]
      )
      faults.inject(HttpFaults.historyGone({ as: "status" }))
      const refused = yield* ask(url, `GET ${widgets}?watch=true&resourceVersion=${from}`)
      assert.deepStrictEqual([refused.code, refused.body.reason], [410, "Expired"])
    })
  )

  it.effect("lose a DELETED for good: the watch breaks, and its past is forgotten", () =>
    Effect.gen(function* () {
      const { faults, server, url } = yield* injected()
      const { next } = yield* watching(url, `${widgets}?watch=true`)
      yield* next
      const inject = faults.inject(HttpFaults.deletedLost())
      yield* patch(url, 2)
      assert.strictEqual((yield* next)?.type, "MODIFIED")
      const last = server.resourceVersion
      yield* ask(url, `DELETE ${widgets}/a`)
      assert.strictEqual((yield* Effect.exit(next))._tag, "Failure")
      const again = yield* watching(url, `${widgets}?watch=true&resourceVersion=${last}`)
      assert.strictEqual((yield* again.next)?.object.code, 410)
      assert.strictEqual(inject.injected(), 1)
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

  it.effect("a submission whose answer is lost runs, and one that is refused or fails does not", () =>
    Effect.gen(function* () {
      const { agent, faults, url } = yield* cluster
      const submit = (id: string) => outcome(ask(url, "POST /v0/tasks", { ...task, id }))
      faults.inject(HttpFaults.refused(), { on: { verb: "submit", resource: "copy" } })
      faults.inject(HttpFaults.serverError(), { on: { verb: "submit" } })
      assert.strictEqual(yield* outcome(ask(url, "GET /v0/node-id")), 200)
      assert.deepStrictEqual([yield* submit("t-1"), yield* submit("t-1")], ["broken", 500])
      assert.isUndefined(agent.find("t-1"))
      assert.strictEqual(yield* submit("t-1"), 201)
      faults.inject(HttpFaults.answerLost(), { on: { verb: "submit" } })
      assert.strictEqual(yield* submit("t-2"), "broken")
      assert.strictEqual(agent.find("t-2")?.run, 1)
    })
  )

  it.effect("a restart keeps tasks or forgets them, and a hanging agent says nothing", () =>
    Effect.gen(function* () {
      const { agent, faults, url } = yield* cluster
      agent.submit("t-1", "copy", undefined, 0)
      agent.submit("r", "mark-ready", undefined, 0)
      const poll = outcome(ask(url, "GET /v0/tasks/t-1"))
      faults.inject(HttpFaults.restart({ keepsTasks: true }), { on: { verb: "poll", resource: "copy" } })
      assert.deepStrictEqual([yield* poll, yield* poll, agent.isReady], ["broken", 200, false])
      const hang = faults.inject(HttpFaults.hang(), { on: { verb: "poll" } })
      const asked = yield* Effect.forkChild(poll)
      yield* until(() => hang.injected() === 1)
      assert.isUndefined(asked.pollUnsafe())
      yield* Fiber.interrupt(asked)
      faults.inject(HttpFaults.restart({ keepsTasks: false }), { on: { verb: "poll" } })
      assert.deepStrictEqual([yield* poll, yield* poll], ["broken", 404])
    })
  )
})

/** Lets the network happen until something is so. */
const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
  })
