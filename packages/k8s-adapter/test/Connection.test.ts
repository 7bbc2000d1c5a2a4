import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Connection from "../src/client/Connection.ts"
import type { Credentials } from "../src/client/Kubeconfig.ts"
import { Client } from "../src/index.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"
import * as ProxyServer from "./fixtures/ProxyServer.ts"
import * as TlsServer from "./fixtures/TlsServer.ts"

const get = { method: "GET", path: "/api/v1/configmaps" } as const

/** A server, and a layer of clients that trust it; `cluster` adds fields to the cluster of their kubeconfig. */
const serve = Effect.fnUntraced(function* (cluster = "") {
  const server = yield* TlsServer.serve(() => true)
  const ca = ", certificate-authority: ca.crt"
  const text = KubeconfigFile.config(server.url, "{ token: t }", "{ cluster: c, user: u }", ca + cluster)
  const file = yield* KubeconfigFile.write(text, { "ca.crt": TlsServer.pem("server-1") })
  return { server, layer: Client.layerFromKubeconfig({ path: file, connections: 1 }) }
})

const connect = (layer: Layer.Layer<Client.Client, Client.ClientConfigError>) =>
  Effect.flatMap(Layer.build(layer), (context) => Effect.provide(Client.Client, context))

/** A server, and a client that trusts it. */
const setup = Effect.fnUntraced(function* (cluster = "") {
  const { layer, server } = yield* serve(cluster)
  return { server, client: yield* connect(layer) }
})

/** A client whose kubeconfig is written anew with another token, which is the only one that the server accepts then. */
const rotating = Effect.gen(function* () {
  let accepted = "old"
  const server = yield* TlsServer.serve(({ authorization }) => authorization === `Bearer ${accepted}`)
  const text = (token: string) =>
    KubeconfigFile.config(
      server.url,
      `{ token: ${token} }`,
      "{ cluster: c, user: u }",
      ", certificate-authority: ca.crt"
    )
  const path = yield* KubeconfigFile.write(text("old"), { "ca.crt": TlsServer.pem("server-1") })
  const renew = (token: string) => {
    accepted = token
    Fs.writeFileSync(path, text(token))
  }
  return { client: yield* connect(Client.layerFromKubeconfig({ path })), renew }
})

describe("Connection", () => {
  it.live("uses HTTP/1.1 for requests and watches, also when the server prefers HTTP/2", () =>
    Effect.gen(function* () {
      const { client, server } = yield* setup()
      const response = yield* client.request(get)
      const watch = yield* client.open("/watch")

      assert.deepStrictEqual([response.status, watch.status], [200, 200])
      assert.deepStrictEqual(server.protocols(), ["http/1.1", "http/1.1"])
    }).pipe(Effect.scoped)
  )

  it.live.each(["request", "watch"])("loads its configuration again when a %s is answered with 401", (what) =>
    Effect.gen(function* () {
      const { client, renew } = yield* rotating
      const send = what === "request" ? client.request(get) : Effect.scoped(client.open("/watch"))
      assert.strictEqual((yield* send).status, 200)
      renew("new")
      assert.strictEqual((yield* send).status, 200)
    }).pipe(Effect.scoped)
  )

  it.live("closes the connections of requests and watches with its scope", () =>
    Effect.gen(function* () {
      const { layer, server } = yield* serve()
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(connect(layer), scope)
      yield* client.request(get)
      yield* client.open("/watch")
      yield* Scope.close(scope, Exit.void)

      assert.deepStrictEqual([yield* server.closed(0), yield* server.closed(1)], [true, true])
    }).pipe(Effect.scoped)
  )

  it.live("closes the connection of a watch with the scope of the watch", () =>
    Effect.gen(function* () {
      const { client, server } = yield* setup()
      yield* Effect.scoped(client.open("/watch"))

      assert.isTrue(yield* server.closed(0))
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["an HTTP", ProxyServer.http],
    ["a SOCKS5", ProxyServer.socks]
  ] as const)("sends requests and watches through %s proxy, and trusts only the authority of the server", ([, start]) =>
    Effect.gen(function* () {
      const proxy = yield* start
      const { client, server } = yield* setup(`, proxy-url: "${proxy.url}"`)
      const response = yield* client.request(get)
      const watch = yield* client.open("/watch")
      const target = `127.0.0.1:${server.port}`

      assert.deepStrictEqual([response.status, watch.status], [200, 200])
      assert.deepStrictEqual(proxy.targets, [target, target])
      assert.deepStrictEqual(
        server.requests.map(({ authorization }) => authorization),
        ["Bearer t", "Bearer t"]
      )
      const other = yield* setup(`, proxy-url: "${proxy.url}"`)
      other.server.present("server-2")
      assert.match((yield* Effect.flip(other.client.request(get))).message, /self-signed certificate/)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "fetches credentials once for concurrent requests, and once more for those that are answered with 401",
    () =>
      Effect.gen(function* () {
        let fetched = 0
        const credentials = async (): Promise<Credentials> => {
          fetched++
          await Promise.resolve()
          return { headers: { n: String(fetched) }, tls: {} }
        }
        const load = Effect.succeed({ server: "https://10.0.0.1", credentials })
        const connection = yield* Connection.make(load, { connections: 1, credentialsTtlMs: 60_000 })
        const all = <E>(effect: Effect.Effect<Connection.AuthorizedConnection, E>) =>
          Effect.map(Effect.replicateEffect(effect, 4, { concurrency: 4 }), (results) =>
            results.map(({ headers }) => headers.n)
          )

        assert.deepStrictEqual(yield* all(connection.authorize), ["1", "1", "1", "1"])
        const rejected = yield* connection.authorize
        assert.deepStrictEqual(yield* all(connection.reauthorize(rejected)), ["2", "2", "2", "2"])
        assert.strictEqual(fetched, 2)
      }).pipe(Effect.scoped)
  )
})

describe("the message of a failed request", () => {
  const messageOf = (cause: unknown) => Connection.transportFailed(cause).message

  it("is that of the error, with that of its cause", () => {
    assert.strictEqual(messageOf(new Error("fetch failed")), "fetch failed")
    const cause = new Error("connect ECONNREFUSED 127.0.0.1:1")
    assert.strictEqual(
      messageOf(new Error("fetch failed", { cause })),
      "fetch failed (connect ECONNREFUSED 127.0.0.1:1)"
    )
    assert.strictEqual(messageOf(new Error("fetch failed", { cause: "unknown" })), "fetch failed")
  })

  it("is the code of an error without a message, such as that of several attempts to connect", () => {
    const attempts = Object.assign(new AggregateError([]), { code: "ECONNREFUSED" })

    assert.strictEqual(messageOf(attempts), "ECONNREFUSED")
    assert.strictEqual(messageOf(Object.assign(new Error("reset"), { code: "ECONNRESET" })), "reset")
    assert.strictEqual(messageOf(new Error("")), "")
  })

  it("is the text of what is not an error, and has at most 500 characters", () => {
    assert.strictEqual(messageOf("aborted"), "aborted")
    assert.strictEqual(messageOf(undefined), "undefined")
    assert.lengthOf(messageOf(new Error("x".repeat(1_000))), 500)
  })
})
