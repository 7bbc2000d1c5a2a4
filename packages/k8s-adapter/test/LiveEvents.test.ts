import { assert, describe, it } from "@effect/vitest"
import { EventRecorder } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Client, LiveEvents } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, stored } from "./fixtures/Objects.ts"

const note = { type: "Warning", reason: "PlanFailed", message: "x".repeat(2000) } as const

const record = (reply: HttpServer.Reply) =>
  Effect.gen(function* () {
    const server = yield* HttpServer.serve(reply)
    const layer = LiveEvents.layer({ component: "tester" }).pipe(
      Layer.provide(Client.layerFromKubeconfig({ server: server.url }))
    )
    yield* Effect.gen(function* () {
      const recorder = yield* EventRecorder.EventRecorder
      yield* recorder.record(configMap, stored("a", 3), note)
    }).pipe(Effect.provide(layer))
    return server.seen
  }).pipe(Effect.scoped)

describe("LiveEvents", () => {
  it.live("keeps a note beside the object it is about", () =>
    Effect.gen(function* () {
      const seen = yield* record((response) => HttpServer.json(response, 201, {}))

      const body = JSON.parse(seen[0]?.body ?? "")
      assert.strictEqual(seen[0]?.url, "/api/v1/namespaces/default/events")
      assert.match(body.metadata.name, /^a\.[0-9a-f]{8}$/)
      assert.deepInclude(body.involvedObject, { kind: "ConfigMap", namespace: "default", name: "a", uid: "uid-a" })
      assert.deepInclude(body, { type: "Warning", reason: "PlanFailed", count: 1 })
      assert.deepStrictEqual(body.source, { component: "tester" })
      assert.match(body.firstTimestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      assert.strictEqual(body.message.length, 1024)
    })
  )

  it.live.each(["refused", "broken"])("a note that is %s is dropped after one try", (how) =>
    Effect.gen(function* () {
      const seen = yield* record((response) =>
        how === "broken" ? response.socket?.destroy() : HttpServer.json(response, 403, {})
      )

      assert.strictEqual(seen.length, 1)
    })
  )
})
