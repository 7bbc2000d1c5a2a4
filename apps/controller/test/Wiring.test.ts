/** What the composition gives its parts: the token for sidecars, one tracker of writes, room for other passes, a grace. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { SamplePlatform } from "@portolan/sei"
import { HttpFaults } from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as DemoCluster from "../demo/DemoCluster.ts"
import { run } from "../src/Run.ts"
import * as FastClock from "./harness/FastClock.ts"
import { serve } from "./harness/HttpServer.ts"
import { freePort, statusOf } from "./harness/Probes.ts"
import * as Process from "./harness/Process.ts"

const STATUS = "seinodes/status"

/** The names of the nodes whose status was written, and with which code. */
const statusWrites = ({ api }: Process.Cluster) =>
  api
    .audit()
    .filter(({ resource, verb }) => resource === STATUS && verb === "patch")
    .map(({ code, name }) => `${name} ${code}`)

/** Runs a test on a fast clock, and fails it after two minutes of it. */
const fast =
  (speed?: number) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(FastClock.make(speed), (clock) =>
      Effect.provideService(Effect.timeout(effect, "2 minutes"), Clock.Clock, clock)
    )

describe("the composition", () => {
  it.live("sends the token of the process to sidecars", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const received = new Set<string>()
      const port = yield* serve(({ headers }, response) => {
        received.add(headers.authorization ?? "none")
        response.writeHead(200).end("{}")
      })
      const tokenFile = Path.join(Path.dirname(cluster.kubeconfig), "token")
      Fs.writeFileSync(tokenFile, "of-the-process\n")
      const options = yield* DemoCluster.runOptions(cluster)
      const sidecars = { tokenFile, httpProxy: `http://127.0.0.1:${port}`, noProxy: undefined }
      yield* run({ ...options, sidecars })
      yield* cluster.apply(Process.node)
      yield* Process.eventually(() => received.size > 0)
      assert.deepStrictEqual([...received], ["Bearer of-the-process"])
    }).pipe(Effect.scoped, fast())
  )

  it.live("reads its own writes although no watch reports them", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      yield* cluster.apply(Process.node)
      const frozen = { on: { verb: "watch", resource: "seinodes" }, times: Number.POSITIVE_INFINITY }
      cluster.faults.inject(HttpFaults.watchFrozen(), frozen)
      yield* run(yield* DemoCluster.runOptions(cluster))
      yield* Process.eventually(() => statusWrites(cluster).length >= 3)
      assert.deepStrictEqual(new Set(statusWrites(cluster)), new Set([`${Process.KEY.name} 200`]))
    }).pipe(Effect.scoped, fast())
  )

  it.live("reconciles other nodes while a pass does not end, and stops ten seconds after it should", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const held = cluster.faults.inject(HttpFaults.hang(), { on: { resource: STATUS, name: Process.KEY.name } })
      const process = yield* Scope.make()
      yield* Scope.provide(run(yield* DemoCluster.runOptions(cluster)), process)
      yield* cluster.apply(Process.node)
      yield* Process.eventually(() => held.injected() === 1)
      yield* Effect.forEach(Process.others, (object) => cluster.apply(object), { discard: true })
      yield* Process.eventually(() => statusWrites(cluster).includes("validator-0 200"))
      const stoppedAt = yield* Clock.currentTimeMillis
      yield* Scope.close(process, Exit.void)
      const seconds = ((yield* Clock.currentTimeMillis) - stoppedAt) / 1000
      assert.isAtLeast(seconds, 9)
      // The held request would end after 30 seconds. Three of this clock are one of the machine, which may be slow.
      assert.isBelow(seconds, 27)
    }).pipe(Effect.scoped, fast(3))
  )

  it.live("serves the probes on the interface of the address alone", () =>
    Effect.gen(function* () {
      const { api } = yield* Process.makeCluster
      const health = { host: "127.0.0.1", port: yield* freePort }
      const sidecars = { tokenFile: undefined, httpProxy: undefined, noProxy: undefined }
      yield* run({ cluster: { server: api.url }, platform: SamplePlatform.sample, platformFile: "", health, sidecars })
      assert.strictEqual(yield* statusOf(health.port, "/healthz"), 200)
      assert.strictEqual(yield* statusOf(health.port, "/healthz", "127.0.0.2"), 0)
    }).pipe(Effect.scoped)
  )
})
