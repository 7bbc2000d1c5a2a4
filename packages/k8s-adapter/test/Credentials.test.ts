import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as ExecPlugin from "../src/client/ExecPlugin.ts"
import * as Kubeconfig from "../src/client/Kubeconfig.ts"
import { Client } from "../src/index.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"
import * as TlsServer from "./fixtures/TlsServer.ts"

const get = { method: "GET", path: "/api/v1/configmaps" } as const

/** How long credentials are used: one millisecond less, and then one more. */
const almostSixtySeconds = TestClock.adjust(59_999)
const oneMillisecond = TestClock.adjust(1)

/** A server that accepts what the test says, files that the test rotates, and a client that has read them. */
const setup = Effect.fnUntraced(function* (
  user: (directory: string) => string,
  files: Readonly<Record<string, string>>,
  { inCluster = false } = {}
) {
  let accepts = (_: TlsServer.Seen) => true
  const server = yield* TlsServer.serve((seen) => accepts(seen))
  const file = yield* KubeconfigFile.write("", { "ca.crt": TlsServer.pem("server-1"), ...files })
  const directory = Path.dirname(file)
  const ca = ", certificate-authority: ca.crt"
  Fs.writeFileSync(file, KubeconfigFile.config(server.url, user(directory), "{ cluster: c, user: u }", ca))
  const layer = inCluster
    ? Client.layerInCluster({ host: "127.0.0.1", port: String(server.port), root: directory, connections: 1 })
    : Client.layerFromKubeconfig({ path: file, connections: 1 })
  const client = yield* Effect.provide(Client.Client, yield* Layer.build(layer))
  return {
    client,
    server,
    write: (name: string, content: string) => Fs.writeFileSync(Path.join(directory, name), content),
    read: (name: string) => Fs.readFileSync(Path.join(directory, name), "utf8"),
    remove: (name: string) => Fs.rmSync(Path.join(directory, name)),
    /** From now on, the server replies 401 to everything else. */
    accept: (field: keyof TlsServer.Seen, value: string) => {
      accepts = (seen) => seen[field] === value
    }
  }
})

/** Waits until a function returns neither 0 nor `false`, and at most 10 s. */
const eventually = <A>(poll: () => A): Effect.Effect<A> =>
  Effect.promise(async () => {
    const timeout = AbortSignal.timeout(10_000)
    for (;;) {
      const result = poll()
      if (result || timeout.aborted) return result
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const tokens = (server: TlsServer.Server) => server.requests.map(({ authorization }) => authorization)
const clients = (server: TlsServer.Server) => server.requests.map(({ client }) => client)

describe("Kubeconfig", () => {
  const withToken = (inCluster: boolean) => setup(() => "{ tokenFile: token }", { token: "one\n" }, { inCluster })

  it.effect.each([
    ["service account", true],
    ["kubeconfig", false]
  ] as const)("uses the token file of a %s for 60 s, and then reads it again", ([, inCluster]) =>
    Effect.gen(function* () {
      const { client, server, write } = yield* withToken(inCluster)
      for (const token of ["two\n", "three\n"]) {
        yield* client.request(get)
        write("token", token)
        yield* almostSixtySeconds
        yield* client.request(get)
        yield* oneMillisecond
      }
      yield* client.request(get)

      assert.deepStrictEqual(tokens(server), ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer three"])
      assert.strictEqual(server.connections(), 1)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["service account", true],
    ["kubeconfig", false]
  ] as const)("reads the token file of a %s again at once after 401, and retries once", ([, inCluster]) =>
    Effect.gen(function* () {
      const { accept, client, server, write } = yield* withToken(inCluster)
      yield* client.request(get)
      write("token", "two\n")
      accept("authorization", "Bearer two")
      const renewed = yield* client.request(get)
      accept("authorization", "Bearer three")
      const rejected = yield* client.request(get)

      assert.deepStrictEqual([renewed.status, rejected.status], [200, 401])
      assert.deepStrictEqual(tokens(server), ["Bearer one", "Bearer one", "Bearer two", "Bearer two", "Bearer two"])
    }).pipe(Effect.scoped)
  )

  it.effect("names a token file that is empty or cannot be read, and reads it again for the next request", () =>
    Effect.gen(function* () {
      const { client, remove, server, write } = yield* withToken(true)
      write("token", "\n")
      const empty = yield* Effect.flip(client.request(get))
      remove("token")
      const missing = yield* Effect.flip(client.request(get))
      write("token", "two\n")
      yield* client.request(get)

      assert.match(empty.message, /^cannot get credentials: token file ".*\/token" is empty$/)
      assert.match(missing.message, /^cannot get credentials: ENOENT.*\/token'$/)
      assert.deepStrictEqual(tokens(server), ["Bearer two"])
    }).pipe(Effect.scoped)
  )
})

describe("Connection", () => {
  const withCertificate = setup(() => "{ client-certificate: client.pem, client-key: client.pem }", {
    "client.pem": TlsServer.pem("client-1")
  })

  it.effect("opens connections with a rotated client certificate after 60 s, and closes the old ones", () =>
    Effect.gen(function* () {
      const { client, server, write } = yield* withCertificate
      yield* client.request(get)
      write("client.pem", TlsServer.pem("client-2"))
      yield* almostSixtySeconds
      yield* client.request(get)
      assert.strictEqual(server.connections(), 1)
      yield* oneMillisecond
      yield* client.request(get)
      assert.isTrue(yield* server.closed(0))

      assert.deepStrictEqual(clients(server), ["client-1", "client-1", "client-2"])
      assert.strictEqual(server.connections(), 2)
    }).pipe(Effect.scoped)
  )

  it.effect("opens connections with a rotated client certificate at once after 401", () =>
    Effect.gen(function* () {
      const { accept, client, server, write } = yield* withCertificate
      yield* client.request(get)
      write("client.pem", TlsServer.pem("client-2"))
      accept("client", "client-2")
      const response = yield* client.request(get)
      assert.isTrue(yield* server.closed(0))

      assert.strictEqual(response.status, 200)
      assert.deepStrictEqual(clients(server), ["client-1", "client-1", "client-2"])
    }).pipe(Effect.scoped)
  )

  it.effect("lets a watch go on when the client certificate is rotated, and closes its connection afterwards", () =>
    Effect.gen(function* () {
      const { client, server, write } = yield* withCertificate
      const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
      const watch = yield* client.open("/watch")
      assert.strictEqual(text(yield* watch.next), "started")
      write("client.pem", TlsServer.pem("client-2"))
      yield* TestClock.adjust("60 seconds")
      yield* client.request(get)
      server.watches[0]?.write("event")
      assert.strictEqual(text(yield* watch.next), "event")
      server.watches[0]?.end()
      assert.isUndefined(yield* watch.next)
      assert.isTrue(yield* server.closed(0))

      assert.deepStrictEqual(clients(server), ["client-1", "client-2"])
    }).pipe(Effect.scoped)
  )

  it.effect("fails while only one of certificate and key is rotated, and reads both again for the next request", () =>
    Effect.gen(function* () {
      const pem = TlsServer.pem("client-1")
      const user = "{ client-certificate: client.crt, client-key: client.key }"
      const { client, server, write } = yield* setup(() => user, { "client.crt": pem, "client.key": pem })
      yield* client.request(get)
      write("client.crt", TlsServer.pem("client-2"))
      yield* TestClock.adjust("60 seconds")
      const error = yield* Effect.flip(client.request(get))
      write("client.key", TlsServer.pem("client-2"))
      yield* client.request(get)

      assert.match(error.message, /^cannot get credentials: .*key values mismatch/)
      assert.deepStrictEqual(clients(server), ["client-1", "client-2"])
    }).pipe(Effect.scoped)
  )

  it.effect("trusts a rotated certificate authority after 60 s", () =>
    Effect.gen(function* () {
      const { client, server, write } = yield* withCertificate
      yield* client.request(get)
      server.present("server-2")
      write("ca.crt", TlsServer.pem("server-2"))
      server.disconnect()
      yield* almostSixtySeconds
      const error = yield* Effect.flip(client.request(get))
      yield* oneMillisecond
      const response = yield* client.request(get)

      assert.match(error.message, /self-signed certificate/)
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.scoped)
  )

  it.effect("trusts a rotated certificate authority at once after 401", () =>
    Effect.gen(function* () {
      const { accept, client, server, write } = yield* withCertificate
      yield* client.request(get)
      server.present("server-2")
      write("ca.crt", TlsServer.pem("server-2"))
      write("client.pem", TlsServer.pem("client-2"))
      accept("client", "client-2")
      const response = yield* client.request(get)

      assert.deepStrictEqual([response.status, server.connections()], [200, 2])
    }).pipe(Effect.scoped)
  )
})

describe("ExecPlugin", () => {
  /** A plugin that prints the file `credential`. Each run adds a line to the file `runs`. */
  const user = (directory: string) =>
    `{ exec: { command: sh, args: ["-c", 'cd "$DIRECTORY" && echo run >> runs && . ./plugin'],
       env: [{ name: DIRECTORY, value: "${directory}" }] } }`
  const withPlugin = (credential: string) => setup(user, { plugin: "cat credential", credential, runs: "" })
  const credential = (status: Readonly<Record<string, string>>) =>
    JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status })
  const token = (token: string, expirationTimestamp: string) => credential({ token, expirationTimestamp })

  it.effect("runs again when its credentials have expired, not before, and once for concurrent requests", () =>
    Effect.gen(function* () {
      const { client, read, server, write } = yield* withPlugin(token("one", "1970-01-01T00:01:30Z"))
      yield* client.request(get)
      write("credential", token("two", "1970-01-01T00:02:00Z"))
      yield* TestClock.adjust("89999 millis")
      yield* client.request(get)
      yield* oneMillisecond
      yield* Effect.replicateEffect(client.request(get), 8, { concurrency: 8 })
      write("credential", token("three", "1970-01-01T01:00:00Z"))
      yield* TestClock.adjust("30 seconds")
      yield* client.request(get)

      assert.deepStrictEqual(tokens(server), [
        ...["Bearer one", "Bearer one"],
        ...Array.from({ length: 8 }, () => "Bearer two"),
        "Bearer three"
      ])
      assert.strictEqual(read("runs"), "run\n".repeat(3))
    }).pipe(Effect.scoped)
  )

  it.effect("runs again at once after 401, and never otherwise when its credentials do not expire", () =>
    Effect.gen(function* () {
      const { accept, client, read, server, write } = yield* withPlugin(credential({ token: "one" }))
      yield* client.request(get)
      write("credential", credential({ token: "two" }))
      yield* TestClock.adjust("30 days")
      yield* client.request(get)
      assert.strictEqual(read("runs"), "run\n")
      accept("authorization", "Bearer two")
      yield* Effect.replicateEffect(client.request(get), 4, { concurrency: 4 })

      assert.deepStrictEqual(
        tokens(server).slice(-4),
        Array.from({ length: 4 }, () => "Bearer two")
      )
      assert.strictEqual(read("runs"), "run\nrun\n")
    }).pipe(Effect.scoped)
  )

  it.effect("opens connections with the client certificate of its new credentials", () =>
    Effect.gen(function* () {
      const certificate = (name: "client-1" | "client-2", expirationTimestamp: string) => {
        const pem = TlsServer.pem(name)
        return credential({ clientCertificateData: pem, clientKeyData: pem, expirationTimestamp })
      }
      const { client, server, write } = yield* withPlugin(certificate("client-1", "1970-01-01T00:00:30Z"))
      yield* client.request(get)
      write("credential", certificate("client-2", "1970-01-01T01:00:00Z"))
      yield* TestClock.adjust("30 seconds")
      yield* client.request(get)
      assert.isTrue(yield* server.closed(0))

      assert.deepStrictEqual(clients(server), ["client-1", "client-2"])
    }).pipe(Effect.scoped)
  )

  it.effect("reports its error output and never its own output, and runs again for the next request", () =>
    Effect.gen(function* () {
      const { client, server, write } = yield* withPlugin("secret")
      const failure = Effect.map(Effect.flip(client.request(get)), ({ message }) => message)
      const invalid = yield* failure
      write("plugin", "echo 'not logged in' >&2; exit 3")
      const failed = yield* failure
      write("plugin", "exit 3")
      const silent = yield* failure
      write("plugin", "cat credential")
      write("credential", token("one", "1970-01-01T01:00:00+00:00"))
      yield* client.request(get)

      assert.deepStrictEqual(
        [invalid, failed, silent],
        [
          'cannot get credentials: exec plugin "sh" did not print a valid ExecCredential',
          'cannot get credentials: exec plugin "sh" failed: not logged in',
          'cannot get credentials: exec plugin "sh" failed: exit code 3'
        ]
      )
      assert.deepStrictEqual(tokens(server), ["Bearer one"])
    }).pipe(Effect.scoped)
  )

  it.effect("is stopped when its credentials are no longer needed", () =>
    Effect.gen(function* () {
      const file = yield* KubeconfigFile.write("")
      const started = `${file}.pid`
      const plugin = ExecPlugin.make({ command: "sh", args: ["-c", 'echo $$ > "$0"; exec cat', started] })
      const abort = new AbortController()
      const run = plugin(0, abort.signal).then(() => "completed", String)
      const pid = yield* eventually(() => (Fs.existsSync(started) ? Number(Fs.readFileSync(started, "utf8")) : 0))
      abort.abort()
      assert.isTrue(yield* eventually(() => !isRunning(pid)))

      assert.match(yield* Effect.promise(() => run), /exec plugin "sh" failed: ABORT_ERR/)
    }).pipe(Effect.scoped)
  )
})

describe("a service account", () => {
  it.effect("is sent to a server that its CA has signed, and to no other", () =>
    Effect.gen(function* () {
      const root = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "service-account-"))),
        (path) => Effect.sync(() => Fs.rmSync(path, { recursive: true }))
      )
      Fs.writeFileSync(Path.join(root, "token"), "first")
      Fs.writeFileSync(Path.join(root, "ca.crt"), "authority")
      const { credentials } = yield* Kubeconfig.resolve({ inCluster: { host: "10.0.0.1", root } })
      const { tls } = yield* Effect.promise((signal) => credentials(0, signal))
      assert.strictEqual(String(tls.ca), "authority")
      assert.notStrictEqual(tls.rejectUnauthorized, false)
    }).pipe(Effect.scoped)
  )
})
