import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Health from "../src/Health.ts"
import { serve } from "./harness/HttpServer.ts"
import { freePort } from "./harness/Probes.ts"

const get = (port: number, path: string) =>
  Effect.promise(async () => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return `${response.status} ${await response.text()}`
  })

const CANNOT = "--health-probe-bind-address: cannot listen on"
const failureOf = (host: string | undefined, port: number) =>
  Layer.build(Health.layer({ host, port }, Effect.succeed(true))).pipe(
    Effect.flip,
    Effect.map(({ message }) => message)
  )

describe("the probes", () => {
  it.live("say why the process is not ready", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      let isReady = false
      yield* Layer.build(
        Health.layer(
          { host: undefined, port },
          Effect.sync(() => isReady)
        )
      )
      assert.strictEqual(yield* get(port, "/healthz"), "200 ok")
      assert.strictEqual(yield* get(port, "/readyz"), "503 informer caches are not synced")
      isReady = true
      assert.strictEqual(yield* get(port, "/readyz"), "200 ok")
      assert.strictEqual(yield* failureOf(undefined, port), `${CANNOT} :${port}: address already in use`)
    }).pipe(Effect.scoped)
  )

  it.live("fail with the flag and the reason, if they cannot listen", () =>
    Effect.gen(function* () {
      const used = yield* serve((_, response) => response.end())
      assert.strictEqual(yield* failureOf("127.0.0.1", used), `${CANNOT} 127.0.0.1:${used}: address already in use`)
      const unknown = yield* failureOf("host.invalid", used)
      assert.isTrue(unknown.startsWith(`${CANNOT} host.invalid:${used}: `), unknown)
      assert.notInclude(unknown, "address already in use")
    }).pipe(Effect.scoped)
  )
})
