/**
 * The controller's command line. It accepts every flag that existing deployment manifests of the SeiNode controller set;
 * `--help` says which of them are ignored.
 */
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as AppConfig from "./AppConfig.ts"
import { type Options, run } from "./Run.ts"

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"

const text = (name: string, value: string, description: string) =>
  Flag.String(name).pipe(Flag.withDefault(value), Flag.withDescription(description))
const boolean = (name: string, value: boolean, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(value), Flag.withDescription(description))

const PROBES_ADDRESS = ":8081"
const NO_METRICS = "Ignored: this version serves no metrics."
const JSON_LOGS = "Ignored: logs are JSON lines on standard output."

const flags = {
  kubeconfig: text(
    "kubeconfig",
    "",
    "Path of a kubeconfig. Default: $KUBECONFIG, else the pod's service account, else ~/.kube/config."
  ),
  health: text(
    "health-probe-bind-address",
    PROBES_ADDRESS,
    `Address of the probes /healthz and /readyz; 0 disables them. Default: ${PROBES_ADDRESS}.`
  ),
  leaderElect: boolean("leader-elect", true, "Ignored: this version has no leader election. Run one replica."),
  metrics: text("metrics-bind-address", ":8080", NO_METRICS),
  metricsSecure: boolean("metrics-secure", false, NO_METRICS),
  metricsCertPath: text("metrics-cert-path", "", NO_METRICS),
  metricsCertName: text("metrics-cert-name", "tls.crt", NO_METRICS),
  metricsCertKey: text("metrics-cert-key", "tls.key", NO_METRICS),
  http2: boolean("enable-http2", false, NO_METRICS),
  zapDevel: boolean("zap-devel", false, JSON_LOGS),
  zapEncoder: text("zap-encoder", "json", JSON_LOGS),
  zapLevel: text("zap-log-level", "info", "Ignored: use --log-level."),
  zapStacktrace: text("zap-stacktrace-level", "error", JSON_LOGS),
  zapTime: text("zap-time-encoding", "iso8601", JSON_LOGS)
}

/** An invalid configuration is reported in one line, with exit code 1. */
export const command = (env: AppConfig.Environment) =>
  Command.make("portolan-controller", flags, ({ health, kubeconfig, leaderElect }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const options = yield* runOptions(env, { health, kubeconfig })
        if (leaderElect) {
          yield* Effect.logWarning("--leader-elect is ignored: this version has no leader election, run one replica")
        }
        yield* run(options)
        return yield* Effect.never
      })
    ).pipe(
      Effect.catchTags({
        ConfigInvalid: (error) => new CliError.UserError({ userMessage: error.message, cause: error }),
        ClientConfigError: (error) => new CliError.UserError({ userMessage: error.message, cause: error })
      })
    )
  ).pipe(Command.withDescription("Run the sei.io controllers against a Kubernetes cluster"))

interface Flags {
  readonly health: string
  readonly kubeconfig: string
}

/**
 * The options of the process, from its environment and flags.
 *
 * **Errors** `ConfigInvalid` names the file or the flag, and the key.
 */
export const runOptions = Effect.fnUntraced(function* (env: AppConfig.Environment, { health, kubeconfig }: Flags) {
  const options: Options = {
    cluster: cluster(env, kubeconfig),
    platform: yield* AppConfig.loadPlatform(env),
    platformFile: AppConfig.platformFile(env),
    health: yield* AppConfig.parseAddress("health-probe-bind-address", health),
    sidecars: sidecars(env)
  }
  return options
})

const cluster = (env: AppConfig.Environment, path: string) => {
  const { HOME: home, KUBECONFIG: kubeconfig, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  return {
    path,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(home === undefined ? {} : { home }),
    ...(host === undefined ? {} : { inCluster: { host, ...(port === undefined ? {} : { port }) } })
  }
}

/** `SEI_SIDECAR_TOKEN_FILE` replaces the service account's token; set to the empty string, no token is sent. */
const sidecars = (env: AppConfig.Environment) => ({
  tokenFile: (env.SEI_SIDECAR_TOKEN_FILE ?? SERVICE_ACCOUNT_TOKEN) || undefined,
  httpProxy: env.HTTP_PROXY ?? env.http_proxy,
  noProxy: env.NO_PROXY ?? env.no_proxy
})
