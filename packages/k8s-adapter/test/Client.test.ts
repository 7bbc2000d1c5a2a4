import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile, ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { Client } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import { key } from "./fixtures/Objects.ts"

const { json, serve } = HttpServer

const ok: HttpServer.Reply = (response) => json(response, 200, { ok: true })

const get = { method: "GET", path: "/api/v1/configmaps" } as const
const post = { method: "POST", path: "/api/v1/configmaps", body: { a: 1 } } as const

/** Asks a server that answers in some way; client options may be given. */
const withClient = <A, E>(
  reply: HttpServer.Reply,
  use: (client: Client.Client["Service"], server: HttpServer.Server) => Effect.Effect<A, E>,
  options: Client.Options = {}
) =>
  Effect.gen(function* () {
    const server = yield* serve(reply)
    const layer = Client.layerFromKubeconfig({ server: server.url, ...options })
    return yield* Effect.flatMap(Client.Client, (client) => use(client, server)).pipe(Effect.provide(layer))
  }).pipe(Effect.scoped)

/** A kubeconfig in a directory of its own that goes with the test. */
const kubeconfig = (text: string, files: Readonly<Record<string, string>> = {}) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const directory = Fs.mkdtempSync(Path.join(Os.tmpdir(), "kubeconfig-"))
      for (const [name, content] of Object.entries(files)) Fs.writeFileSync(Path.join(directory, name), content)
      const file = Path.join(directory, "config")
      Fs.writeFileSync(file, text)
      return file
    }),
    (file) => Effect.sync(() => Fs.rmSync(Path.dirname(file), { recursive: true }))
  )

const config = (server: string, user: string, context = "{ cluster: c, user: u }") => `
apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "${server}" } }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: x, context: ${context} }]
current-context: x
`

const refused = (options: Client.DefaultOptions) =>
  Effect.flatMap(Client.Client, Effect.succeed).pipe(Effect.provide(Client.layerDefault(options)), Effect.flip)

describe("Client", () => {
  it.live("sends and returns JSON as it is, with its user agent and without an audit id", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        const response = yield* client.request({ ...post, contentType: "application/merge-patch+json" })

        assert.deepStrictEqual([response.status, response.body], [200, { ok: true }])
        const [seen] = server.seen
        assert.deepStrictEqual([seen?.body, seen?.headers["user-agent"]], ['{"a":1}', "portolan/0"])
        assert.strictEqual(seen?.headers["content-type"], "application/merge-patch+json")
        assert.isUndefined(seen?.headers["audit-id"])
      })
    )
  )

  it.live("numbers the requests of each turn in their audit id", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        const reconcile = (number: number): CurrentReconcile.Pass => ({
          key: key("a"),
          number,
          observedVersion: ObjectMeta.ResourceVersion.make("1")
        })
        const two = Effect.andThen(client.request(get), client.request(get))

        yield* Effect.provideService(two, CurrentReconcile.CurrentReconcile, reconcile(7))
        yield* Effect.provideService(two, CurrentReconcile.CurrentReconcile, reconcile(8))

        const ids = server.seen.map(({ headers }) => String(headers["audit-id"]))
        assert.deepStrictEqual(
          ids.map((id) => id.replace(/^[0-9a-f]{8}-/, "")),
          ["7-1", "7-2", "8-1", "8-2"]
        )
        assert.strictEqual(new Set(ids.map((id) => id.slice(0, 8))).size, 1)
      })
    )
  )

  it.live("asks again for a read when the server is too busy, and gives up at some time", () =>
    withClient(
      (response, _, n) =>
        n < 2 ? json(response, n === 0 ? 429 : 503, {}, { "retry-after": "0" }) : json(response, 200, 1),
      (client, server) =>
        Effect.gen(function* () {
          const response = yield* client.request(get)

          assert.deepStrictEqual([response.status, server.seen.length], [200, 3])
        })
    )
  )

  it.live("stops asking a server that stays busy", () =>
    withClient(
      (response) => json(response, 429, {}, { "retry-after": "0" }),
      (client, server) =>
        Effect.gen(function* () {
          const response = yield* client.request(get)

          assert.deepStrictEqual([response.status, server.seen.length], [429, 5])
        })
    )
  )

  it.live("sends a write once, busy or broken", () =>
    withClient(
      (response, _, n) => (n === 0 ? json(response, 503, {}, { "retry-after": "0" }) : response.socket?.destroy()),
      (client, server) =>
        Effect.gen(function* () {
          const busy = yield* client.request(post)
          const broken = yield* Effect.flip(client.request(post))

          assert.deepStrictEqual([busy.status, broken._tag, server.seen.length], [503, "TransportFailed", 2])
        })
    )
  )

  it.live("waits for an answer no longer than its deadline, also when it has begun", () =>
    withClient(
      (response) => response.write("{"),
      (client) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(client.request(post))

          assert.strictEqual(error.message, "no answer within 20ms")
        }),
      { deadline: "20 millis" }
    )
  )

  it.live("waits no longer than its deadline for credentials either", () =>
    Effect.gen(function* () {
      const silent = { server: "http://127.0.0.1:1", credentials: () => new Promise<never>(() => undefined) }
      const client = yield* Client.make(Effect.succeed(silent), { deadline: "20 millis" })
      const errors = yield* Effect.replicateEffect(Effect.flip(client.request(get)), 3, { concurrency: 3 })

      assert.deepStrictEqual(new Set(errors.map(({ message }) => message)), new Set(["no answer within 20ms"]))
    }).pipe(Effect.scoped)
  )

  it.live("uses few connections, and uses them again", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        yield* Effect.replicateEffect(client.request(get), 300, { concurrency: 64, discard: true })

        assert.strictEqual(server.seen.length, 300)
        assert.isAtMost(server.connections(), 10)
      })
    )
  )

  it.live("asks once more with new credentials after a 401, and gets those once for many", () =>
    Effect.gen(function* () {
      const server = yield* serve((response, { headers }) =>
        headers.authorization === "Bearer new" ? json(response, 200, {}) : json(response, 401, {})
      )
      const file = yield* kubeconfig(config(server.url, "{ tokenFile: token }"), { token: "old\n" })
      const statuses = yield* Effect.gen(function* () {
        const client = yield* Client.Client
        const before = yield* client.request(get)
        Fs.writeFileSync(Path.join(Path.dirname(file), "token"), "new\n")
        const after = yield* Effect.replicateEffect(client.request(post), 5, { concurrency: 5 })
        return [before.status, ...after.map(({ status }) => status)]
      }).pipe(Effect.provide(Client.layerFromKubeconfig({ path: file })))

      assert.deepStrictEqual(statuses, [401, 200, 200, 200, 200, 200])
    }).pipe(Effect.scoped)
  )

  it.live("asks a credential plugin once for requests that come together", () =>
    Effect.gen(function* () {
      const server = yield* serve((response, { headers }) => json(response, 200, headers.authorization ?? ""))
      const credential = `{"kind":"ExecCredential","status":{"token":"from-plugin"}}`
      const script = `echo called >> calls; echo '${credential}'`
      const file = yield* kubeconfig("", { "plugin.sh": script, calls: "" })
      const directory = Path.dirname(file)
      const user = `{ exec: { command: sh, args: ["-c", "cd ${directory} && sh plugin.sh"] } }`
      Fs.writeFileSync(file, config(server.url, user))
      const answers = yield* Effect.gen(function* () {
        const client = yield* Client.Client
        return yield* Effect.replicateEffect(client.request(get), 8, { concurrency: 8 })
      }).pipe(Effect.provide(Client.layerFromKubeconfig({ path: file })))

      assert.deepStrictEqual(new Set(answers.map(({ body }) => body)), new Set(["Bearer from-plugin"]))
      assert.strictEqual(Fs.readFileSync(Path.join(directory, "calls"), "utf8"), "called\n")
    }).pipe(Effect.scoped)
  )

  it.live("names what is missing of a service account", () =>
    Effect.gen(function* () {
      const file = yield* kubeconfig("", { token: "pod-token" })
      const noToken = yield* refused({ inCluster: { host: "10.0.0.1", root: "/nowhere" } })
      const noCa = yield* refused({ inCluster: { host: "10.0.0.1", root: Path.dirname(file) } })

      assert.match(noToken.message, /service account.*token.*\/nowhere\/token/)
      assert.match(noCa.message, /certificate-authority/)
    }).pipe(Effect.scoped)
  )

  it.live("names the file and the key when a kubeconfig cannot be used", () =>
    Effect.gen(function* () {
      const url = "http://127.0.0.1:1"
      const notify = (text: string, more: Client.DefaultOptions = {}) =>
        Effect.flatMap(kubeconfig(text), (path) =>
          Effect.map(refused({ path, ...more }), ({ detail, file, key }) => [file === path, key, detail])
        )

      const missing = yield* refused({ path: "/nowhere/config" })
      assert.deepStrictEqual([missing.file, missing.detail], ["/nowhere/config", "no such file"])
      assert.match(String((yield* notify("a: [b\n"))[2]), /^is not YAML/)
      assert.deepStrictEqual((yield* notify("")).slice(0, 2), [true, ""])
      const noContext = config(url, "{}").replace("current-context: x", "")
      assert.deepStrictEqual(yield* notify(noContext), [true, "current-context", "is not set"])
      assert.deepStrictEqual(yield* notify(config(url, "{}"), { context: "y" }), [
        true,
        "contexts",
        'there is no context "y"'
      ])
      assert.deepStrictEqual(yield* notify(config(url, "{}", "{ cluster: d, user: u }")), [
        true,
        "contexts[x].context.cluster",
        'there is no cluster "d"'
      ])
      assert.deepStrictEqual(yield* notify(config(url, "{}", "{ cluster: c, user: v }")), [
        true,
        "contexts[x].context.user",
        'there is no user "v"'
      ])
      assert.deepStrictEqual((yield* notify(config("not a url", "{}"))).slice(0, 2), [
        true,
        "clusters[c].cluster.server"
      ])
      assert.match((yield* refused({})).message, /not in a cluster/)
    }).pipe(Effect.scoped)
  )

  it.live("takes the first file of a list that names something, and skips files that are not there", () =>
    Effect.gen(function* () {
      const server = yield* serve((response, { headers }) => json(response, 200, headers.authorization ?? ""))
      const first = yield* kubeconfig(config(server.url, "{ token: first }"))
      const second = yield* kubeconfig(config("http://127.0.0.1:1", "{ token: second }"))
      const list = ["/nowhere", first, second].join(Path.delimiter)
      const response = yield* Effect.flatMap(Client.Client, (client) => client.request(get)).pipe(
        Effect.provide(Client.layerDefault({ kubeconfig: list }))
      )

      assert.strictEqual(response.body, "Bearer first")
    }).pipe(Effect.scoped)
  )
})
