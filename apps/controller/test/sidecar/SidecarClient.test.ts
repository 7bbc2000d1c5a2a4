import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as SidecarClient from "../../src/sidecar/SidecarClient.ts"
import { serve } from "../harness/HttpServer.ts"

/** A sidecar that accepts one token, and a client whose token file can be replaced. */
const sidecar = Effect.gen(function* () {
  let accepted: string | undefined
  const received: Array<string> = []
  const port = yield* serve(({ headers }, response) => {
    const authorization = headers.authorization ?? "none"
    received.push(authorization)
    response.writeHead(accepted === undefined || authorization === `Bearer ${accepted}` ? 200 : 401).end("{}")
  })
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-token-"))),
    (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
  )
  const tokenFile = Path.join(folder, "token")
  const services = yield* Layer.build(SidecarClient.layer({ tokenFile, httpProxy: undefined, noProxy: undefined }))
  const { send } = Context.get(services, SidecarClient.SidecarClient)
  const origin = TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`)
  return {
    /** Replaces the token, as the kubelet does. */
    rotate: (token: string) => Fs.writeFileSync(tokenFile, `${token}\n`),
    accept: (token: string) => {
      accepted = token
    },
    /** The `Authorization` of a request. */
    authorization: Effect.map(
      send(origin, { method: "GET", path: "/v0/healthz", timeoutMs: 2_000 }),
      () => received.at(-1) ?? ""
    )
  }
})

describe("SidecarClient", () => {
  it.effect("uses a rotated token after a minute, without a 401", () =>
    Effect.gen(function* () {
      const { authorization, rotate } = yield* sidecar
      rotate("first")
      assert.strictEqual(yield* authorization, "Bearer first")
      rotate("second")
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* authorization, "Bearer first")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* authorization, "Bearer second")
    }).pipe(Effect.scoped)
  )

  it.effect("reads a rejected token again before the next request", () =>
    Effect.gen(function* () {
      const { accept, authorization, rotate } = yield* sidecar
      rotate("first")
      yield* authorization
      accept("second")
      rotate("second")
      assert.strictEqual(yield* authorization, "Bearer first")
      assert.strictEqual(yield* authorization, "Bearer second")
    }).pipe(Effect.scoped)
  )
})
