/**
 * Where a cluster is and who we are there: kubeconfig files and service accounts, read by `@kubernetes/client-node`,
 * whose import is put off until a file has to be read. Nothing here sends a request.
 */
import * as Fs from "node:fs"
import type { RequestOptions } from "node:https"
import * as Path from "node:path"
import type { ConnectionOptions } from "node:tls"
import type { KubeConfig } from "@kubernetes/client-node"
import * as Effect from "effect/Effect"
import * as Yaml from "effect/encoding/Yaml"
import * as Schema from "effect/Schema"

/** The way to the cluster is not described, or not well. Names the file and the key to repair. */
export class ClientConfigError extends Schema.TaggedError<ClientConfigError>()("ClientConfigError", {
  file: Schema.String,
  /** Empty when the file as a whole is the matter. */
  key: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return [this.file, this.key, this.detail].filter((part) => part !== "").join(": ")
  }
}

interface Tls {
  readonly ca?: NonNullable<ConnectionOptions["ca"]>
  readonly cert?: NonNullable<ConnectionOptions["cert"]>
  readonly key?: NonNullable<ConnectionOptions["key"]>
  readonly pfx?: NonNullable<ConnectionOptions["pfx"]>
  readonly passphrase?: string
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/** What goes with every request: headers, and how to connect. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Tls
  readonly proxy?: { readonly type: "proxy" | "socks"; readonly uri: string }
}

/** One cluster, opened. `credentials` may read files, run a plugin or ask an identity provider; it may throw. */
export interface Access {
  readonly server: string
  readonly credentials: () => Promise<Credentials>
}

/** Reads everything from the start, so that running it again forgets whatever was cached. */
export type Open = Effect.Effect<Access, ClientConfigError>

export interface InClusterOptions {
  /** Value of `KUBERNETES_SERVICE_HOST`. */
  readonly host: string
  /** Value of `KUBERNETES_SERVICE_PORT`; 443 when left out. */
  readonly port?: string
  /** Where the service account is mounted. */
  readonly root?: string
}

export interface ResolveOptions {
  /** One kubeconfig file. It must exist. */
  readonly path?: string
  /** Value of `KUBECONFIG`: files joined by the platform's path delimiter; the first to name something wins. */
  readonly kubeconfig?: string
  /** Given when the process runs in a cluster. */
  readonly inCluster?: InClusterOptions
  /** The user's home, where `.kube/config` may be. */
  readonly home?: string
  /** Instead of the file's `current-context`. */
  readonly context?: string
  /** Instead of the cluster's `server`; alone, a server that asks for no credentials. */
  readonly server?: string
}

/**
 * Finds a cluster: `path`, then `kubeconfig`, then `inCluster`, then `.kube/config` of `home`, then `server` alone.
 *
 * **Errors** `ClientConfigError` when nothing is found, or when what is found first cannot be used.
 */
export const resolve = (options: ResolveOptions): Open => {
  const { context, home, inCluster, kubeconfig, path, server } = options
  const choice = { context, server }
  if (path !== undefined && path !== "") return fromFiles([path], choice)
  if (kubeconfig !== undefined && kubeconfig !== "") {
    return fromFiles(
      kubeconfig.split(Path.delimiter).filter((file) => file !== ""),
      choice
    )
  }
  if (server !== undefined && inCluster === undefined && context === undefined) return fromServer(server)
  if (inCluster !== undefined) return fromServiceAccount(inCluster)
  if (home !== undefined && Fs.existsSync(Path.join(home, ".kube", "config"))) {
    return fromFiles([Path.join(home, ".kube", "config")], choice)
  }
  return Effect.fail(
    new ClientConfigError({ file: "kubeconfig", key: "", detail: "none given, none at home, and not in a cluster" })
  )
}

interface Choice {
  readonly context: string | undefined
  readonly server: string | undefined
}

type ClusterEntry = KubeConfig["clusters"][number]
type UserEntry = KubeConfig["users"][number]

const fromServer = (server: string): Open =>
  Effect.succeed({
    server: withoutSlash(server),
    credentials: () => Promise.resolve({ headers: {}, tls: {} })
  })

const fromServiceAccount = ({ host, port = "443", root = SERVICE_ACCOUNT }: InClusterOptions): Open =>
  Effect.gen(function* () {
    const tokenFile = Path.join(root, "token")
    yield* requireFile(tokenFile, "token", "the service account")
    const scheme = ["80", "8080", "8001"].includes(port) ? "http" : "https"
    const server = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`
    return yield* access(
      { name: "in-cluster", caFile: Path.join(root, "ca.crt"), server, skipTLSVerify: scheme === "http" },
      { name: "in-cluster", authProvider: { name: "tokenFile", config: { tokenFile } } },
      "the service account"
    )
  })

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

const fromFiles = (paths: ReadonlyArray<string>, choice: Choice): Open =>
  Effect.gen(function* () {
    const present = paths.length > 1 ? paths.filter((path) => Fs.existsSync(path)) : paths
    const file = paths.join(Path.delimiter)
    const missing = (key: string, detail: string) => new ClientConfigError({ file, key, detail })
    if (present.length === 0) return yield* missing("", "no such file")

    const loaded = yield* Effect.forEach(present, loadFile)
    const name = choice.context ?? loaded.find((config) => (config.currentContext ?? "") !== "")?.currentContext
    if (name === undefined || name === "") return yield* missing("current-context", "is not set")
    const context = loaded.flatMap((config) => config.contexts).find((entry) => entry.name === name)
    if (context === undefined) {
      const key = choice.context === undefined ? "current-context" : "contexts"
      return yield* missing(key, `there is no context "${name}"`)
    }
    const cluster = loaded.flatMap((config) => config.clusters).find((entry) => entry.name === context.cluster)
    if (cluster === undefined) {
      return yield* missing(`contexts[${name}].context.cluster`, `there is no cluster "${context.cluster ?? ""}"`)
    }
    const nobody = (context.user ?? "") === ""
    const user = loaded.flatMap((config) => config.users).find((entry) => entry.name === context.user)
    if (user === undefined && !nobody) {
      return yield* missing(`contexts[${name}].context.user`, `there is no user "${context.user}"`)
    }
    const server = choice.server ?? cluster.server
    return yield* access({ ...cluster, server }, user ?? { name: "anonymous" }, file)
  })

/** A fresh KubeConfig for one cluster and one user, checked as far as can be done without asking anyone. */
const access = (cluster: ClusterEntry, user: UserEntry, file: string): Open =>
  Effect.gen(function* () {
    yield* requireFile(cluster.caFile, `clusters[${cluster.name}].cluster.certificate-authority`, file)
    yield* requireFile(user.certFile, `users[${user.name}].user.client-certificate`, file)
    yield* requireFile(user.keyFile, `users[${user.name}].user.client-key`, file)
    const server = withoutSlash(cluster.server)
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
      const key = `clusters[${cluster.name}].cluster.server`
      return yield* new ClientConfigError({ file, key, detail: `"${server}" is not an http or https URL` })
    }
    const config = yield* newConfig(file)
    const skipTLSVerify = cluster.skipTLSVerify || server.startsWith("http:")
    config.loadFromClusterAndUser({ ...cluster, server, skipTLSVerify }, user)
    return { server, credentials: () => credentialsOf(config) }
  })

const credentialsOf = async (config: KubeConfig): Promise<Credentials> => {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === "string") headers[name] = value.trim()
  }
  if (typeof options.auth === "string") {
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`
  }
  const { ca, cert, key, passphrase, pfx, rejectUnauthorized, servername } = options
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(pfx === undefined ? {} : { pfx }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername })
  }
  const way = config.createDispatcherOptions(config.getCurrentCluster(), tls)
  const proxied = way.type === "proxy" || way.type === "socks"
  return { headers, tls, ...(proxied ? { proxy: { type: way.type, uri: way.uri } } : {}) }
}

const newConfig = (file: string): Effect.Effect<KubeConfig, ClientConfigError> =>
  Effect.tryPromise({
    try: async () => {
      const { KubeConfig } = await import("./KubeConfigClass.ts")
      return new KubeConfig()
    },
    catch: (cause) =>
      new ClientConfigError({ file, key: "", detail: `@kubernetes/client-node cannot be loaded: ${String(cause)}` })
  })

const loadFile = (file: string): Effect.Effect<KubeConfig, ClientConfigError> =>
  Effect.gen(function* () {
    const config = yield* newConfig(file)
    yield* Effect.try({
      try: () => {
        const text = Fs.readFileSync(file, "utf8")
        config.loadFromString(text)
        config.users = config.users.map(withTokenFile(text, Path.dirname(file)))
        config.makePathsAbsolute(Path.dirname(file))
      },
      catch: (cause) => new ClientConfigError({ file, key: "", detail: loadFailure(cause) })
    })
    return config
  })

const loadFailure = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  if ("code" in cause && cause.code === "ENOENT") return "no such file"
  if ("code" in cause && typeof cause.code === "string") return `cannot be read (${cause.code})`
  if (cause.name === "YAMLException") return `is not YAML: ${cause.message.split("\n")[0]}`
  return cause instanceof TypeError ? "is not a kubeconfig" : cause.message
}

const TokenFiles = Schema.Struct({
  users: Schema.Array(
    Schema.Struct({ name: Schema.String, user: Schema.Struct({ tokenFile: Schema.optionalKey(Schema.String) }) })
  )
})

/** client-node knows no `tokenFile` of a user, only its own provider of that name. A `token` beside it wins. */
const withTokenFile = (text: string, directory: string): ((user: UserEntry) => UserEntry) => {
  if (!text.includes("tokenFile")) return (user) => user
  const parsed: unknown = Yaml.parse(text)
  if (!Schema.is(TokenFiles)(parsed)) return (user) => user
  const files = new Map(parsed.users.map((entry) => [entry.name, entry.user.tokenFile]))
  return (user) => {
    const file = files.get(user.name)
    if (file === undefined || user.token !== undefined) return user
    return { ...user, authProvider: { name: "tokenFile", config: { tokenFile: Path.resolve(directory, file) } } }
  }
}

const requireFile = (path: string | undefined, key: string, file: string): Effect.Effect<void, ClientConfigError> =>
  path === undefined || Fs.existsSync(path)
    ? Effect.void
    : Effect.fail(new ClientConfigError({ file, key, detail: `there is no file ${path}` }))

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
