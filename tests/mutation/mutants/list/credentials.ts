/** Mutants of credentials and caches over time: what is read again, and when. */
import type { Mutant } from "../Mutant.ts"

const client = "packages/k8s-adapter/src/client/Client.ts"
const connection = "packages/k8s-adapter/src/client/Connection.ts"
const kubeconfig = "packages/k8s-adapter/src/client/Kubeconfig.ts"
const sidecarClient = "apps/controller/src/sidecar/SidecarClient.ts"
const discovery = "apps/controller/src/LivePeerDiscovery.ts"

export const credentials: ReadonlyArray<Mutant> = [
  {
    id: "caches-credentials-for-hours",
    story: "takes the time that credentials are cached for seconds: they are used for 16 hours",
    kind: "stale read",
    by: "Connection",
    file: client,
    search: "const CREDENTIALS_TTL_MS = 60_000",
    replace: "const CREDENTIALS_TTL_MS = 60_000 * 1000"
  },
  {
    id: "caches-no-credentials",
    story: "takes the time that credentials are cached for milliseconds: every request reads them",
    kind: "needless read",
    by: "Connection",
    file: client,
    search: "const CREDENTIALS_TTL_MS = 60_000",
    replace: "const CREDENTIALS_TTL_MS = 60"
  },
  {
    id: "leaves-token-files-to-client-node",
    story: "leaves token files to client-node, which caches them once more, by the system's clock",
    kind: "stale read",
    by: "Connection",
    file: kubeconfig,
    search: "const tokenFile = tokenFileOf(user)",
    replace: "const tokenFile = undefined"
  },
  {
    id: "keeps-configuration-after-401",
    story: "does not load the configuration again after a 401",
    kind: "stale read",
    by: "Connection",
    file: connection,
    search: "config = yield* Effect.mapError(load, transportFailed)",
    replace: ""
  },
  {
    id: "keeps-connections-of-old-ca",
    story: "keeps the connections that trust the CA of the start",
    kind: "stale read",
    by: "Connection",
    file: connection,
    search: "if (current?.transportKey !== transportKey) {",
    replace: "if (current === undefined) {"
  },
  {
    id: "renews-connections-each-time",
    story: "makes new connections whenever credentials are read again",
    kind: "needless read",
    by: "Connection",
    file: connection,
    search: "if (current?.transportKey !== transportKey) {",
    replace: "if (true) {"
  },
  {
    id: "aborts-requests-at-rotation",
    story: "aborts the requests in flight when the connections are renewed",
    kind: "failure as success",
    by: "Connection",
    file: connection,
    search: "if (current !== undefined) closeWhenIdle(current.pools)",
    replace: "if (current !== undefined) void destroy(current.pools)"
  },
  {
    id: "keeps-rejected-credentials",
    story: "repeats a request after a 401 with the same credentials",
    kind: "stale read",
    by: "Connection",
    file: client,
    search: "yield* send(yield* connection.reauthorize(authorized))",
    replace: "yield* send(authorized)"
  },
  {
    id: "sends-no-client-certificate",
    story: "leaves out the client certificate",
    kind: "stale read",
    by: "Connection",
    file: kubeconfig,
    search: "...(cert === undefined ? {} : { cert }),",
    replace: ""
  },
  {
    id: "reads-sidecar-token-once",
    story: "never reads the token for sidecars again",
    kind: "stale read",
    by: "SidecarClient",
    file: sidecarClient,
    search: "now - cached.readAt < TOKEN_TTL_MS",
    replace: "cached !== NO_TOKEN"
  },
  {
    id: "reads-sidecar-token-for-each-request",
    story: "takes the time that the token is cached for milliseconds",
    kind: "needless read",
    by: "SidecarClient",
    file: sidecarClient,
    search: "const TOKEN_TTL_MS = 60_000",
    replace: "const TOKEN_TTL_MS = 60"
  },
  {
    id: "keeps-rejected-sidecar-token",
    story: "keeps the token for sidecars after a 401",
    kind: "stale read",
    by: "SidecarClient",
    file: sidecarClient,
    search: "if (status === 401) cached = NO_TOKEN",
    replace: ""
  },
  {
    id: "sends-bare-sidecar-token",
    story: "sends the token for sidecars with its newline, under another scheme",
    kind: "wrong status",
    by: "SidecarClient",
    file: sidecarClient,
    search: "`Bearer ",
    replace: "`Token "
  },
  {
    id: "discovers-instances-once",
    story: "takes the minutes that instances are cached for hours",
    kind: "stale read",
    by: "LivePeerDiscovery",
    file: discovery,
    search: 'const INSTANCES_TTL = "5 minutes"',
    replace: 'const INSTANCES_TTL = "5 hours"'
  },
  {
    id: "discovers-node-ids-each-time",
    story: "takes the minutes that node ids are cached for milliseconds",
    kind: "needless read",
    by: "LivePeerDiscovery",
    file: discovery,
    search: 'const NODE_ID_TTL = "10 minutes"',
    replace: 'const NODE_ID_TTL = "10 millis"'
  },
  {
    id: "trusts-any-server",
    story: "sends the service account's token to any server, whoever signed its certificate",
    kind: "skipped check",
    by: "Connection",
    file: kubeconfig,
    search: 'skipTLSVerify: scheme === "http"',
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
  }
]
