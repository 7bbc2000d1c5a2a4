import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Kubeconfig from "../src/client/Kubeconfig.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"

const { config, write } = KubeconfigFile

const SERVER = "https://10.0.0.1:6443"

/** The server and the credentials of a configuration. */
const resolved = Effect.fnUntraced(function* (options: Kubeconfig.ResolveOptions) {
  const { credentials, server } = yield* Kubeconfig.resolve(options)
  return { server, ...(yield* Effect.promise((signal) => credentials(0, signal))) }
})

const serverOf = (options: Kubeconfig.ResolveOptions) => Effect.map(Kubeconfig.resolve(options), ({ server }) => server)

/** The message of a configuration that cannot be used, in which `FILE` stands for the kubeconfig. */
const errorOf = (options: Kubeconfig.ResolveOptions) =>
  Effect.map(Effect.flip(Kubeconfig.resolve(options)), ({ message }) =>
    options.path === undefined ? message : message.replaceAll(options.path, "FILE")
  )

/** The same of a kubeconfig with this text. */
const errorOfText = (text: string, options: Kubeconfig.ResolveOptions = {}) =>
  Effect.flatMap(write(text), (path) => errorOf({ path, ...options }))

/** What a kubeconfig with one user resolves to; `files` are beside it, and `cluster` adds fields to the cluster. */
const withUser = (user: string, files: Readonly<Record<string, string>> = {}, cluster = "") =>
  Effect.flatMap(write(config(SERVER, user, "{ cluster: c, user: u }", cluster), files), (path) => resolved({ path }))

const authorization = (user: string, files?: Readonly<Record<string, string>>) =>
  Effect.map(withUser(user, files), ({ headers }) => headers.Authorization)

const withCluster = (cluster: string, files?: Readonly<Record<string, string>>) => withUser("{}", files, cluster)

const base64 = (text: string): string => Buffer.from(text).toString("base64")

describe("the first configuration that is present", () => {
  it.effect("is the kubeconfig of the path, then KUBECONFIG, then the service account, then ~/.kube/config", () =>
    Effect.gen(function* () {
      const path = yield* write(config("https://path", "{}"))
      const kubeconfig = yield* write(config("https://list", "{}"))
      const root = Path.dirname(yield* write("", { token: "t", "ca.crt": "authority" }))
      const inCluster = { host: "10.0.0.1", root }
      const home = Path.dirname(yield* write("", { ".kube/config": config("https://home", "{}") }))

      assert.strictEqual(yield* serverOf({ path, kubeconfig, inCluster, home }), "https://path")
      assert.strictEqual(yield* serverOf({ path: "", kubeconfig, inCluster, home }), "https://list")
      assert.strictEqual(yield* serverOf({ path: "", kubeconfig: "", inCluster, home }), "https://10.0.0.1:443")
      assert.strictEqual(yield* serverOf({ path: "", kubeconfig: "", home }), "https://home")
    })
  )

  it.effect("is a server without credentials, unless the process runs in a cluster or a context is named", () =>
    Effect.gen(function* () {
      const server = "https://server"
      const root = Path.dirname(yield* write("", { token: "t", "ca.crt": "authority" }))
      const home = Path.dirname(yield* write("", { ".kube/config": config(SERVER, "{ token: t }") }))

      assert.deepStrictEqual(yield* resolved({ server, home }), { server, headers: {}, tls: {} })
      assert.strictEqual(yield* serverOf({ server, inCluster: { host: "10.0.0.1", root } }), "https://10.0.0.1:443")
      const withContext = yield* resolved({ server, home, context: "x" })
      assert.deepStrictEqual([withContext.server, withContext.headers], [server, { Authorization: "Bearer t" }])
    })
  )

  it.effect("is missing without a kubeconfig, a cluster, and a file in the home directory", () =>
    Effect.gen(function* () {
      const home = Path.dirname(yield* write("", { ".kube/cache": "" }))
      const missing = "no kubeconfig is given, ~/.kube/config does not exist, and the process does not run in a cluster"

      assert.strictEqual(yield* errorOf({}), missing)
      assert.strictEqual(yield* errorOf({ home }), missing)
    })
  )
})

describe("the files of KUBECONFIG", () => {
  it.effect("may be one file, which must exist, or a list with empty elements", () =>
    Effect.gen(function* () {
      const file = yield* write(config(SERVER, "{}"))
      const { delimiter } = Path

      assert.strictEqual(yield* serverOf({ kubeconfig: `${delimiter}${file}` }), SERVER)
      const single = "/nowhere/a: kubeconfig file not found"
      assert.strictEqual(yield* errorOf({ kubeconfig: `${delimiter}/nowhere/a` }), single)
      const missing = `/nowhere/a${delimiter}/nowhere/b`
      assert.strictEqual(yield* errorOf({ kubeconfig: missing }), `${missing}: kubeconfig file not found`)
    })
  )

  it.effect("take current-context from the first file that sets it, and every entry from any file", () =>
    Effect.gen(function* () {
      const cluster = yield* write(`clusters: [{ name: c, cluster: { server: "${SERVER}" } }]`)
      const user = yield* write('{ users: [{ name: u, user: { token: t } }], current-context: "" }')
      const context = yield* write("{ contexts: [{ name: x, context: { cluster: c, user: u } }], current-context: x }")
      const other = yield* write("current-context: y")
      const kubeconfig = [cluster, user, context, other].join(Path.delimiter)

      const { headers, server } = yield* resolved({ kubeconfig })
      assert.deepStrictEqual([server, headers], [SERVER, { Authorization: "Bearer t" }])
    })
  )

  it.effect("refer to other files, each relative to its own directory", () =>
    Effect.gen(function* () {
      const cluster = yield* write(
        `clusters: [{ name: c, cluster: { server: "${SERVER}", certificate-authority: ca.crt } }]`,
        { "ca.crt": "authority" }
      )
      const user = yield* write(
        config("https://other", "{ client-certificate: tls/crt, client-key: tls/key, tokenFile: tls/token }"),
        { "tls/crt": "certificate", "tls/key": "key", "tls/token": "t\n" }
      )
      const { headers, tls } = yield* resolved({ kubeconfig: [cluster, user].join(Path.delimiter) })

      assert.deepStrictEqual([tls.ca, tls.cert, tls.key].map(String), ["authority", "certificate", "key"])
      assert.deepStrictEqual(headers, { Authorization: "Bearer t" })
    })
  )
})

describe("a context of a kubeconfig", () => {
  it.effect("is the current one, or the one of the caller unless that is empty", () =>
    Effect.gen(function* () {
      const path = yield* write(`
        clusters: [{ name: c, cluster: { server: "https://c" } }, { name: d, cluster: { server: "https://d" } }]
        contexts: [{ name: x, context: { cluster: c } }, { name: y, context: { cluster: d } }]
        current-context: x`)

      assert.strictEqual(yield* serverOf({ path }), "https://c")
      assert.strictEqual(yield* serverOf({ path, context: "y" }), "https://d")
      assert.strictEqual(yield* serverOf({ path, context: "" }), "https://c")
    })
  )

  it.effect("is anonymous without a user", () =>
    Effect.gen(function* () {
      const path = yield* write(config(SERVER, "{ token: t }", "{ cluster: c }"))

      assert.deepStrictEqual(yield* resolved({ path }), { server: SERVER, headers: {}, tls: {} })
    })
  )

  it.effect("is anonymous with a user that has no fields", () =>
    Effect.gen(function* () {
      const path = yield* write(config(SERVER, "null"))

      assert.deepStrictEqual(yield* resolved({ path }), { server: SERVER, headers: {}, tls: {} })
    })
  )

  it.effect("that is not set or does not exist is an error", () =>
    Effect.gen(function* () {
      const notSet = "FILE: current-context: is not set"
      const contexts = (current: string) => config(SERVER, "{}").replace("current-context: x", current)

      assert.strictEqual(yield* errorOfText(contexts("")), notSet)
      assert.strictEqual(yield* errorOfText(contexts('current-context: ""')), notSet)
      assert.strictEqual(yield* errorOfText(contexts(""), { context: "" }), notSet)
      assert.strictEqual(
        yield* errorOfText(contexts("current-context: y")),
        'FILE: current-context: context "y" does not exist'
      )
    })
  )
})

describe("the server of a kubeconfig", () => {
  it.effect("may have a path; slashes at its end are ignored", () =>
    Effect.gen(function* () {
      const path = yield* write(config("https://10.0.0.1/clusters/a//", "{}"))

      assert.strictEqual(yield* serverOf({ path }), "https://10.0.0.1/clusters/a")
      assert.strictEqual(yield* serverOf({ path, server: "https://10.0.0.2/b///" }), "https://10.0.0.2/b")
    })
  )

  it.effect.each(["10.0.0.1", "ftp://10.0.0.1", "unix-http://10.0.0.1", "https+unix://socket"])(
    "must be an http or https URL, and %s is not",
    (server) =>
      Effect.gen(function* () {
        assert.strictEqual(
          yield* errorOfText(config(server, "{}")),
          `FILE: clusters[c].cluster.server: "${server}" is not an http or https URL`
        )
      })
  )

  it.effect("may use http, where nothing is verified", () =>
    Effect.gen(function* () {
      const path = yield* write(config("http://10.0.0.1", "{ token: t }"))
      const { headers, server, tls } = yield* resolved({ path })

      assert.deepStrictEqual([server, headers], ["http://10.0.0.1", { Authorization: "Bearer t" }])
      assert.deepStrictEqual(tls, { rejectUnauthorized: false })
    })
  )
})

describe("TLS settings of a kubeconfig", () => {
  it.effect("are exactly the ones that it sets", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* withCluster("")).tls, {})
      assert.deepStrictEqual((yield* withCluster(", insecure-skip-tls-verify: true")).tls, {
        rejectUnauthorized: false
      })
      assert.deepStrictEqual((yield* withCluster(", tls-server-name: kubernetes")).tls, { servername: "kubernetes" })
      const { tls } = yield* withCluster(", certificate-authority: ca.crt", { "ca.crt": "authority" })
      assert.deepStrictEqual(tls, { ca: Buffer.from("authority") })
    })
  )

  it.effect("may contain certificates in base64, which win over files", () =>
    Effect.gen(function* () {
      const data = `client-certificate-data: ${base64("certificate")}, client-key-data: ${base64("key")}`
      const authority = `, certificate-authority-data: ${base64("authority")}`
      const expected = { ca: "authority", cert: "certificate", key: "key" }
      const text = ({ tls: { ca, cert, key } }: Kubeconfig.Credentials) => ({
        ca: String(ca),
        cert: String(cert),
        key: String(key)
      })

      assert.deepStrictEqual(text(yield* withUser(`{ ${data} }`, {}, authority)), expected)
      const files = "client-certificate: other, client-key: other"
      const both = [`{ ${data}, ${files} }`, { other: "other" }, `${authority}, certificate-authority: other`] as const
      assert.deepStrictEqual(text(yield* withUser(...both)), expected)
    })
  )

  it.effect.each([
    ["clusters[c].cluster.certificate-authority", "{}", ", certificate-authority: none"],
    ["users[u].user.client-certificate", "{ client-certificate: none, client-key: config }", ""],
    ["users[u].user.client-key", "{ client-certificate: config, client-key: none }", ""]
  ] as const)("name the field %s of a file that does not exist", ([field, user, cluster]) =>
    Effect.gen(function* () {
      const path = yield* write(config(SERVER, user, "{ cluster: c, user: u }", cluster))
      const file = Path.join(Path.dirname(path), "none")

      assert.strictEqual(yield* errorOf({ path }), `FILE: ${field}: file "${file}" does not exist`)
    })
  )

  it.effect("ignore the name of a file that is empty", () =>
    Effect.gen(function* () {
      const user = '{ client-certificate: "", client-key: "" }'

      assert.deepStrictEqual((yield* withUser(user, {}, ', certificate-authority: ""')).tls, {})
    })
  )
})

describe("a proxy of a kubeconfig", () => {
  it.effect.each([
    ["proxy", "http://proxy:3128"],
    ["socks", "socks5://proxy:1080"]
  ] as const)("of type %s is %s", ([type, uri]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* withCluster(`, proxy-url: "${uri}"`)).proxy, { type, uri })
    })
  )
})

describe("a user of a kubeconfig", () => {
  it.effect("is sent as a bearer token without a final line break, or as name and password", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* authorization('{ token: "t\\n" }'), "Bearer t")
      assert.strictEqual(
        yield* authorization("{ username: admin, password: secret }"),
        `Basic ${base64("admin:secret")}`
      )
      assert.isUndefined(yield* authorization("{}"))
    })
  )

  it.effect("may have a token file, over which a token wins", () =>
    Effect.gen(function* () {
      const files = { token: "from file\n" }

      assert.strictEqual(yield* authorization("{ tokenFile: token }", files), "Bearer from file")
      assert.strictEqual(yield* authorization("{ tokenFile: token, token: t }", files), "Bearer t")
      assert.strictEqual(yield* authorization("{ tokenFile: none, token: t }", files), "Bearer t")
      assert.strictEqual(yield* authorization('{ tokenFile: token, token: "" }', files), "Bearer from file")
    })
  )

  it.effect("has a token file whatever the other users have", () =>
    Effect.gen(function* () {
      const users = (others: string) =>
        config(SERVER, "{ tokenFile: token }").replace("users: [", `users: [${others}, `)
      for (const others of [
        "{ name: v, user: { token: t } }",
        "{ name: v }",
        "{ name: v, user: { tokenFile: null } }"
      ]) {
        const path = yield* write(users(others), { token: "from file" })
        assert.deepStrictEqual((yield* resolved({ path })).headers, { Authorization: "Bearer from file" })
      }
    })
  )

  it.effect("without a token file is not affected by one of another user", () =>
    Effect.gen(function* () {
      const other = "users: [{ name: v, user: { tokenFile: token } }, "
      const path = yield* write(config(SERVER, "{ username: a, password: b }").replace("users: [", other))

      assert.deepStrictEqual((yield* resolved({ path })).headers, { Authorization: `Basic ${base64("a:b")}` })
    })
  )

  it.effect.each([
    ["a name", "jane"],
    ["a number", "1001"]
  ] as const)("impersonates another user, given as %s", ([, name]) =>
    Effect.gen(function* () {
      const { headers } = yield* withUser(`{ token: t, as: ${name} }`)

      assert.deepStrictEqual(headers, { Authorization: "Bearer t", "Impersonate-User": name })
    })
  )

  it.effect("gets its token and expiry from an exec plugin", () =>
    Effect.gen(function* () {
      const status = { token: "t", expirationTimestamp: "1970-01-01T00:01:00Z" }
      const credential = JSON.stringify({ kind: "ExecCredential", status })
      const plugin = JSON.stringify({ command: "sh", args: ["-c", `echo '${credential}'`] })
      const { expiresAt, headers } = yield* withUser(`{ exec: ${plugin} }`)

      assert.deepStrictEqual([expiresAt, headers], [60_000, { Authorization: "Bearer t" }])
    })
  )
})

describe("a kubeconfig that cannot be read", () => {
  it.effect("is a directory, is not YAML, or is not a kubeconfig", () =>
    Effect.gen(function* () {
      const path = Path.dirname(yield* write(""))

      assert.strictEqual(yield* errorOf({ path }), "FILE: cannot be read (EISDIR)")
      assert.match(yield* errorOfText("a: [b\n"), /^FILE: invalid YAML: .{10,}$/)
      assert.strictEqual(yield* errorOfText("null"), "FILE: not a kubeconfig")
      assert.strictEqual(
        yield* errorOfText("clusters: [{ name: c, cluster: {} }]"),
        "FILE: clusters[0].cluster.server is missing"
      )
      assert.strictEqual(
        yield* errorOfText("{ users: [{ user: { tokenFile: token } }] }"),
        "FILE: users[0].name is missing"
      )
    })
  )

  it.effect("may have anything else in it, also the word tokenFile", () =>
    Effect.gen(function* () {
      const text = config(SERVER, "{}", "{ cluster: c }").replace("users:", "extensions:")
      const path = yield* write(text.replace("kind: Config", "kind: tokenFile"))

      assert.strictEqual(yield* serverOf({ path }), SERVER)
    })
  )
})

describe("a service account", () => {
  const serverAt = (host: string, port?: string) =>
    Effect.flatMap(write("", { token: "t", "ca.crt": "authority" }), (file) =>
      serverOf({ inCluster: { host, root: Path.dirname(file), ...(port === undefined ? {} : { port }) } })
    )

  it.effect("connects to the host and port of the cluster, by https unless the port is one of http", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* serverAt("10.0.0.1"), "https://10.0.0.1:443")
      assert.strictEqual(yield* serverAt("10.0.0.1", "6443"), "https://10.0.0.1:6443")
      assert.strictEqual(yield* serverAt("fd00::1"), "https://[fd00::1]:443")
      for (const port of ["80", "8080", "8001"]) {
        assert.strictEqual(yield* serverAt("10.0.0.1", port), `http://10.0.0.1:${port}`)
      }
    })
  )

  it.effect("names its file that is missing", () =>
    Effect.gen(function* () {
      const root = Path.dirname(yield* write("", { token: "t" }))

      assert.strictEqual(
        yield* errorOf({ inCluster: { host: "10.0.0.1", root: "/nowhere" } }),
        'service account: token: file "/nowhere/token" does not exist'
      )
      assert.strictEqual(
        yield* errorOf({ inCluster: { host: "10.0.0.1", root } }),
        `service account: clusters[in-cluster].cluster.certificate-authority: file "${root}/ca.crt" does not exist`
      )
    })
  )
})
