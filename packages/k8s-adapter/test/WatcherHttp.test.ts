// Over HTTP, because a scripted client cannot close a socket in the middle of a line or keep it silent.
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Client, Watcher } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { configMap, list, stored } from "./fixtures/Objects.ts"
import { line } from "./fixtures/ScriptedClient.ts"

describe("Watcher over HTTP", () => {
  it.live("resumes after a connection that breaks within a line, and after one that becomes silent", () =>
    Effect.gen(function* () {
      let watches = 0
      const server = yield* HttpServer.serve((response, { url }) => {
        if (!url.includes("watch=true")) return HttpServer.json(response, 200, list(10, []))
        response.writeHead(200)
        response.flushHeaders()
        watches++
        if (watches === 1) {
          response.write(line("ADDED", stored("a", 11)) + line("ADDED", stored("b", 12)).slice(0, 30))
          response.socket?.end()
        } else if (watches === 2) {
          response.write(line("ADDED", stored("b", 12)))
        } else {
          response.write(line("ADDED", stored("c", 13)))
        }
      })

      const received = yield* Watcher.events({ kind: configMap, timing: { silence: "50 millis" } }).pipe(
        Stream.take(4),
        Stream.runCollect,
        Effect.provide(Client.layerFromKubeconfig({ server: server.url }))
      )

      const versions = received.map((event) =>
        event._tag === "Relisted" ? event.resourceVersion : event.object.metadata.resourceVersion
      )
      assert.deepStrictEqual(versions.map(String), ["10", "11", "12", "13"])
      assert.deepStrictEqual(
        server.requests.map(({ url }) => new URLSearchParams(url.split("?")[1]).get("resourceVersion")),
        [null, "10", "11", "12"]
      )
    }).pipe(Effect.scoped)
  )
})
