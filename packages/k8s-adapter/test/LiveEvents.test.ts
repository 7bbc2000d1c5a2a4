import { assert, describe, it } from "@effect/vitest"
import { EventRecorder } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Random from "effect/Random"
import { Client, LiveEvents } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, stored } from "./fixtures/Objects.ts"

const created: HttpServer.Reply = (response) => HttpServer.json(response, 201, {})

const event = { type: "Warning", reason: "PlanFailed", message: "x".repeat(2000) } as const

/** Records an event of an object. Returns the requests, and what is logged. */
const record = (reply: HttpServer.Reply, object = stored("a", 3)) =>
  Effect.gen(function* () {
    const logs: Array<string> = []
    const capture = Logger.make(({ cause, message }) => {
      logs.push([message].flat().concat(cause.reasons.map(String)).join(": "))
    })
    const server = yield* HttpServer.serve(reply)
    const layer = LiveEvents.layer({ component: "tester" }).pipe(
      Layer.provide(Client.layerFromKubeconfig({ server: server.url }))
    )
    yield* Effect.gen(function* () {
      const recorder = yield* EventRecorder.EventRecorder
      yield* recorder.record(configMap, object, event)
    }).pipe(Effect.provide(layer), Effect.provide(Logger.layer([capture])))
    return { requests: server.requests, logs }
  }).pipe(Effect.scoped)

describe("LiveEvents", () => {
  it.live("creates an Event in the namespace of its object", () =>
    Effect.gen(function* () {
      const { requests } = yield* record(created)

      const body = JSON.parse(requests[0]?.body ?? "")
      assert.strictEqual(requests[0]?.url, "/api/v1/namespaces/default/events")
      assert.match(body.metadata.name, /^a\.[0-9a-f]{8}$/)
      assert.deepInclude(body.involvedObject, { kind: "ConfigMap", namespace: "default", name: "a", uid: "uid-a" })
      assert.deepInclude(body, { type: "Warning", reason: "PlanFailed", count: 1 })
      assert.deepStrictEqual(body.source, { component: "tester" })
      assert.strictEqual(body.reportingComponent, "tester")
      assert.match(body.firstTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.strictEqual(body.message.length, 1024)
    })
  )

  it.live("creates Events of one object under different names", () =>
    Effect.gen(function* () {
      const bodies = [yield* record(created), yield* record(created)].map(({ requests }) =>
        JSON.parse(requests[0]?.body ?? "")
      )
      assert.strictEqual(new Set(bodies.map(({ metadata }) => metadata.name)).size, 2)
      assert.deepStrictEqual(
        bodies.map(({ involvedObject }) => involvedObject.resourceVersion),
        ["3", "3"]
      )
    })
  )

  it.live("gives an event a suffix of eight digits, and cuts off the name of its object for the longest name", () =>
    Effect.gen(function* () {
      const zero: Random.Random = { nextIntUnsafe: () => 0, nextDoubleUnsafe: () => 0 }
      const nameOf = (name: string) =>
        Effect.map(
          Effect.provideService(record(created, stored(name, 3)), Random.Random, zero),
          ({ requests }) => JSON.parse(requests[0]?.body ?? "").metadata.name
        )

      assert.strictEqual(yield* nameOf("a"), "a.00000000")
      assert.strictEqual(yield* nameOf("a".repeat(253)), `${"a".repeat(244)}.00000000`)
    })
  )

  it.live("creates the Event of an object without a namespace in default", () =>
    Effect.gen(function* () {
      const { namespace: _, ...metadata } = stored("a", 3).metadata
      const { requests } = yield* record(created, { ...stored("a", 3), metadata })

      const body = JSON.parse(requests[0]?.body ?? "")
      assert.strictEqual(requests[0]?.url, "/api/v1/namespaces/default/events")
      assert.strictEqual(body.metadata.namespace, "default")
      assert.notProperty(body.involvedObject, "namespace")
    })
  )

  it.live("logs nothing when the Event is created", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* record(created)).logs, [])
    })
  )

  it.live.each(["rejected", "broken"])("logs and drops an event after one attempt when the request is %s", (failure) =>
    Effect.gen(function* () {
      const { logs, requests } = yield* record((response) =>
        failure === "broken" ? response.socket?.destroy() : HttpServer.json(response, 403, {})
      )

      assert.strictEqual(requests.length, 1)
      assert.lengthOf(logs, 1)
      assert.include(logs[0], 'cannot record event "PlanFailed" of ConfigMap default/a')
      if (failure === "rejected") assert.include(logs[0], "HTTP 403")
    })
  )
})
