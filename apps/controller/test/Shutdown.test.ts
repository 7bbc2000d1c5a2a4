/** The entry point as a process of its own: what ends it, and with which exit code. */
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { type HttpFaults, Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as DemoCluster from "../demo/DemoCluster.ts"
import * as Probes from "./harness/Probes.ts"
import * as Process from "./harness/Process.ts"

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url))

interface Addresses {
  readonly kubeconfig: string
  readonly sidecars: { readonly url: string }
}

/** Starts the process with the probes on a port; kills it when the scope closes. */
const startMain = ({ kubeconfig, sidecars }: Addresses, port: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const flags = ["--kubeconfig", kubeconfig, "--health-probe-bind-address", `127.0.0.1:${port}`]
      const env = { ...process.env, ...DemoCluster.environmentOf({ sidecars }) }
      return spawn(process.execPath, [MAIN, ...flags], { stdio: ["ignore", "pipe", "ignore"], env })
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** The exit code, or the signal that killed the process. */
const exitOf = (child: ChildProcess) =>
  Effect.callback<number | string | null>((resume) => {
    child.once("exit", (code, signal) => resume(Effect.succeed(code ?? signal)))
  })

/** What a process has printed so far. */
const textOf = ({ stdout }: ChildProcess) => {
  const chunks: Array<string> = []
  stdout?.on("data", (chunk: Buffer) => chunks.push(String(chunk)))
  return () => chunks.join("")
}

/** Holds requests until `release`, which handles them. */
const holding = () => {
  const held: Array<() => void> = []
  const fault: HttpFaults.Fault = {
    name: "hold",
    standsFor: "an API server that responds late",
    effects: { _tag: "Request", act: ({ handle }) => held.push(() => handle()) }
  }
  const release = () => {
    for (const handle of held.splice(0)) handle()
  }
  return { fault, release }
}

describe("a process that cannot start", () => {
  it.live("exits with 1", () =>
    Effect.gen(function* () {
      const child = yield* startMain({ kubeconfig: "/no/such/file", sidecars: { url: "" } }, 0)
      assert.strictEqual(yield* exitOf(child), 1)
    }).pipe(Effect.scoped)
  )
})

describe("SIGTERM", () => {
  it.live("lets the pass that runs complete, begins no other, and exits with 0; the next process continues", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const { api, apply, faults } = cluster
      yield* apply(Process.node)
      const { fault, release } = holding()
      const held = faults.inject(fault, { on: { verb: "patch", resource: "seinodes/status" } })
      const port = yield* Probes.freePort
      const child = yield* startMain(cluster, port)
      const logs = textOf(child)
      const exit = yield* Effect.forkChild(exitOf(child))
      yield* Process.eventually(() => held.injected() === 1)
      child.kill("SIGTERM")
      // The second response is sent after the signal was handled.
      yield* Probes.statusOf(port, "/healthz")
      assert.strictEqual(yield* Probes.statusOf(port, "/healthz"), 200)
      // The pass created a plan, so a process that runs would begin another pass at once.
      release()
      assert.strictEqual(yield* Fiber.join(exit), 0)
      const lines = logs().trim().split("\n")
      assert.isAbove(lines.length, 1)
      assert.isTrue(lines.every((line) => "message" in JSON.parse(line)))
      const ofPasses = api.audit().filter(({ pass }) => pass !== undefined)
      assert.deepStrictEqual(
        ofPasses.map(({ code, resource, verb }) => `${verb} ${resource} ${code}`),
        ["patch seinodes 200", "patch seinodes/status 200", "create events 201"]
      )

      const { until } = yield* Process.start(cluster)
      yield* until(Process.runs(String(Object(Process.node.spec).image)))
      const violations = Process.verdicts(cluster).flatMap((verdict) =>
        verdict._tag === "Violated" ? verdict.violations : []
      )
      if (violations.length > 0) throw new Invariants.InvariantViolation({ violations })
    }).pipe(Effect.scoped)
  )
})
