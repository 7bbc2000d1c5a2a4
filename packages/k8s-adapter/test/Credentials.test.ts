/** Credentials over time: what is read again, when, and what a 401 changes. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { vi } from "vitest"
import * as Connection from "../src/client/Connection.ts"
import * as Kubeconfig from "../src/client/Kubeconfig.ts"
import { Client } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"

const get = { method: "GET", path: "/api/v1/configmaps" } as const

/** A temporary directory with files, which a test can write again as the kubelet rotates them. */
const directory = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const root = Fs.mkdtempSync(Path.join(Os.tmpdir(), "credentials-"))
      const write = (name: string, content: string) => Fs.writeFileSync(Path.join(root, name), content)
      for (const [name, content] of Object.entries(files)) write(name, content)
      return { root, write, read: (name: string) => Fs.readFileSync(Path.join(root, name), "utf8") }
    }),
    ({ root }) => Effect.sync(() => Fs.rmSync(root, { recursive: true }))
  )

const kubeconfig = (server: string, user: string, cluster = "") => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${server}"${cluster} } }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`

/** A server that accepts one token, and responds 401 to others. */
const serving = Effect.gen(function* () {
  const state = { accepted: "first" }
  const { requests, url } = yield* HttpServer.serve((response, { headers }) =>
    HttpServer.json(response, headers.authorization === `Bearer ${state.accepted}` ? 200 : 401, {})
  )
  return { state, url, tokens: () => requests.map(({ headers }) => headers.authorization) }
})

const bearer = (...tokens: ReadonlyArray<string>) => tokens.map((token) => `Bearer ${token}`)

/** A client whose kubeconfig names a token file in a directory. */
const clientWithTokenFile = (url: string, root: string) => {
  const path = Path.join(root, "config")
  Fs.writeFileSync(path, kubeconfig(url, "{ tokenFile: token }"))
  return Client.layerDefault({ path })
}

describe("Connection: a token in a file", () => {
  it.effect("of a kubeconfig is read again after a minute, without a 401", () =>
    Effect.gen(function* () {
      const { state, tokens, url } = yield* serving
      const { root, write } = yield* directory({ token: "first\n" })
      const layer = clientWithTokenFile(url, root)
      yield* Effect.gen(function* () {
        const client = yield* Client.Client
        yield* client.request(get)
        write("token", "second\n")
        yield* TestClock.adjust("59 seconds")
        yield* client.request(get)
        state.accepted = "second"
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* client.request(get)).status, 200)
        assert.deepStrictEqual(tokens(), bearer("first", "first", "second"))
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("of a kubeconfig is read again at once after a 401, and then kept for a minute", () =>
    Effect.gen(function* () {
      const { state, tokens, url } = yield* serving
      const { root, write } = yield* directory({ token: "first" })
      const layer = clientWithTokenFile(url, root)
      yield* Effect.gen(function* () {
        const client = yield* Client.Client
        yield* client.request(get)
        yield* TestClock.adjust("30 seconds")
        write("token", "second")
        state.accepted = "second"
        assert.strictEqual((yield* client.request(get)).status, 200)
        write("token", "third")
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual((yield* client.request(get)).status, 200)
        assert.deepStrictEqual(tokens(), bearer("first", "first", "second", "second"))
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("of a watch is read again at once after a 401", () =>
    Effect.gen(function* () {
      const { state, url } = yield* serving
      const { root, write } = yield* directory({ token: "old" })
      yield* Effect.gen(function* () {
        const client = yield* Client.Client
        assert.strictEqual((yield* client.open("/api/v1/pods?watch=true")).status, 401)
        write("token", state.accepted)
        assert.strictEqual((yield* client.open("/api/v1/pods?watch=true")).status, 200)
      }).pipe(Effect.provide(clientWithTokenFile(url, root)), Effect.scoped)
    })
  )

  it.effect("of a service account is read again after a minute", () =>
    Effect.gen(function* () {
      const { root, write } = yield* directory({ token: "first\n", "ca.crt": "authority" })
      const connection = yield* connect({ inCluster: { host: "10.0.0.1", root } })
      const before = yield* connection.authorize
      write("token", "second\n")
      yield* TestClock.adjust("1 minute")
      const after = yield* connection.authorize
      assert.deepStrictEqual(
        [before, after].map(({ headers }) => headers.Authorization),
        bearer("first", "second")
      )
      assert.strictEqual(after.pools, before.pools)
      write("ca.crt", "another authority")
      yield* TestClock.adjust("1 minute")
      assert.notStrictEqual((yield* connection.authorize).pools, before.pools)
    })
  )

  it.effect("of a service account is sent to a server that its CA has signed, and to no other", () =>
    Effect.gen(function* () {
      const { root } = yield* directory({ token: "first", "ca.crt": "authority" })
      const { credentials } = yield* Kubeconfig.resolve({ inCluster: { host: "10.0.0.1", root } })
      const { tls } = yield* Effect.promise(credentials)
      assert.strictEqual(String(tls.ca), "authority")
      assert.notStrictEqual(tls.rejectUnauthorized, false)
    })
  )
})

const connect = (options: Kubeconfig.ResolveOptions) =>
  Connection.make(Kubeconfig.resolve(options), { connections: 1, credentialsTtlMs: 60_000 })

describe("Connection: certificates", () => {
  it.effect.each(["ca.crt", "client.crt", "client.key"])(
    "opens new connections a minute after %s was rotated, and not before",
    (name) =>
      Effect.gen(function* () {
        const { root, write } = yield* directory({ "ca.crt": "1", "client.crt": "1", "client.key": "1" })
        const user = "{ client-certificate: client.crt, client-key: client.key }"
        write("config", kubeconfig("https://127.0.0.1:1", user, ", certificate-authority: ca.crt"))
        const connection = yield* connect({ path: Path.join(root, "config") })
        const before = yield* connection.authorize
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* connection.authorize).pools, before.pools)
        write(name, "2")
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual((yield* connection.authorize).pools, before.pools)
        yield* TestClock.adjust("1 second")
        assert.notStrictEqual((yield* connection.authorize).pools, before.pools)
      })
  )

  it.effect("opens new connections at once after a 401, with a certificate that the kubeconfig names since", () =>
    Effect.gen(function* () {
      const { root, write } = yield* directory({ "old.crt": "1", "new.crt": "2", "client.key": "1" })
      const named = (name: string) =>
        kubeconfig("https://127.0.0.1:1", `{ client-certificate: ${name}, client-key: client.key }`)
      write("config", named("old.crt"))
      const connection = yield* connect({ path: Path.join(root, "config") })
      const rejected = yield* connection.authorize
      write("config", named("new.crt"))
      const [first, second] = yield* Effect.all([connection.reauthorize(rejected), connection.reauthorize(rejected)], {
        concurrency: 2
      })
      assert.notStrictEqual(first.pools, rejected.pools)
      assert.strictEqual(second, first)
    })
  )

  it.effect("lets the requests in flight complete on the old connections", () =>
    Effect.gen(function* () {
      let release = (): void => undefined
      const server = yield* HttpServer.serve((response, { headers }) => {
        if (headers.authorization === "Bearer second") return HttpServer.json(response, 200, "second")
        release = () => HttpServer.json(response, 200, "first")
      })
      let round = { headers: { authorization: "Bearer first" }, tls: { servername: "first" } }
      const load = Effect.succeed({ server: server.url, credentials: () => Promise.resolve(round) })
      const client = yield* Client.make(load, { deadline: "5 minutes" })
      const waiting = yield* Effect.forkChild(client.request(get))
      yield* Effect.promise(() => vi.waitUntil(() => server.requests.length === 1))
      round = { headers: { authorization: "Bearer second" }, tls: { servername: "second" } }
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual((yield* client.request(get)).body, "second")
      release()
      assert.strictEqual((yield* Fiber.join(waiting)).body, "first")
    }).pipe(Effect.scoped)
  )
})

describe("Connection: a credential plugin", () => {
  /** A plugin that counts its runs in its token and whose credentials expire at a time. */
  const plugin = (expires: string) =>
    Effect.gen(function* () {
      const { read, root, write } = yield* directory({ calls: "" })
      const credential = `{"kind":"ExecCredential","status":{"token":"'$(wc -l < calls)'","expirationTimestamp":"${expires}"}}`
      write("plugin.sh", `echo called >> calls; echo '${credential}'`)
      const user = `{ exec: { command: sh, args: ["-c", "cd ${root} && sh plugin.sh"] } }`
      write("config", kubeconfig("http://127.0.0.1:1", user))
      const connection = yield* connect({ path: Path.join(root, "config") })
      return { connection, calls: () => read("calls").length / "called\n".length }
    })

  it.effect("runs again once its credentials have expired", () =>
    Effect.gen(function* () {
      const { calls, connection } = yield* plugin("2001-01-01T00:00:00Z")
      const before = yield* connection.authorize
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* connection.authorize, before)
      yield* TestClock.adjust("1 second")
      assert.notStrictEqual((yield* connection.authorize).headers.Authorization, before.headers.Authorization)
      assert.strictEqual(calls(), 2)
    })
  )

  it.effect("does not run again before its credentials expire, except after a 401", () =>
    Effect.gen(function* () {
      const { calls, connection } = yield* plugin("2101-01-01T00:00:00Z")
      const before = yield* connection.authorize
      yield* TestClock.adjust("1 hour")
      const same = yield* connection.authorize
      assert.strictEqual(same.headers.Authorization, before.headers.Authorization)
      assert.strictEqual(calls(), 1)
      yield* connection.reauthorize(same)
      assert.strictEqual(calls(), 2)
    })
  )
})
