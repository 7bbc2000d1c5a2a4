import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as CliError from "effect/cli/CliError"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestConsole from "effect/testing/TestConsole"
import * as DemoCluster from "../demo/DemoCluster.ts"
import * as Cli from "../src/Cli.ts"

const env = DemoCluster.environment
const flags = { health: ":8081", kubeconfig: "" }
const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"

/** Runs the command line until it fails. Returns its message and what it has logged. */
const failure = (environment: typeof env | Record<string, string>, ...args: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const logged: Array<unknown> = []
    const logger = Logger.make(({ message }) => void logged.push(message))
    const error = yield* Command.runWith(Cli.command(environment), { version: "" })(args).pipe(
      Effect.flip,
      Effect.provide(Layer.merge(NodeServices.layer, Logger.layer([logger])))
    )
    return { text: CliError.isCliError(error) && error._tag === "UserError" ? error.userMessage : "", logged }
  })

describe("the command line", () => {
  const NO_FILE = ["--kubeconfig", "/nowhere/config", "--health-probe-bind-address", "0"]
  const NO_ELECTION = "--leader-elect is ignored: this version has no leader election, run one replica"

  it.effect("fails with one line about a kubeconfig that cannot be read", () =>
    Effect.gen(function* () {
      const { text } = yield* failure(env, ...NO_FILE)
      assert.include(text, "/nowhere/config")
      assert.notInclude(text, "\n")
    })
  )

  it.effect("warns that there is no leader election, unless it is switched off", () =>
    Effect.gen(function* () {
      assert.include(JSON.stringify((yield* failure(env, ...NO_FILE)).logged), NO_ELECTION)
      assert.notInclude(JSON.stringify((yield* failure(env, ...NO_FILE, "--leader-elect=false")).logged), NO_ELECTION)
    })
  )

  it.effect("fails before it starts with what is wrong in the platform or in a flag", () =>
    Effect.gen(function* () {
      assert.include((yield* failure({})).text, "SEI_CONTROLLER_CONFIG (not set): ")
      assert.include(
        (yield* failure(env, "--health-probe-bind-address", "nowhere")).text,
        '--health-probe-bind-address: invalid value "nowhere"'
      )
    })
  )

  it.effect("says what the program does", () =>
    Effect.gen(function* () {
      yield* Command.runWith(Cli.command(env), { version: "" })(["--help"]).pipe(Effect.provide(NodeServices.layer))
      const help = (yield* TestConsole.logLines).join("\n")
      assert.include(help, "Run the sei.io controllers against a Kubernetes cluster")
      assert.include(help, "portolan-controller [flags]")
    })
  )
})

describe("the options of the process", () => {
  it.effect("are those of a pod, when only the platform is configured", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Cli.runOptions(env, flags), {
        cluster: { path: "" },
        platform: SamplePlatform.sample,
        platformFile: env.SEI_CONTROLLER_CONFIG,
        health: { host: undefined, port: 8081 },
        sidecars: { tokenFile: TOKEN, httpProxy: undefined, noProxy: undefined }
      })
    })
  )

  it.effect("serve the probes on :8081 by default, as --help says", () =>
    Effect.gen(function* () {
      yield* Command.runWith(Cli.command(env), { version: "" })(["--help"]).pipe(Effect.provide(NodeServices.layer))
      assert.match((yield* TestConsole.logLines).join("\n"), /health-probe-bind-address.*Default: :8081\./u)
    })
  )

  it.effect("take the cluster from the flag and from the environment", () =>
    Effect.gen(function* () {
      const inCluster = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" }
      const all = { ...env, ...inCluster, HOME: "/home/me", KUBECONFIG: "/a:/b" }
      const { cluster } = yield* Cli.runOptions(all, { ...flags, kubeconfig: "/c" })
      assert.deepStrictEqual(cluster, {
        path: "/c",
        kubeconfig: "/a:/b",
        home: "/home/me",
        inCluster: { host: "10.0.0.1", port: "443" }
      })
    })
  )

  it.effect("take the sidecars' token and the proxies from the environment; an empty path sends no token", () =>
    Effect.gen(function* () {
      const sidecarsOf = (more: Record<string, string>) =>
        Effect.map(Cli.runOptions({ ...env, ...more }, flags), ({ sidecars }) => sidecars)
      assert.deepStrictEqual(
        yield* sidecarsOf({ SEI_SIDECAR_TOKEN_FILE: "/t", HTTP_PROXY: "http://p", NO_PROXY: "a,b" }),
        { tokenFile: "/t", httpProxy: "http://p", noProxy: "a,b" }
      )
      assert.deepStrictEqual(yield* sidecarsOf({ SEI_SIDECAR_TOKEN_FILE: "", http_proxy: "http://q", no_proxy: "c" }), {
        tokenFile: undefined,
        httpProxy: "http://q",
        noProxy: "c"
      })
    })
  )

  it.effect("take the default port of the cluster without its variable", () =>
    Effect.gen(function* () {
      const { cluster } = yield* Cli.runOptions({ ...env, KUBERNETES_SERVICE_HOST: "10.0.0.1" }, flags)
      assert.deepStrictEqual(cluster, { path: "", inCluster: { host: "10.0.0.1" } })
    })
  )

  it.effect("serve no probes on address 0", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* Cli.runOptions(env, { ...flags, health: "0" })).health)
    })
  )
})
