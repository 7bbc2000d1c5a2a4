import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { CurrentReconcile } from "@portolan/planner"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { Client } from "../src/index.ts"
import * as HttpServer from "./fixtures/HttpServer.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"
import { key, version } from "./fixtures/Objects.ts"

const { json, serve } = HttpServer
const { config, write: kubeconfig } = KubeconfigFile

const ok: HttpServer.Reply = (response) => json(response, 200, { ok: true })

const get = { method: "GET", path: "/api/v1/configmaps" } as const
const post = { method: "POST", path: "/api/v1/configmaps", body: { a: 1 } } as const

/** Runs a test with a server and a client for it. */
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

const configError = (options: Client.DefaultOptions) =>
  Effect.flatMap(Client.Client, Effect.succeed).pipe(Effect.provide(Client.layerDefault(options)), Effect.flip)

describe("Client", () => {
  it.live("sends and returns JSON unchanged, with a User-Agent and outside of a reconcile without an Audit-ID", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        const response = yield* client.request({ ...post, contentType: "application/merge-patch+json" })

        assert.deepStrictEqual([response.status, response.body], [200, { ok: true }])
        const [request] = server.requests
        assert.deepStrictEqual([request?.body, request?.headers["user-agent"]], ['{"a":1}', "portolan/0"])
        assert.strictEqual(request?.headers["content-type"], "application/merge-patch+json")
        assert.isUndefined(request?.headers["audit-id"])
      })
    )
  )

  it.live("asks for JSON, and sends JSON unless the request says otherwise", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        yield* client.request(get)
        yield* client.request(post)

        const [first, second] = server.requests.map(({ headers }) => headers)
        assert.deepStrictEqual([first?.accept, first?.["content-type"]], ["application/json", undefined])
        assert.deepStrictEqual([second?.accept, second?.["content-type"]], ["application/json", "application/json"])
      })
    )
  )

  it.live("opens a watch with the headers of any other request", () =>
    withClient(
      ok,
      (client, server) =>
        Effect.gen(function* () {
          const pass = { key: key("a"), process: "1234abcd", number: 7, observedVersion: version(1) }
          yield* Effect.scoped(client.open("/watch")).pipe(
            Effect.provideService(CurrentReconcile.CurrentReconcile, pass)
          )

          const [request] = server.requests
          assert.deepStrictEqual([request?.method, request?.url], ["GET", "/watch"])
          assert.deepInclude(request?.headers, {
            accept: "application/json",
            "user-agent": "tester/1",
            "audit-id": "1234abcd-7-1"
          })
        }),
      { userAgent: "tester/1" }
    )
  )

  it.live("keeps the beginning of a response as text, and no more, because it is logged", () =>
    withClient(
      (response) => response.end("x".repeat(5_000)),
      (client) =>
        Effect.gen(function* () {
          const { body, text } = yield* client.request(get)

          assert.deepStrictEqual([body, text], [undefined, "x".repeat(1_000)])
        })
    )
  )

  it.live("fails to read a watch that broke before it is read", () =>
    withClient(
      (response) => {
        response.writeHead(200)
        response.flushHeaders()
      },
      (client, server) =>
        Effect.gen(function* () {
          const watch = yield* client.open("/watch")
          yield* server.disconnect
          const error = yield* Effect.flip(watch.next)

          assert.strictEqual(error._tag, "TransportFailed")
        }).pipe(Effect.scoped)
    )
  )

  it.live("numbers the requests of each reconcile in their Audit-ID", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        const pass = (number: number): CurrentReconcile.Pass => ({
          key: key("a"),
          process: "1234abcd",
          number,
          observedVersion: version(1)
        })
        const twoRequests = Effect.andThen(client.request(get), client.request(get))

        yield* Effect.provideService(twoRequests, CurrentReconcile.CurrentReconcile, pass(7))
        yield* Effect.provideService(twoRequests, CurrentReconcile.CurrentReconcile, pass(8))

        const ids = server.requests.map(({ headers }) => String(headers["audit-id"]))
        assert.deepStrictEqual(ids, ["1234abcd-7-1", "1234abcd-7-2", "1234abcd-8-1", "1234abcd-8-2"])
      })
    )
  )

  it.live("retries a GET after 429 and 503", () =>
    withClient(
      (response, _, n) =>
        n < 2 ? json(response, n === 0 ? 429 : 503, {}, { "retry-after": "0" }) : json(response, 200, 1),
      (client, server) =>
        Effect.gen(function* () {
          const response = yield* client.request(get)

          assert.deepStrictEqual([response.status, server.requests.length], [200, 3])
        })
    )
  )

  it.live("gives up on a GET after four retries", () =>
    withClient(
      (response) => json(response, 429, {}, { "retry-after": "0" }),
      (client, server) =>
        Effect.gen(function* () {
          const response = yield* client.request(get)

          assert.deepStrictEqual([response.status, server.requests.length], [429, 5])
        })
    )
  )

  it.effect.each([
    [429, "2", 2_000],
    [503, "2", 2_000],
    [503, "3600", 10_000],
    [429, "0", 0]
  ] as const)(
    "waits before it retries a GET after %d with Retry-After %s, in seconds and at most ten",
    ([status, seconds, millis]) =>
      withClient(
        (response, _, n) =>
          n === 0 ? json(response, status, {}, { "retry-after": seconds }) : json(response, 200, {}),
        (client, server) =>
          Effect.gen(function* () {
            const request = yield* Effect.forkChild(client.request(get))
            const start = yield* Clock.currentTimeMillis
            // The response arrives in real time, and the wait after it ends in simulated time.
            for (let step = 0; step < 2_000 && request.pollUnsafe() === undefined; step++) {
              yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
              if (server.requests.length === 1) yield* TestClock.adjust("10 millis")
            }
            assert.strictEqual((yield* Fiber.join(request)).status, 200)
            const waited = (yield* Clock.currentTimeMillis) - start
            assert.isAtLeast(waited, millis)
            assert.isAtMost(waited, millis + 1_000)
          }),
        { deadline: "1 hour" }
      )
  )

  it.effect.each([
    ["has no Retry-After", {}],
    ["has an empty Retry-After", { "retry-after": "" }],
    ["has a date as Retry-After", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }]
  ] as const)("retries a GET after 250, 500, 1000 and 2000 ms when the response %s", ([, headers]) =>
    withClient(
      (response) => json(response, 503, {}, headers),
      (client, server) =>
        Effect.gen(function* () {
          const request = yield* Effect.forkChild(client.request(get))
          const start = yield* Clock.currentTimeMillis
          // Responses arrive in real time, and the waits after them end in simulated time.
          while (request.pollUnsafe() === undefined) {
            yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
            yield* TestClock.adjust("10 millis")
          }

          assert.strictEqual((yield* Fiber.join(request)).status, 503)
          assert.strictEqual(server.requests.length, 5)
          assert.isAtLeast((yield* Clock.currentTimeMillis) - start, 250 + 500 + 1_000 + 2_000)
        }),
      { deadline: "1 hour" }
    )
  )

  it.live("sends a write once, also when it is answered with 503 or the connection breaks", () =>
    withClient(
      (response, _, n) => (n === 0 ? json(response, 503, {}, { "retry-after": "0" }) : response.socket?.destroy()),
      (client, server) =>
        Effect.gen(function* () {
          const busy = yield* client.request(post)
          const broken = yield* Effect.flip(client.request(post))

          assert.deepStrictEqual([busy.status, broken._tag, server.requests.length], [503, "TransportFailed", 2])
        })
    )
  )

  it.live("fails at its deadline, also when a part of the response has arrived", () =>
    withClient(
      (response) => response.write("{"),
      (client) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(client.request(post))

          assert.strictEqual(error.message, "no response within 20ms")
        }),
      { deadline: "20 millis" }
    )
  )

  it.effect("fails after thirty seconds by default", () =>
    withClient(
      () => undefined,
      (client) =>
        Effect.gen(function* () {
          const request = yield* Effect.forkChild(Effect.flip(client.request(get)))
          yield* TestClock.adjust("29 seconds")
          assert.isUndefined(request.pollUnsafe())
          yield* TestClock.adjust("1 second")
          assert.strictEqual((yield* Fiber.join(request)).message, "no response within 30s")
        })
    )
  )

  it.live("fails at its deadline while it waits for credentials", () =>
    Effect.gen(function* () {
      const silent = { server: "http://127.0.0.1:1", credentials: () => new Promise<never>(() => undefined) }
      const client = yield* Client.make(Effect.succeed(silent), { deadline: "20 millis" })
      const errors = yield* Effect.replicateEffect(Effect.flip(client.request(get)), 3, { concurrency: 3 })

      assert.deepStrictEqual(new Set(errors.map(({ message }) => message)), new Set(["no response within 20ms"]))
    }).pipe(Effect.scoped)
  )

  it.live("sends many concurrent requests over at most ten connections", () =>
    withClient(ok, (client, server) =>
      Effect.gen(function* () {
        yield* Effect.replicateEffect(client.request(get), 300, { concurrency: 64, discard: true })

        assert.strictEqual(server.requests.length, 300)
        assert.strictEqual(server.connections(), 10)
      })
    )
  )

  it.live("retries once with new credentials after 401, and fetches those once for concurrent requests", () =>
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

  it.live("runs a credential plugin once for concurrent requests", () =>
    Effect.gen(function* () {
      const server = yield* serve((response, { headers }) => json(response, 200, headers.authorization ?? ""))
      const credential = `{"kind":"ExecCredential","status":{"token":"from-plugin"}}`
      const script = `echo called >> calls; echo '${credential}'`
      const file = yield* kubeconfig("", { "plugin.sh": script, calls: "" })
      const directory = Path.dirname(file)
      const user = `{ exec: { command: sh, args: ["-c", "cd ${directory} && sh plugin.sh"] } }`
      Fs.writeFileSync(file, config(server.url, user))
      const responses = yield* Effect.gen(function* () {
        const client = yield* Client.Client
        return yield* Effect.replicateEffect(client.request(get), 8, { concurrency: 8 })
      }).pipe(Effect.provide(Client.layerFromKubeconfig({ path: file })))

      assert.deepStrictEqual(new Set(responses.map(({ body }) => body)), new Set(["Bearer from-plugin"]))
      assert.strictEqual(Fs.readFileSync(Path.join(directory, "calls"), "utf8"), "called\n")
    }).pipe(Effect.scoped)
  )

  it.live("names the missing file of a service account", () =>
    Effect.gen(function* () {
      const file = yield* kubeconfig("", { token: "pod-token" })
      const noToken = yield* configError({ inCluster: { host: "10.0.0.1", root: "/nowhere" } })
      const noCa = yield* configError({ inCluster: { host: "10.0.0.1", root: Path.dirname(file) } })

      assert.match(noToken.message, /service account.*token.*\/nowhere\/token/)
      assert.match(noCa.message, /certificate-authority/)
    }).pipe(Effect.scoped)
  )

  it.live("names the file and the key when a kubeconfig cannot be used", () =>
    Effect.gen(function* () {
      const url = "http://127.0.0.1:1"
      const errorOf = (text: string, options: Client.DefaultOptions = {}) =>
        Effect.flatMap(kubeconfig(text), (path) =>
          Effect.map(configError({ path, ...options }), ({ detail, file, key }) => [file === path, key, detail])
        )

      const missing = yield* configError({ path: "/nowhere/config" })
      assert.deepStrictEqual([missing.file, missing.detail], ["/nowhere/config", "kubeconfig file not found"])
      assert.match(String((yield* errorOf("a: [b\n"))[2]), /^invalid YAML/)
      assert.deepStrictEqual((yield* errorOf("")).slice(0, 2), [true, ""])
      const noContext = config(url, "{}").replace("current-context: x", "")
      assert.deepStrictEqual(yield* errorOf(noContext), [true, "current-context", "is not set"])
      assert.deepStrictEqual(yield* errorOf(config(url, "{}"), { context: "y" }), [
        true,
        "contexts",
        'context "y" does not exist'
      ])
      assert.deepStrictEqual(yield* errorOf(config(url, "{}", "{ cluster: d, user: u }")), [
        true,
        "contexts[x].context.cluster",
        'cluster "d" does not exist'
      ])
      assert.deepStrictEqual(yield* errorOf(config(url, "{}", "{ cluster: c, user: v }")), [
        true,
        "contexts[x].context.user",
        'user "v" does not exist'
      ])
      assert.deepStrictEqual((yield* errorOf(config("not a url", "{}"))).slice(0, 2), [
        true,
        "clusters[c].cluster.server"
      ])
      const noCommand = yield* errorOf(config(url, "{ exec: { args: [token] } }"))
      assert.deepStrictEqual(noCommand.slice(0, 2), [true, "users[u].user.exec"])
      assert.match((yield* configError({})).message, /does not run in a cluster/)
    }).pipe(Effect.scoped)
  )

  it.live("merges the files of KUBECONFIG: the first to define an entry wins, and missing files are skipped", () =>
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
