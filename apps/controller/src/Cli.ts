/** The flags of the controller: those that its manifests use today, each with what it does here. */
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as AppConfig from "./AppConfig.ts"
import { run } from "./Run.ts"

type Environment = { readonly [name: string]: string | undefined }

const SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"

const text = (name: string, value: string, description: string) =>
  Flag.String(name).pipe(Flag.withDefault(value), Flag.withDescription(description))
const yesNo = (name: string, value: boolean, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDefault(value), Flag.withDescription(description))

const flags = {
  kubeconfig: text(
    "kubeconfig",
    "",
    "A kubeconfig file. Without it: $KUBECONFIG, the pod's service account, ~/.kube/config."
  ),
  health: text("health-probe-bind-address", ":8081", "Where /healthz and /readyz are answered; 0 for nowhere."),
  metrics: text("metrics-bind-address", ":8080", "Accepted; this version serves no metrics yet."),
  elect: yesNo("leader-elect", true, "Accepted; this version elects no leader yet: run one replica."),
  metricsSecure: yesNo("metrics-secure", false, "Accepted; see --metrics-bind-address."),
  metricsCertPath: text("metrics-cert-path", "", "Accepted; see --metrics-bind-address."),
  metricsCertName: text("metrics-cert-name", "tls.crt", "Accepted; see --metrics-bind-address."),
  metricsCertKey: text("metrics-cert-key", "tls.key", "Accepted; see --metrics-bind-address."),
  http2: yesNo("enable-http2", false, "Accepted; see --metrics-bind-address."),
  zapDevel: yesNo("zap-devel", false, "Accepted; logs are JSON lines."),
  zapEncoder: text("zap-encoder", "json", "Accepted; logs are JSON lines."),
  zapLevel: text("zap-log-level", "info", "Accepted; use --log-level."),
  zapStacktrace: text("zap-stacktrace-level", "error", "Accepted; logs are JSON lines."),
  zapTime: text("zap-time-encoding", "iso8601", "Accepted; logs are JSON lines.")
}

/** The controller's command line. Anything that keeps it from starting is one line and exit code 1. */
export const command = (env: Environment) =>
  Command.make("portolan-controller", flags, ({ elect, health, kubeconfig }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const platform = yield* AppConfig.loadPlatform(env)
        const address = yield* AppConfig.parseAddress("health-probe-bind-address", health)
        if (elect) yield* Effect.logWarning("leader election is not there yet: keep this deployment at one replica")
        yield* run({
          cluster: cluster(env, kubeconfig),
          platform,
          platformFile: AppConfig.platformFile(env),
          health: address,
          sidecars: sidecars(env)
        })
        return yield* Effect.never
      })
    ).pipe(
      Effect.catchTags({
        ConfigInvalid: (error) => new CliError.UserError({ userMessage: error.message, cause: error }),
        ClientConfigError: (error) => new CliError.UserError({ userMessage: error.message, cause: error })
      })
    )
  ).pipe(Command.withDescription("Runs the controllers of sei.io against one cluster"))

const cluster = (env: Environment, path: string) => {
  const { HOME: home, KUBECONFIG: kubeconfig, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  return {
    path,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(home === undefined ? {} : { home }),
    ...(host === undefined ? {} : { inCluster: { host, ...(port === undefined ? {} : { port }) } })
  }
}

/** `SEI_SIDECAR_TOKEN_FILE` names another token than the service account's; set and empty, none is sent. */
const sidecars = (env: Environment) => ({
  tokenFile: (env.SEI_SIDECAR_TOKEN_FILE ?? SERVICE_ACCOUNT_TOKEN) || undefined,
  httpProxy: env.HTTP_PROXY ?? env.http_proxy,
  noProxy: env.NO_PROXY ?? env.no_proxy
})
