/** Which configuration is used, and what its files mean. Nothing is sent. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Kubeconfig from "../src/client/Kubeconfig.ts"
import * as KubeconfigFile from "./fixtures/KubeconfigFile.ts"

const { config, write } = KubeconfigFile

/** The server and the credentials that are used. */
const used = (options: Kubeconfig.ResolveOptions) =>
  Effect.gen(function* () {
    const { credentials, server } = yield* Kubeconfig.resolve(options)
    return { server, ...(yield* Effect.promise(() => credentials(0, new AbortController().signal))) }
  })

/** Who is used: the server, and the token without its scheme. */
const whoIs = (options: Kubeconfig.ResolveOptions) =>
  Effect.map(used(options), ({ headers, server }) => `${headers.Authorization ?? "nobody"} at ${server}`)

const errorOf = (options: Kubeconfig.ResolveOptions) =>
  Effect.map(Effect.flip(Kubeconfig.resolve(options)), ({ message }) => message)

/** The credentials of a user, with a context and with fields of the cluster. Files are beside the kubeconfig. */
const credentialsOf = (
  user: string,
  { cluster = "", files = {} }: { readonly cluster?: string; readonly files?: Readonly<Record<string, string>> } = {}
) =>
  Effect.gen(function* () {
    const path = yield* write(config("https://a.example.dev", user, "{ cluster: c, user: u }", cluster), files)
    const { server: _, ...credentials } = yield* used({ path })
    return credentials
  })

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const base64 = (text: string) => Buffer.from(text).toString("base64")

describe("the configuration", () => {
  const file = (name: string) => write(config(`http://${name}`, `{ token: ${name} }`))
  const home = Effect.gen(function* () {
    const unused = yield* write("", {})
    const directory = Path.dirname(unused)
    Fs.rmSync(unused)
    Fs.mkdirSync(Path.join(directory, ".kube"))
    Fs.writeFileSync(Path.join(directory, ".kube", "config"), config("http://home", "{ token: home }"))
    return directory
  })
  const pod = Effect.map(write("", { token: "pod", "ca.crt": "ca" }), (path) => ({
    host: "10.0.0.1",
    root: Path.dirname(path)
  }))

  it.live("is the first that is present of path, KUBECONFIG, server, service account and home directory", () =>
    Effect.gen(function* () {
      const all = {
        path: yield* file("path"),
        kubeconfig: yield* file("variable"),
        inCluster: yield* pod,
        home: yield* home
      }
      const { home: _, ...withoutHome } = all
      assert.strictEqual(yield* whoIs(all), "Bearer path at http://path")
      assert.strictEqual(yield* whoIs({ ...all, path: "" }), "Bearer variable at http://variable")
      const noFiles = { ...all, path: "", kubeconfig: "" }
      assert.strictEqual(yield* whoIs(noFiles), "Bearer pod at https://10.0.0.1:443")
      assert.strictEqual(yield* whoIs({ ...noFiles, server: "http://s" }), "Bearer pod at https://10.0.0.1:443")
      assert.strictEqual(yield* whoIs({ home: all.home }), "Bearer home at http://home")
      assert.strictEqual(yield* whoIs({ home: all.home, server: "http://s" }), "nobody at http://s")
      assert.strictEqual(yield* whoIs({ home: all.home, server: "http://s", context: "x" }), "Bearer home at http://s")
      assert.strictEqual(yield* whoIs({ ...withoutHome, server: "http://s" }), "Bearer path at http://s")
    }).pipe(Effect.scoped)
  )

  it.live("is missing when there is none of them", () =>
    Effect.gen(function* () {
      const nothing = "no kubeconfig is given, ~/.kube/config does not exist, and the process does not run in a cluster"
      assert.strictEqual(yield* errorOf({}), nothing)
      assert.strictEqual(yield* errorOf({ path: "", kubeconfig: "", home: "/nowhere" }), nothing)
      assert.strictEqual(yield* errorOf({ path: "/nowhere/config" }), "/nowhere/config: kubeconfig file not found")
      assert.strictEqual(yield* errorOf({ kubeconfig: "/no/a:/no/b" }), "/no/a:/no/b: kubeconfig file not found")
    })
  )

  it.live("of several files skips empty names, and takes the first context that is set", () =>
    Effect.gen(function* () {
      const first = yield* write(
        config("http://first", "{ token: first }").replace("current-context: x", 'current-context: ""')
      )
      const second = yield* write(
        config("http://second", "{ token: second }")
          .replace("name: x", "name: y")
          .replace("current-context: x", "current-context: y")
      )
      const kubeconfig = ["", first, "", second, ""].join(Path.delimiter)
      assert.strictEqual(yield* whoIs({ kubeconfig }), "Bearer first at http://first")
      assert.strictEqual(yield* whoIs({ kubeconfig, context: "" }), "Bearer first at http://first")
      assert.strictEqual(
        yield* errorOf({ kubeconfig, context: "z" }),
        `${first}:${second}: contexts: context "z" does not exist`
      )
    }).pipe(Effect.scoped)
  )

  it.effect("of a server alone has no credentials, and its slashes at the end are left out", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* used({ server: "http://a/b//" }), { server: "http://a/b", headers: {}, tls: {} })
      assert.strictEqual((yield* used({ server: "http://a/b/" })).server, "http://a/b")
    })
  )
})

describe("a service account", () => {
  const withPort = (port: string | undefined, host = "10.0.0.1") =>
    Effect.gen(function* () {
      const root = Path.dirname(yield* write("", { token: " pod\n", "ca.crt": "ca" }))
      const inCluster = { host, root, ...(port === undefined ? {} : { port }) }
      return yield* used({ inCluster })
    }).pipe(Effect.scoped)

  it.live("has a token, a certificate authority and port 443", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* withPort(undefined), {
        server: "https://10.0.0.1:443",
        headers: bearer("pod"),
        tls: { ca: Buffer.from("ca") }
      })
      assert.strictEqual((yield* withPort("6443", "fd00::1")).server, "https://[fd00::1]:6443")
    })
  )

  it.live.each(["80", "8080", "8001"])("is used without TLS on port %s", (port) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* withPort(port)).server, `http://10.0.0.1:${port}`)
    })
  )

  it.live("names the file that is missing", () =>
    Effect.gen(function* () {
      const root = Path.dirname(yield* write("", { token: "pod" }))
      const inCluster = { host: "10.0.0.1", root }
      assert.strictEqual(
        yield* errorOf({ inCluster }),
        `service account: clusters[in-cluster].cluster.certificate-authority: file "${root}/ca.crt" does not exist`
      )
      Fs.rmSync(Path.join(root, "token"))
      assert.strictEqual(yield* errorOf({ inCluster }), `service account: token: file "${root}/token" does not exist`)
    }).pipe(Effect.scoped)
  )
})

describe("the user of a kubeconfig", () => {
  it.live("has a token, or a file with one that is relative to the kubeconfig; the token takes precedence", () =>
    Effect.gen(function* () {
      const files = { t: "from-file\n" }
      assert.deepStrictEqual(yield* credentialsOf("{ token: a }"), { headers: bearer("a"), tls: {} })
      assert.deepStrictEqual((yield* credentialsOf("{ tokenFile: t }", { files })).headers, bearer("from-file"))
      assert.deepStrictEqual((yield* credentialsOf("{ token: a, tokenFile: t }", { files })).headers, bearer("a"))
      assert.deepStrictEqual((yield* credentialsOf("{ token: a, tokenFile: none }")).headers, bearer("a"))
      assert.deepStrictEqual((yield* credentialsOf('{ token: "a\\n" }')).headers, bearer("a"))
    }).pipe(Effect.scoped)
  )

  it.live("of another name may have a token file", () =>
    Effect.gen(function* () {
      const other = 'users: [{ name: v, user: { tokenFile: "none" } }, '
      const path = yield* write(config("http://a", "{ username: me, password: b }").replace("users: [", other))
      assert.strictEqual(yield* whoIs({ path }), `Basic ${base64("me:b")} at http://a`)
    }).pipe(Effect.scoped)
  )

  it.live("has a name and a password", () =>
    Effect.gen(function* () {
      const { headers } = yield* credentialsOf("{ username: me, password: secret }")
      assert.deepStrictEqual(headers, { Authorization: `Basic ${base64("me:secret")}` })
    }).pipe(Effect.scoped)
  )

  it.live("has a client certificate with its key, as data or as files beside the kubeconfig", () =>
    Effect.gen(function* () {
      const tls = { cert: Buffer.from("certificate"), key: Buffer.from("key") }
      const data = `{ client-certificate-data: ${base64("certificate")}, client-key-data: ${base64("key")} }`
      assert.deepStrictEqual(yield* credentialsOf(data), { headers: {}, tls })
      const files = { "c.pem": "certificate", "k.pem": "key" }
      assert.deepStrictEqual(yield* credentialsOf("{ client-certificate: c.pem, client-key: k.pem }", { files }), {
        headers: {},
        tls
      })
    }).pipe(Effect.scoped)
  )

  it.live("may be anonymous", () =>
    Effect.gen(function* () {
      for (const context of ["{ cluster: c }", '{ cluster: c, user: "" }']) {
        const path = yield* write(config("http://a", "{ token: a }", context))
        assert.strictEqual(yield* whoIs({ path }), "nobody at http://a")
      }
    }).pipe(Effect.scoped)
  )

  it.live("may have an empty plugin", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* credentialsOf("{ token: a, exec: null }")).headers, bearer("a"))
    }).pipe(Effect.scoped)
  )
})

describe("the cluster of a kubeconfig", () => {
  it.live.each([
    ["its certificate authority", `, certificate-authority-data: ${base64("ca")}`, { ca: Buffer.from("ca") }],
    ["the name of its certificate", ", tls-server-name: b.example.dev", { servername: "b.example.dev" }],
    ["no verification", ", insecure-skip-tls-verify: true", { rejectUnauthorized: false }]
  ] as const)("may have %s", ([, cluster, tls]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* credentialsOf("{}", { cluster }), { headers: {}, tls })
    }).pipe(Effect.scoped)
  )

  it.live.each([
    ["http://proxy:1", "proxy"],
    ["socks5://proxy:1", "socks"]
  ] as const)("may have the proxy %s", ([uri, type]) =>
    Effect.gen(function* () {
      const { proxy } = yield* credentialsOf("{}", { cluster: `, proxy-url: "${uri}"` })
      assert.strictEqual(proxy?.type, type)
      assert.include(proxy?.uri, "proxy:1")
    }).pipe(Effect.scoped)
  )
})

describe("an unusable kubeconfig", () => {
  const errorIn = (text: string, options: Kubeconfig.ResolveOptions = {}) =>
    Effect.gen(function* () {
      const path = yield* write(text)
      const message = yield* errorOf({ path, ...options })
      assert.isTrue(message.startsWith(`${path}: `), message)
      return message.slice(path.length + 2)
    }).pipe(Effect.scoped)
  const url = "https://a.example.dev"

  it.live.each([
    [config(url, "{}").replace("current-context: x", 'current-context: ""'), "current-context: is not set"],
    [
      config(url, "{}").replace("current-context: x", "current-context: y"),
      'current-context: context "y" does not exist'
    ],
    [config(url, "{}", "{ user: u }"), "contexts[0].context.cluster is missing"],
    [config(url, "{ client-certificate: /no/c }"), 'users[u].user.client-certificate: file "/no/c" does not exist'],
    [config(url, "{ client-key: /no/k }"), 'users[u].user.client-key: file "/no/k" does not exist'],
    [config("ftp://a", "{}"), 'clusters[c].cluster.server: "ftp://a" is not an http or https URL'],
    [config("shttp://a", "{}"), 'clusters[c].cluster.server: "shttp://a" is not an http or https URL'],
    ["null", "not a kubeconfig"]
  ] as const)("is reported with its key: %#", ([text, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual(yield* errorIn(text), expected)
    })
  )

  it.live("is reported in one line", () =>
    Effect.gen(function* () {
      const message = yield* errorIn("a: [b\nc: d")
      assert.match(message, /^invalid YAML: [^\n]{20,}$/u)
      const directory = Path.dirname(yield* write(""))
      assert.strictEqual(yield* errorOf({ path: directory }), `${directory}: cannot be read (EISDIR)`)
    }).pipe(Effect.scoped)
  )
})
