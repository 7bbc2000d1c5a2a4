import { once } from "node:events"
import * as Fs from "node:fs"
import { createServer } from "node:http"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as SidecarClient from "../../src/sidecar/SidecarClient.ts"

/** A sidecar that records the authorization of each request, and replies with `status`. */
const sidecar = Effect.gen(function* () {
  const seen: Array<string | undefined> = []
  const reply = { status: 200 }
  const http = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(reply.status).end("{}")
  })
  const closed: Array<Promise<unknown>> = []
  http.on("connection", (socket) => closed.push(once(socket, "close")))
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      http.listen(0, "127.0.0.1", () => {
        const bound = http.address()
        resume(Effect.succeed(typeof bound === "object" && bound !== null ? bound.port : 0))
      })
    }),
    () => Effect.sync(() => http.close())
  )
  return { seen, reply, closed, address: TaskAgent.AgentAddress.make(`http://127.0.0.1:${port}`) }
})

/** A sidecar, and a client with a token file that the test rotates. */
const setup = Effect.gen(function* () {
  const { address, reply, seen } = yield* sidecar
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-sidecar-"))),
    (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true }))
  )
  const tokenFile = Path.join(folder, "token")
  const rotate = (token: string) => Fs.writeFileSync(tokenFile, token)
  rotate("one\n")
  const layer = SidecarClient.layer({ tokenFile, httpProxy: undefined, noProxy: "127.0.0.1" })
  const client = yield* Effect.provide(SidecarClient.SidecarClient, yield* Layer.build(layer))
  const send = client.send(address, { method: "GET", path: "/v0/healthz", timeoutMs: 2_000 })
  return { send, seen, reply, rotate, tokenFile }
})

describe("the text of an error response", () => {
  it.each([
    ["is the error of the body", JSON.stringify({ error: "unknown key" }), "HTTP 500: unknown key"],
    ["is the body, if that is no JSON", "bad gateway", "HTTP 500: bad gateway"],
    ["is at most 200 characters of the body", "x".repeat(201), `HTTP 500: ${"x".repeat(200)}`],
    ["is the status alone without a body", "", "HTTP 500"]
  ])("%s", (_, text, expected) => {
    assert.strictEqual(SidecarClient.errorText({ status: 500, text }), expected)
  })
})

describe("SidecarClient", () => {
  it.live("sends no authorization without a token file", () =>
    Effect.gen(function* () {
      const { address, seen } = yield* sidecar
      const layer = SidecarClient.layer({ tokenFile: undefined, httpProxy: undefined, noProxy: "127.0.0.1" })
      const client = yield* Effect.provide(SidecarClient.SidecarClient, yield* Layer.build(layer))
      yield* client.send(address, { method: "GET", path: "/v0/healthz", timeoutMs: 2_000 })
      assert.deepStrictEqual(seen, [undefined])
    }).pipe(Effect.scoped)
  )

  it.effect("uses a token for 60 s, and then reads its file again", () =>
    Effect.gen(function* () {
      const { rotate, seen, send } = yield* setup
      for (const next of ["two\n", "three\n"]) {
        yield* send
        rotate(next)
        yield* TestClock.adjust("59999 millis")
        yield* send
        yield* TestClock.adjust("1 millis")
      }
      yield* send

      assert.deepStrictEqual(seen, ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer three"])
    }).pipe(Effect.scoped)
  )

  it.effect("reads the token file again for the first request after a 401", () =>
    Effect.gen(function* () {
      const { reply, rotate, seen, send } = yield* setup
      yield* send
      rotate("two\n")
      reply.status = 401
      assert.strictEqual((yield* send).status, 401)
      reply.status = 200
      yield* send
      rotate("three\n")
      yield* send

      assert.deepStrictEqual(seen, ["Bearer one", "Bearer one", "Bearer two", "Bearer two"])
    }).pipe(Effect.scoped)
  )

  it.live("closes its connections with the scope", () =>
    Effect.gen(function* () {
      const { address, closed } = yield* sidecar
      const layer = SidecarClient.layer({ tokenFile: undefined, httpProxy: undefined, noProxy: "127.0.0.1" })
      yield* SidecarClient.SidecarClient.pipe(
        Effect.flatMap(({ send }) => send(address, { method: "GET", path: "/v0/healthz", timeoutMs: 2_000 })),
        Effect.provide(layer)
      )
      assert.strictEqual(closed.length, 1)
      yield* Effect.promise(() => Promise.all(closed)).pipe(Effect.timeout("2 seconds"))
    }).pipe(Effect.scoped)
  )

  it.effect("sends nothing while the token file is empty or cannot be read, and reads it again each time", () =>
    Effect.gen(function* () {
      const { rotate, seen, send, tokenFile } = yield* setup
      yield* send
      yield* TestClock.adjust("60 seconds")
      Fs.rmSync(tokenFile)
      const missing = yield* Effect.flip(send)
      rotate("\n")
      const empty = yield* Effect.flip(send)
      rotate("two\n")
      yield* send

      assert.deepStrictEqual(
        [missing.message, empty.message],
        [`token file ${tokenFile} cannot be read`, `token file ${tokenFile} is empty`]
      )
      assert.deepStrictEqual([missing.reason._tag, empty.reason._tag], ["AgentUnreachable", "AgentUnreachable"])
      assert.deepStrictEqual(seen, ["Bearer one", "Bearer two"])
    }).pipe(Effect.scoped)
  )
})
