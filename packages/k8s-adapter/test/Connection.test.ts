/** Proxies, and what the errors of a connection say. */
import { createServer } from "node:http"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as Connection from "../src/client/Connection.ts"
import { Client } from "../src/index.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"
import { listen } from "./fixtures/Listen.ts"
import * as TlsServer from "./fixtures/TlsServer.ts"

const get = { method: "GET", path: "/api/v1/configmaps" } as const

/** A proxy that tunnels every connection to one port, and the names that were asked for. */
const proxyTo = (target: number) =>
  Effect.gen(function* () {
    const asked: Array<string | undefined> = []
    const proxy = createServer()
    proxy.on("connect", (request, socket) => {
      asked.push(request.url)
      const upstream = connect(target, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
        upstream.pipe(socket).pipe(upstream)
      })
    })
    const port = yield* listen(proxy)
    return { asked, url: `http://127.0.0.1:${port}` }
  })

describe("a connection", () => {
  it.live("goes through the proxy of the cluster", () =>
    Effect.gen(function* () {
      const server = yield* TlsServer.serve(() => true)
      const proxy = yield* proxyTo(server.port)
      const cluster = `, certificate-authority: ca.crt, tls-server-name: 127.0.0.1, proxy-url: "${proxy.url}"`
      const path = yield* KubeconfigFile.write(
        KubeconfigFile.config("https://api.example.dev:6443", "{ token: a }", "{ cluster: c, user: u }", cluster),
        { "ca.crt": TlsServer.pem("server-1") }
      )
      const response = yield* Effect.flatMap(Client.Client, (client) => client.request(get)).pipe(
        Effect.provide(Client.layerFromKubeconfig({ path }))
      )
      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(proxy.asked, ["api.example.dev:6443"])
    }).pipe(Effect.scoped)
  )
})

describe("the credentials of a connection", () => {
  const options = { connections: 1, credentialsTtlMs: 60_000 }
  /** A connection, and how often its configuration was loaded and its credentials were fetched. */
  const counted = Effect.gen(function* () {
    const counts = { loads: 0, fetches: 0 }
    const connection = yield* Connection.make(
      Effect.sync(() => {
        counts.loads++
        return { server: "http://a", credentials: async () => ({ headers: { n: String(++counts.fetches) }, tls: {} }) }
      }),
      options
    )
    return { connection, counts }
  })
  const together = <A, E>(effect: Effect.Effect<A, E>) => Effect.replicateEffect(effect, 3, { concurrency: 3 })

  it.effect("are fetched once for concurrent requests, and again after their time", () =>
    Effect.gen(function* () {
      const { connection, counts } = yield* counted
      yield* together(connection.authorize)
      yield* connection.authorize
      assert.deepStrictEqual(counts, { loads: 1, fetches: 1 })
      yield* TestClock.adjust(60_000)
      yield* together(connection.authorize)
      assert.deepStrictEqual(counts, { loads: 1, fetches: 2 })
    }).pipe(Effect.scoped)
  )

  it.effect("that were rejected are replaced once for concurrent requests, with a new configuration", () =>
    Effect.gen(function* () {
      const { connection, counts } = yield* counted
      const rejected = yield* connection.authorize
      const renewed = yield* together(connection.reauthorize(rejected))
      assert.deepStrictEqual(counts, { loads: 2, fetches: 2 })
      assert.deepStrictEqual(
        renewed.map(({ headers }) => headers.n),
        ["2", "2", "2"]
      )
    }).pipe(Effect.scoped)
  )
})

describe("a closed connection", () => {
  it.live("has no open sockets", () =>
    Effect.gen(function* () {
      const server = yield* TlsServer.serve(() => true)
      const path = yield* KubeconfigFile.write(
        KubeconfigFile.config(server.url, "{ token: a }", "{ cluster: c, user: u }", ", certificate-authority: ca.crt"),
        { "ca.crt": TlsServer.pem("server-1") }
      )
      yield* Effect.gen(function* () {
        const client = yield* Client.Client
        yield* client.request(get)
        yield* Effect.scoped(Effect.andThen(client.open("/watch"), ({ next }) => next))
      }).pipe(Effect.provide(Client.layerFromKubeconfig({ path })))
      assert.deepStrictEqual(
        server.requests.map(({ authorization }) => authorization),
        ["Bearer a", "Bearer a"]
      )
      assert.isTrue(yield* server.closed(0))
      assert.isTrue(yield* server.closed(1))
    }).pipe(Effect.scoped)
  )

  it.live("to a watch is closed as soon as the watch ends, while the others stay open", () =>
    Effect.gen(function* () {
      const server = yield* TlsServer.serve(() => true)
      const path = yield* KubeconfigFile.write(
        KubeconfigFile.config(server.url, "{ token: a }", "{ cluster: c, user: u }", ", certificate-authority: ca.crt"),
        { "ca.crt": TlsServer.pem("server-1") }
      )
      yield* Effect.gen(function* () {
        const client = yield* Client.Client
        yield* Effect.scoped(Effect.andThen(client.open("/watch"), ({ next }) => next))
        assert.isTrue(yield* server.closed(0))
      }).pipe(Effect.provide(Client.layerFromKubeconfig({ path })))
    }).pipe(Effect.scoped)
  )
})

describe("the error of a connection", () => {
  const withCode = Object.assign(new Error(""), { code: "ECONNREFUSED" })
  it.each([
    ["is that of the cause", new Error("broken"), "broken"],
    ["has its inner cause", new Error("fetch failed", { cause: new Error("refused") }), "fetch failed (refused)"],
    ["has no inner cause that is no error", new Error("fetch failed", { cause: "refused" }), "fetch failed"],
    ["is the code, if there is no message", withCode, "ECONNREFUSED"],
    ["may be empty", new Error(""), ""],
    ["is any other value as text", "lost", "lost"],
    ["is at most 500 characters long", new Error("x".repeat(501)), "x".repeat(500)]
  ])("%s", (_, cause, expected) => {
    assert.strictEqual(Connection.transportFailed(cause).message, expected)
  })
})
