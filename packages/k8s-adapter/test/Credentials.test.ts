/** Credentials over time: what is read again, when, and without an answer of 401. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { vi } from "vitest"
import * as Connection from "../src/client/Connection.ts"
import * as Kubeconfig from "../src/client/Kubeconfig.ts"
import { Client } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"

const get = { method: "GET", path: "/api/v1/configmaps" } as const

/** A directory with files, and a function that replaces one of them, as a rotation does. */
const directory = (files: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = Fs.mkdtempSync(Path.join(Os.tmpdir(), "credentials-"))
      const write = (name: string, content: string) => Fs.writeFileSync(Path.join(path, name), content)
      for (const [name, content] of Object.entries(files)) write(name, content)
      return { path, write }
    }),
    ({ path }) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
  )

const config = (server: string, user: string) => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${server}" } }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`

/** Lets time pass for Effect, and for client-node, which asks the system for the time. */
const pass = (duration: Duration.Input) =>
  Effect.andThen(
    Effect.sync(() => vi.setSystemTime(Date.now() + Duration.toMillis(Duration.fromInputUnsafe(duration)))),
    TestClock.adjust(duration)
  )

/** A server that responds with the `Authorization` header, and a client with these credentials. */
const echo = (user: string, files: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    let rejected = ""
    const server = yield* HttpServer.serve((response, { headers: { authorization = "none" } }) =>
      HttpServer.json(response, authorization === rejected ? 401 : 200, authorization)
    )
    const reject = (authorization: string) => {
      rejected = authorization
    }
    const { path, write } = yield* directory(files)
    write("config", config(server.url, user.replaceAll("DIRECTORY", path)))
    const client = yield* Client.make(Kubeconfig.resolve({ path: Path.join(path, "config") }))
    const authorization = Effect.map(client.request(get), ({ body }) => body)
    return { authorization, path, reject, write }
  })

/** A credential plugin, whose calls are counted in a file. */
const PLUGIN = `{ exec: { command: sh, args: ["-c", "cd DIRECTORY && sh plugin.sh"] } }`
const plugin = (token: string, expires?: number) => {
  const expiry = expires === undefined ? {} : { expirationTimestamp: new Date(expires).toISOString() }
  return `echo called >> calls; echo '${JSON.stringify({ kind: "ExecCredential", status: { token, ...expiry } })}'`
}
const callsIn = (path: string) => Fs.readFileSync(Path.join(path, "calls"), "utf8").split("\n").length - 1

describe("credentials", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }))
  afterEach(() => void vi.useRealTimers())

  it.effect("of a token file are read again after a minute, without a 401", () =>
    Effect.gen(function* () {
      const { authorization, write } = yield* echo("{ tokenFile: token }", { token: "first" })
      assert.strictEqual(yield* authorization, "Bearer first")
      write("token", "second")
      yield* pass("59 seconds")
      assert.strictEqual(yield* authorization, "Bearer first")
      yield* pass("2 seconds")
      assert.strictEqual(yield* authorization, "Bearer second")
    }).pipe(Effect.scoped)
  )

  it.effect("of a plugin are used until they expire, and a minute longer at most", () =>
    Effect.gen(function* () {
      const { authorization, path, write } = yield* echo(PLUGIN, { "plugin.sh": plugin("first", Date.now() + 180_000) })
      assert.strictEqual(yield* authorization, "Bearer first")
      write("plugin.sh", plugin("second", Date.now() + 360_000))
      yield* pass("90 seconds")
      assert.strictEqual(yield* authorization, "Bearer first")
      assert.strictEqual(callsIn(path), 1)
      yield* pass("91 seconds")
      assert.strictEqual(yield* authorization, "Bearer second")
      assert.strictEqual(callsIn(path), 2)
    }).pipe(Effect.scoped)
  )

  it.effect("of a plugin that names no expiry are used until they are rejected", () =>
    Effect.gen(function* () {
      const { authorization, path, reject, write } = yield* echo(PLUGIN, { "plugin.sh": plugin("first") })
      assert.strictEqual(yield* authorization, "Bearer first")
      write("plugin.sh", plugin("second"))
      yield* pass("1 hour")
      assert.strictEqual(yield* authorization, "Bearer first")
      assert.strictEqual(callsIn(path), 1)
      reject("Bearer first")
      assert.strictEqual(yield* authorization, "Bearer second")
    }).pipe(Effect.scoped)
  )

  it.effect("of a watch are fetched again when it is rejected", () =>
    Effect.gen(function* () {
      const server = yield* HttpServer.serve((response, { headers }) =>
        HttpServer.json(response, headers.authorization === "Bearer second" ? 200 : 401, {})
      )
      const { path, write } = yield* directory({ token: "first", config: config(server.url, "{ tokenFile: token }") })
      const client = yield* Client.make(Kubeconfig.resolve({ path: Path.join(path, "config") }))
      assert.strictEqual((yield* client.open("/api/v1/pods?watch=true")).status, 401)
      write("token", "second")
      assert.strictEqual((yield* client.open("/api/v1/pods?watch=true")).status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("of a service account are its token, and connections that trust its CA: new ones after a rotation", () =>
    Effect.gen(function* () {
      const { path, write } = yield* directory({ token: "first", "ca.crt": "old CA" })
      const load = Kubeconfig.resolve({ inCluster: { host: "10.0.0.1", root: path } })
      const { authorize } = yield* Connection.make(load, { connections: 1, credentialsTtlMs: 60_000 })
      const first = yield* authorize
      assert.deepStrictEqual(first.headers, { Authorization: "Bearer first" })
      write("token", "second")
      yield* pass("61 seconds")
      const second = yield* authorize
      assert.deepStrictEqual(second.headers, { Authorization: "Bearer second" })
      assert.strictEqual(second.pools, first.pools)
      write("ca.crt", "new CA")
      assert.strictEqual((yield* authorize).pools, first.pools)
      yield* pass("61 seconds")
      assert.notStrictEqual((yield* authorize).pools, first.pools)
    }).pipe(Effect.scoped)
  )

  it.effect("of a client certificate are read again after a minute", () =>
    Effect.gen(function* () {
      const { path, write } = yield* directory({ "client.crt": "old", "client.key": "old" })
      const user = "{ client-certificate: client.crt, client-key: client.key }"
      write("config", config("https://10.0.0.1", user))
      const load = Kubeconfig.resolve({ path: Path.join(path, "config") })
      const { authorize } = yield* Connection.make(load, { connections: 1, credentialsTtlMs: 60_000 })
      const { pools } = yield* authorize
      write("client.crt", "new")
      yield* pass("61 seconds")
      assert.notStrictEqual((yield* authorize).pools, pools)
    }).pipe(Effect.scoped)
  )

  it.effect("that change let the requests in flight complete", () =>
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
      yield* pass("61 seconds")
      assert.strictEqual((yield* client.request(get)).body, "second")
      release()
      assert.strictEqual((yield* Fiber.join(waiting)).body, "first")
    }).pipe(Effect.scoped)
  )
})
