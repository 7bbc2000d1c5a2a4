/**
 * Server address, TLS and authentication settings, resolved from a kubeconfig or a service account.
 *
 * `@kubernetes/client-node` parses the files and produces the credentials, except for token files and exec plugins: it
 * caches both by its own rules and clock, and `Connection` decides how long credentials are used. It is imported only
 * when a configuration needs it, because it is large. No request is sent to the API server.
 */
import * as Fs from "node:fs"
import type { RequestOptions } from "node:https"
import * as Path from "node:path"
import type { ConnectionOptions } from "node:tls"
import type { KubeConfig } from "@kubernetes/client-node"
import * as Effect from "effect/Effect"
import * as Yaml from "effect/encoding/Yaml"
import * as Schema from "effect/Schema"
import * as ExecPlugin from "./ExecPlugin.ts"

/** The client configuration is missing or invalid. Names the file and the key to correct. */
export class ClientConfigError extends Schema.TaggedError<ClientConfigError>()("ClientConfigError", {
  file: Schema.String,
  /** Empty when the error concerns the whole file. */
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
  readonly rejectUnauthorized?: boolean
  readonly servername?: string
}

/** Authentication headers and connection settings of a request. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>
  readonly tls: Tls
  readonly proxy?: { readonly type: "proxy" | "socks"; readonly uri: string }
  /** When the credentials expire, in milliseconds since the epoch. Only an exec plugin says so. */
  readonly expiresAt?: number
}

/** One cluster and one user, like client-go's `rest.Config`. */
export interface ClientConfig {
  readonly server: string
  /**
   * Reads all files. Runs an exec plugin when its last credentials have expired at `now`, in milliseconds since the
   * epoch, and stops it at `signal`. May call an identity provider. Rejects when that fails. One call at a time.
   */
  readonly credentials: (now: number, signal: AbortSignal) => Promise<Credentials>
}

/** Reads all files. Running it again reads them again and drops every cached credential. */
export type Load = Effect.Effect<ClientConfig, ClientConfigError>

export interface InClusterOptions {
  /** Value of `KUBERNETES_SERVICE_HOST`. */
  readonly host: string
  /** Value of `KUBERNETES_SERVICE_PORT`. Default: 443. */
  readonly port?: string
  /** Mount path of the service account. Default: `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly root?: string
}

export interface ResolveOptions {
  /** A kubeconfig file, which must exist. */
  readonly path?: string
  /** Value of `KUBECONFIG`: a list of files, merged as kubectl does; the first file to define an entry wins. */
  readonly kubeconfig?: string
  /** Set when the process runs in a cluster. `context` and `server` do not apply to it. */
  readonly inCluster?: InClusterOptions
  /** Home directory, in which `.kube/config` is optional. */
  readonly home?: string
  /** Overrides `current-context`, unless it is empty. */
  readonly context?: string
  /** Overrides the server of the cluster. Without a kubeconfig it is used anonymously. */
  readonly server?: string
}

/**
 * Uses the first configuration that is present: `path`; `kubeconfig`; `server` anonymously, unless `inCluster` or
 * `context` is set; `inCluster`; `.kube/config` of `home`.
 *
 * **Errors** `ClientConfigError` when no configuration is present, or when the first one cannot be used.
 */
export const resolve = (options: ResolveOptions): Load => {
  const { context, home, inCluster, kubeconfig, path, server } = options
  const overrides = { context, server }
  if (isSet(path)) return fromFiles([path], overrides)
  if (isSet(kubeconfig)) {
    return fromFiles(
      kubeconfig.split(Path.delimiter).filter((file) => file !== ""),
      overrides
    )
  }
  if (server !== undefined && inCluster === undefined && context === undefined) return fromServer(server)
  if (inCluster !== undefined) return fromServiceAccount(inCluster)
  if (home !== undefined && Fs.existsSync(Path.join(home, ".kube", "config"))) {
    return fromFiles([Path.join(home, ".kube", "config")], overrides)
  }
  const detail = "no kubeconfig is given, ~/.kube/config does not exist, and the process does not run in a cluster"
  return Effect.fail(new ClientConfigError({ file: "", key: "", detail }))
}

interface Overrides {
  readonly context: string | undefined
  readonly server: string | undefined
}

type ClusterEntry = KubeConfig["clusters"][number]
/** client-node does not read `tokenFile`. */
type UserEntry = KubeConfig["users"][number] & { readonly tokenFile?: string }

const fromServer = (server: string): Load =>
  Effect.succeed({
    server: withoutSlash(server),
    credentials: () => Promise.resolve({ headers: {}, tls: {} })
  })

const fromServiceAccount = ({ host, port = "443", root = SERVICE_ACCOUNT }: InClusterOptions): Load =>
  Effect.gen(function* () {
    const tokenFile = Path.join(root, "token")
    yield* requireFile(tokenFile, "token", "service account")
    const scheme = ["80", "8080", "8001"].includes(port) ? "http" : "https"
    const server = `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`
    return yield* clientConfig(
      { name: "in-cluster", caFile: Path.join(root, "ca.crt"), server, skipTLSVerify: false },
      { name: "in-cluster", tokenFile },
      "service account"
    )
  })

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"

const fromFiles = (paths: ReadonlyArray<string>, overrides: Overrides): Load =>
  Effect.gen(function* () {
    const present = paths.filter((path) => Fs.existsSync(path))
    const file = paths.join(Path.delimiter)
    const invalid = (key: string, detail: string) => new ClientConfigError({ file, key, detail })
    if (present.length === 0) return yield* invalid("", "kubeconfig file not found")

    const loaded = yield* Effect.forEach(present, loadFile)
    const name = [overrides.context, ...loaded.map((config) => config.currentContext)].find(isSet)
    if (name === undefined) return yield* invalid("current-context", "is not set")
    const context = loaded.flatMap((config) => config.contexts).find((entry) => entry.name === name)
    if (context === undefined) {
      const key = isSet(overrides.context) ? "contexts" : "current-context"
      return yield* invalid(key, `context "${name}" does not exist`)
    }
    const cluster = loaded.flatMap((config) => config.clusters).find((entry) => entry.name === context.cluster)
    if (cluster === undefined) {
      return yield* invalid(`contexts[${name}].context.cluster`, `cluster "${context.cluster}" does not exist`)
    }
    const user = loaded.flatMap((config) => config.users).find((entry) => entry.name === context.user)
    if (user === undefined && isSet(context.user)) {
      return yield* invalid(`contexts[${name}].context.user`, `user "${context.user}" does not exist`)
    }
    const server = overrides.server ?? cluster.server
    return yield* clientConfig({ ...cluster, server }, user ?? { name: "anonymous" }, file)
  })

/** The configuration for one cluster and one user. Checks that files exist and that the server is a URL. */
const clientConfig = (cluster: ClusterEntry, user: UserEntry, file: string): Load =>
  Effect.gen(function* () {
    const caFile = fileUnlessData(cluster.caFile, cluster.caData)
    const certFile = fileUnlessData(user.certFile, user.certData)
    const keyFile = fileUnlessData(user.keyFile, user.keyData)
    yield* requireFile(caFile, `clusters[${cluster.name}].cluster.certificate-authority`, file)
    yield* requireFile(certFile, `users[${user.name}].user.client-certificate`, file)
    yield* requireFile(keyFile, `users[${user.name}].user.client-key`, file)
    const server = withoutSlash(cluster.server)
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
      const key = `clusters[${cluster.name}].cluster.server`
      return yield* new ClientConfigError({ file, key, detail: `"${server}" is not an http or https URL` })
    }
    const config = yield* newConfig(file)
    const skipTLSVerify = cluster.skipTLSVerify || server.startsWith("http:")
    config.loadFromClusterAndUser(
      { ...cluster, caFile, server, skipTLSVerify },
      { ...user, certFile, keyFile, exec: undefined }
    )
    const renewed = yield* renewedCredentials(user, file)
    return { server, credentials: async (now, signal) => credentialsOf(config, await renewed(now, signal)) }
  })

/** The path of a file, empty without one. As in kubectl, data in the kubeconfig override the file. */
const fileUnlessData = (file: string | undefined, data: string | undefined): string => (isSet(data) ? "" : (file ?? ""))

type RenewedCredentials = (now: number, signal: AbortSignal) => Promise<ExecPlugin.PluginCredentials>

/** The credentials of an exec plugin or a token file; nothing for a user without them. */
const renewedCredentials = (user: UserEntry, file: string): Effect.Effect<RenewedCredentials, ClientConfigError> => {
  const { exec, name, tokenFile } = user
  if (exec !== undefined && exec !== null) {
    return Schema.decodeUnknownEffect(ExecPlugin.ExecPlugin)(exec).pipe(
      Effect.map(ExecPlugin.make),
      Effect.mapError(
        ({ message }) => new ClientConfigError({ file, key: `users[${name}].user.exec`, detail: message })
      )
    )
  }
  return Effect.succeed(async () => (tokenFile === undefined ? {} : { token: readToken(tokenFile) }))
}

const readToken = (file: string): string => {
  const token = Fs.readFileSync(file, "utf8").trim()
  if (token === "") throw new Error(`token file "${file}" is empty`)
  return token
}

const credentialsOf = async (config: KubeConfig, renewed: ExecPlugin.PluginCredentials): Promise<Credentials> => {
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const headers: Record<string, string> = {}
  if (renewed.token !== undefined) headers.Authorization = `Bearer ${renewed.token}`
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    headers[name] = String(value).trim()
  }
  if (typeof options.auth === "string") {
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString("base64")}`
  }
  const { ca, rejectUnauthorized, servername } = options
  const { cert = options.cert, expiresAt, key = options.key } = renewed
  const tls = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername })
  }
  const transport = config.createDispatcherOptions(config.getCurrentCluster(), tls)
  const isProxied = transport.type === "proxy" || transport.type === "socks"
  return {
    headers,
    tls,
    ...(isProxied ? { proxy: { type: transport.type, uri: transport.uri } } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt })
  }
}

const newConfig = (file: string): Effect.Effect<KubeConfig, ClientConfigError> =>
  Effect.tryPromise({
    try: async () => {
      const { KubeConfig } = await import("./KubeConfigClass.ts")
      return new KubeConfig()
    },
    catch: (cause) =>
      new ClientConfigError({ file, key: "", detail: `cannot import @kubernetes/client-node: ${String(cause)}` })
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
  if ("code" in cause && typeof cause.code === "string") return `cannot be read (${cause.code})`
  if (cause.name === "YAMLException") return `invalid YAML: ${cause.message.split("\n")[0]}`
  return cause instanceof TypeError ? "not a kubeconfig" : cause.message
}

const Users = Schema.Struct({ users: Schema.Array(Schema.Unknown) })

const UserWithTokenFile = Schema.Struct({
  name: Schema.String,
  user: Schema.Struct({ tokenFile: Schema.NonEmptyString })
})

/** Adds `tokenFile`, which client-node does not read from a user. `token` wins. */
const withTokenFile = (text: string, directory: string): ((user: UserEntry) => UserEntry) => {
  if (!text.includes("tokenFile")) return (user) => user
  const parsed: unknown = Yaml.parse(text)
  if (!Schema.is(Users)(parsed)) return (user) => user
  const entries = parsed.users.filter(Schema.is(UserWithTokenFile))
  const files = new Map(entries.map((entry) => [entry.name, entry.user.tokenFile]))
  return (user) => {
    const file = files.get(user.name)
    if (file === undefined || user.token !== undefined) return user
    return { ...user, tokenFile: Path.resolve(directory, file) }
  }
}

const requireFile = (path: string, key: string, file: string): Effect.Effect<void, ClientConfigError> =>
  path === "" || Fs.existsSync(path)
    ? Effect.void
    : Effect.fail(new ClientConfigError({ file, key, detail: `file "${path}" does not exist` }))

const isSet = (text: string | undefined): text is string => text !== undefined && text !== ""

const withoutSlash = (url: string): string => url.replace(/\/+$/, "")
