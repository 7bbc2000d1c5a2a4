/** Mutants of credentials and of everything else that is cached for a time: tokens, certificates, discovery, files. */
import type { Mutant } from "../Mutant.ts"

const client = "packages/k8s-adapter/src/client/Client.ts"
const connection = "packages/k8s-adapter/src/client/Connection.ts"
const kubeconfig = "packages/k8s-adapter/src/client/Kubeconfig.ts"
const execPlugin = "packages/k8s-adapter/src/client/ExecPlugin.ts"
const sidecarClient = "apps/controller/src/sidecar/SidecarClient.ts"
const discovery = "apps/controller/src/LivePeerDiscovery.ts"
const ec2 = "apps/controller/src/aws/Ec2Instances.ts"
const syncerFile = "apps/controller/src/SyncerFile.ts"

export const credentials: ReadonlyArray<Mutant> = [
  {
    id: "caches-credentials-for-seconds-as-millis",
    story: "takes the milliseconds of the lifetime of credentials for seconds, so they are used for 17 hours",
    kind: "stale read",
    by: "Kubeconfig",
    file: connection,
    search: "Math.min(now + options.credentialsTtlMs, expiresAt)",
    replace: "Math.min(now + options.credentialsTtlMs * 1000, expiresAt)"
  },
  {
    id: "reads-token-file-once",
    story: "reads the token file when the configuration is loaded, and never again",
    kind: "stale read",
    by: "Kubeconfig",
    file: kubeconfig,
    search: "return Effect.succeed(async () => (tokenFile === undefined ? {} : { token: readToken(tokenFile) }))",
    replace:
      "const once = tokenFile === undefined ? {} : { token: readToken(tokenFile) }\n  return Effect.succeed(async () => once)"
  },
  {
    id: "sends-empty-token",
    story: "sends a request without a token when the token file is empty",
    kind: "skipped check",
    by: "Kubeconfig",
    file: kubeconfig,
    search: 'if (token === "") throw',
    replace: "if (token === undefined) throw"
  },
  {
    id: "repeats-rejected-credentials",
    story: "sends a request again with the credentials that were answered with 401",
    kind: "stale read",
    by: "Kubeconfig",
    file: client,
    search: "yield* send(yield* connection.reauthorize(authorized))",
    replace: "yield* send(authorized)"
  },
  {
    id: "reauthorizes-without-loading",
    story: "does not load the configuration again after a 401, so an exec plugin's credentials are never renewed",
    kind: "stale read",
    by: "ExecPlugin",
    file: connection,
    search: "config = yield* Effect.mapError(load, transportFailed)",
    replace: ""
  },
  {
    id: "loads-for-every-rejection",
    story: "fetches credentials for each of the concurrent requests that were answered with 401",
    kind: "needless read",
    by: "ExecPlugin",
    file: connection,
    search: "if (cached !== undefined && cached.authorized.epoch > rejected.epoch) return cached.authorized",
    replace: ""
  },
  {
    id: "keeps-pools-after-rotation",
    story: "keeps the connection pools, and with them the old certificate, when a new one has been read",
    kind: "stale read",
    by: "Connection",
    file: connection,
    search: "if (current?.transportKey !== transportKey) {",
    replace: "if (current === undefined) {"
  },
  {
    id: "never-closes-old-pools",
    story: "leaves the connections of the old certificate open",
    kind: "orphaned child",
    by: "Connection",
    file: connection,
    search: "if (current !== undefined) closeWhenIdle(current.pools)",
    replace: ""
  },
  {
    id: "breaks-watches-on-rotation",
    story: "destroys the connections of the old certificate, with the requests and watches on them",
    kind: "missed event",
    by: "Connection",
    file: connection,
    search: "if (current !== undefined) closeWhenIdle(current.pools)",
    replace: "if (current !== undefined) void destroy(current.pools)"
  },
  {
    id: "uses-certificate-without-its-key",
    story: "uses a rotated certificate with the old key for a minute, in which every connection fails",
    kind: "skipped check",
    by: "Connection",
    file: connection,
    search: "createSecureContext(transport.tls)",
    replace: ""
  },
  {
    id: "uses-expired-credentials",
    story: "uses the credentials of an exec plugin for their whole time in the cache, also when they expire earlier",
    kind: "stale read",
    by: "ExecPlugin",
    file: connection,
    search: "Math.min(now + options.credentialsTtlMs, expiresAt)",
    replace: "now + options.credentialsTtlMs"
  },
  {
    id: "never-renews-exec-credentials",
    story: "does not run an exec plugin again when its credentials have expired",
    kind: "stale read",
    by: "ExecPlugin",
    file: execPlugin,
    search: "if (current !== undefined && now < (current.expiresAt ?? Number.POSITIVE_INFINITY)) return current",
    replace: "if (current !== undefined) return current"
  },
  {
    id: "runs-exec-plugin-every-minute",
    story: "runs an exec plugin whenever credentials are fetched, although its last ones are valid",
    kind: "needless read",
    by: "ExecPlugin",
    file: execPlugin,
    search: "if (current !== undefined && now < (current.expiresAt ?? Number.POSITIVE_INFINITY)) return current",
    replace: ""
  },
  {
    id: "runs-exec-plugin-per-request",
    story: "runs an exec plugin for each of the concurrent requests that find its credentials expired",
    kind: "needless read",
    by: "ExecPlugin",
    file: connection,
    search: "cached !== undefined && cached !== expired ? Effect.succeed(cached.authorized) : fetchCredentials",
    replace:
      "Effect.andThen(Effect.sync(() => (cached = undefined)), Effect.flatMap(load, (loaded) => Effect.andThen(Effect.sync(() => (config = loaded)), fetchCredentials)))"
  },
  {
    id: "leaves-exec-plugin-running",
    story: "does not stop an exec plugin when the request that needs it has reached its deadline",
    kind: "orphaned child",
    by: "ExecPlugin",
    file: execPlugin,
    search: "{ env: { ...process.env, ...added }, signal }",
    replace: "{ env: { ...process.env, ...added } }"
  },
  {
    id: "reads-sidecar-token-once",
    story: "reads the token file of sidecars once, and again only after a 401",
    kind: "stale read",
    by: "SidecarClient",
    file: sidecarClient,
    search: "now - cached.readAt < TOKEN_TTL_MS",
    replace: 'cached.text !== ""'
  },
  {
    id: "keeps-sidecar-token-after-401",
    story: "goes on using a token that a sidecar has answered with 401, for up to a minute",
    kind: "stale read",
    by: "SidecarClient",
    file: sidecarClient,
    search: "if (status === 401) cached = NO_TOKEN",
    replace: ""
  },
  {
    id: "sends-empty-sidecar-token",
    story: "sends a request to a sidecar without a token when the token file is empty",
    kind: "skipped check",
    by: "SidecarClient",
    file: sidecarClient,
    search: 'if (text === "") return',
    replace: "if (text === undefined) return"
  },
  {
    id: "caches-failed-discovery-for-minutes",
    story: "caches a failure of discovery for as long as a result",
    kind: "stale read",
    by: "LivePeerDiscovery",
    file: discovery,
    search: "(Exit.isSuccess(exit) ? ttl : FAILURE_TTL)",
    replace: "(Exit.isSuccess(exit) ? ttl : ttl)"
  },
  {
    id: "repeats-failed-discovery",
    story: "does not cache a failure of discovery, so every node repeats the request that just failed",
    kind: "unbounded retry",
    by: "LivePeerDiscovery",
    file: discovery,
    search: "(Exit.isSuccess(exit) ? ttl : FAILURE_TTL)",
    replace: '(Exit.isSuccess(exit) ? ttl : "0 seconds")'
  },
  {
    id: "caches-discovery-forever",
    story: "never asks again for instances and node ids that were found once",
    kind: "stale read",
    by: "LivePeerDiscovery",
    file: discovery,
    search: "(Exit.isSuccess(exit) ? ttl : FAILURE_TTL)",
    replace: '(Exit.isSuccess(exit) ? "1000 weeks" : FAILURE_TTL)'
  },
  {
    id: "compares-syncer-file-by-path",
    story: "compares the path of the syncer file and not its content, so no change of it is seen",
    kind: "missed event",
    by: "SyncerFile",
    file: syncerFile,
    search: 'return Fs.readFileSync(path, "utf8")',
    replace: "return path"
  },
  {
    id: "misses-new-syncer-file",
    story: "does not see that the syncer file appears",
    kind: "missed event",
    by: "SyncerFile",
    file: syncerFile,
    search: "return current === previous ? Effect.void : effect",
    replace: 'return current === previous || previous === "" ? Effect.void : effect'
  },
  {
    id: "trusts-any-server",
    story: "sends the service account's token to any server, whoever signed its certificate",
    kind: "skipped check",
    by: "a service account",
    file: kubeconfig,
    search: "skipTLSVerify: false",
    replace: "skipTLSVerify: true"
  },
  {
    id: "waits-minutes-for-api-server",
    story: "waits for 30 minutes for an API server that does not respond",
    kind: "missing requeue",
    by: "Client",
    file: client,
    search: 'deadline = "30 seconds"',
    replace: 'deadline = "30 minutes"'
  },
  {
    id: "waits-a-minute-for-ec2",
    story: "waits six times as long for a response of EC2, which keeps a pass of a node from ending",
    kind: "blocked pass",
    by: "Ec2Instances",
    file: ec2,
    search: "Duration.seconds(10)",
    replace: "Duration.seconds(60)"
  },
  {
    id: "creates-an-ec2-client-per-search",
    story: "creates an EC2 client, with its own credentials and connections, for every search",
    kind: "leaked resource",
    by: "Ec2Instances",
    file: ec2,
    search: "clients.set(region, regional)",
    replace: ""
  },
  {
    id: "keeps-sidecar-connections-open",
    story: "never closes the connections to sidecars",
    kind: "leaked resource",
    by: "SidecarClient",
    file: sidecarClient,
    search: "Effect.promise(() => agent.destroy())",
    replace: "Effect.sync(() => agent.destroyed)"
  },
  {
    id: "runs-plugins-in-own-environment",
    story: "runs a credential plugin without the environment of the process, if it has variables of its own",
    kind: "blocked pass",
    by: "a credential plugin",
    file: "packages/k8s-adapter/src/client/ExecPlugin.ts",
    search: "{ ...process.env, ...added }",
    replace: "env?.length ? added : process.env"
  },
  {
    id: "keeps-credentials-of-rejected-watch",
    story: "does not renew the credentials when a watch is answered with 401",
    kind: "stale read",
    by: "Connection",
    file: "packages/k8s-adapter/src/client/Client.ts",
    search: "      return yield* withAuthorization(connection, (authorized) => {",
    replace: "      return yield* Effect.flatMap(connection.authorize, (authorized) => {"
  },
  {
    id: "shares-searches-of-a-region",
    story: "gives the result of a running EC2 search to all searches of its region, whatever their tags",
    kind: "stale read",
    by: "Ec2Instances",
    file: "apps/controller/src/aws/Ec2Instances.ts",
    search: "try: (signal) => describe(sdk, clientFor(sdk, region), tags, signal),",
    replace: `try: (signal) => {
          const shared = (globalThis.searches ??= new Map())
          const running = shared.get(region) ?? describe(sdk, clientFor(sdk, region), tags, signal)
          shared.set(region, running)
          return running.finally(() => shared.delete(region))
        },`
  }
]
