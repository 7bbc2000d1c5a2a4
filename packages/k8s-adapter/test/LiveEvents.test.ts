import { assert, describe, it } from "@effect/vitest"
import { EventRecorder } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, LiveEvents } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, stored } from "./fixtures/Objects.ts"

const event = { type: "Warning", reason: "PlanFailed", message: "x".repeat(2000) } as const

const record = (reply: HttpServer.Reply) =>
  Effect.gen(function* () {
    const server = yield* HttpServer.serve(reply)
    const layer = LiveEvents.layer({ component: "tester" }).pipe(
      Layer.provide(Client.layerFromKubeconfig({ server: server.url }))
    )
    yield* Effect.gen(function* () {
      const recorder = yield* EventRecorder.EventRecorder
      yield* recorder.record(configMap, stored("a", 3), event)
    }).pipe(Effect.provide(layer))
    return server.requests
  }).pipe(Effect.scoped)

describe("LiveEvents", () => {
  it.live("creates an Event in the namespace of its object", () =>
    Effect.gen(function* () {
      const requests = yield* record((response) => HttpServer.json(response, 201, {}))

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
      const reply: HttpServer.Reply = (response) => HttpServer.json(response, 201, {})
      const bodies = [...(yield* record(reply)), ...(yield* record(reply))].map(({ body }) => JSON.parse(body))
      assert.strictEqual(new Set(bodies.map(({ metadata }) => metadata.name)).size, 2)
      assert.deepStrictEqual(
        bodies.map(({ involvedObject }) => involvedObject.resourceVersion),
        ["3", "3"]
      )
    })
  )

  it.live.each(["rejected", "broken"])("drops an event after one attempt when the request is %s", (failure) =>
    Effect.gen(function* () {
      const requests = yield* record((response) =>
        failure === "broken" ? response.socket?.destroy() : HttpServer.json(response, 403, {})
      )

      assert.strictEqual(requests.length, 1)
    })
  )
})
