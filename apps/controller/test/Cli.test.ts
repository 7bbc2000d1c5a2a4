import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as TestConsole from "effect/testing/TestConsole"
import * as DemoCluster from "../demo/DemoCluster.ts"
import * as Cli from "../src/Cli.ts"

const env = DemoCluster.environment
const flags = { health: ":8081", kubeconfig: "" }
const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"

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

  it.effect("serve no probes on address 0", () =>
    Effect.gen(function* () {
      assert.isUndefined((yield* Cli.runOptions(env, { ...flags, health: "0" })).health)
    })
  )
})
