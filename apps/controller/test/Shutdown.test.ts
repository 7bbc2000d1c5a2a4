/** The process's end: another process continues the plan that it leaves. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as DemoCluster from "../demo/DemoCluster.ts"
import * as Process from "./harness/Process.ts"

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Runs the entry point in a process of its own, which is killed when the scope closes. */
const spawned = ({ kubeconfig, sidecars }: Process.Cluster) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [MAIN, "--kubeconfig", kubeconfig, "--health-probe-bind-address", "0"], {
        env: {
          ...DemoCluster.environment,
          HTTP_PROXY: sidecars.url,
          NO_PROXY: "127.0.0.1",
          SEI_SIDECAR_TOKEN_FILE: ""
        },
        stdio: "ignore"
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("SIGTERM", () => {
  it.live("ends the process with 0 in the midst of a plan, which the next process continues", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const { api, apply } = cluster
      const passes = () => [...new Set(api.audit().flatMap(({ pass }) => pass ?? []))]
      const child = yield* spawned(cluster)
      yield* apply(Process.node)
      yield* Process.eventually(() => passes().length > 1)
      child.kill("SIGTERM")
      const [code] = yield* Effect.promise(() => once(child, "exit"))
      assert.strictEqual(code, 0)
      const left = passes()
      const { until } = yield* Process.start(cluster)
      yield* until(Process.runs(String(Object(Process.node.spec).image)))
      assert.isAbove(passes().length, left.length)
      const violations = Process.verdicts(cluster).flatMap((verdict) =>
        verdict._tag === "Violated" ? verdict.violations : []
      )
      if (violations.length > 0) throw new Invariants.InvariantViolation({ violations })
    }).pipe(Effect.scoped)
  )
})
