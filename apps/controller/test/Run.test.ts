import { assert, describe, it } from "@effect/vitest"
import { CustomKind, type ObjectMeta, Requeue } from "@portolan/planner"
import { SamplePlatform, SeiNode } from "@portolan/sei"
import { type AuditLog, HttpFaults, InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as DemoCluster from "../demo/DemoCluster.ts"
import type { KindController } from "../src/kinds/KindController.ts"
import * as SeiNodeController from "../src/kinds/SeiNode.ts"
import { run } from "../src/Run.ts"
import { freePort, statusOf } from "./harness/Probes.ts"
import * as Process from "./harness/Process.ts"

const sidecars = { tokenFile: undefined, httpProxy: undefined, noProxy: undefined }

const cluster = Effect.gen(function* () {
  const server = yield* InMemoryKubernetes.makeServer({ definitions: [CustomKind.manifest(SeiNode.kind)] })
  return yield* KubernetesServer.make({ server })
})

const passesIn = (entries: ReadonlyArray<AuditLog.AuditEntry>) => entries.filter(({ pass }) => pass !== undefined)

describe("Run", () => {
  it.live("serves /healthz and, once the caches are synced, /readyz", () =>
    Effect.gen(function* () {
      const { url } = yield* cluster
      const port = yield* freePort
      const health = { host: "127.0.0.1", port }
      yield* run({ cluster: { server: url }, platform: SamplePlatform.sample, platformFile: "", health, sidecars })
      assert.strictEqual(yield* statusOf(port, "/healthz"), 200)
      assert.strictEqual(yield* statusOf(port, "/readyz"), 200)
    }).pipe(Effect.scoped)
  )

  it.live("is alive but not ready, and writes nothing, while a list of its caches waits for Retry-After", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const { api, apply, faults } = cluster
      yield* apply(Process.node)
      const injection = faults.inject(HttpFaults.throttled({ seconds: 1 }), { on: { verb: "list", resource: "pods" } })
      const port = yield* freePort
      const options = { ...(yield* DemoCluster.runOptions(cluster)), health: { host: "127.0.0.1", port } }
      const starting = yield* Effect.forkChild(run(options))
      yield* Process.eventually(() => injection.injected() === 1)
      assert.strictEqual(yield* statusOf(port, "/healthz"), 200)
      assert.strictEqual(yield* statusOf(port, "/readyz"), 503)
      yield* Fiber.join(starting)
      assert.strictEqual(yield* statusOf(port, "/readyz"), 200)
      yield* Process.eventually(() => passesIn(api.audit()).length > 0)
      const lists = api.audit().filter(({ resource, verb }) => resource === "pods" && verb === "list")
      const [rejected, listed] = lists.map(({ at, code }) => ({ at, code }))
      assert.deepStrictEqual([rejected?.code, listed?.code], [429, 200])
      assert.isAtLeast((listed?.at ?? 0) - (rejected?.at ?? 0), 990)
      const [first] = passesIn(api.audit())
      assert.isAbove(first?.at ?? 0, listed?.at ?? 0)
    }).pipe(Effect.scoped)
  )

  it.live("starts the source of keys of a controller that has one", () =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const options = yield* DemoCluster.runOptions(cluster)
      const reconciled = yield* Deferred.make<ObjectMeta.ObjectKey>()
      const controller: KindController = {
        ...SeiNodeController.controller(options),
        reconcile: Effect.succeed((key) =>
          Effect.as(Deferred.succeed(reconciled, key), { requeue: Requeue.awaitChange, wrote: false })
        ),
        externalSource: ({ enqueue }) => enqueue(Process.KEY)
      }
      yield* run({ ...options, controllers: [controller] })
      assert.deepStrictEqual(yield* Effect.timeout(Deferred.await(reconciled), "5 seconds"), Process.KEY)
    }).pipe(Effect.scoped)
  )

  it.live("fails when the health port is in use, and names the flag", () =>
    Effect.gen(function* () {
      const { port, url } = yield* cluster
      const health = { host: "127.0.0.1", port }
      const start = run({
        cluster: { server: url },
        platform: SamplePlatform.sample,
        platformFile: "",
        health,
        sidecars
      })
      const error = yield* Effect.flip(start)
      assert.strictEqual(
        error.message,
        `--health-probe-bind-address: cannot listen on 127.0.0.1:${port}: address already in use`
      )
    }).pipe(Effect.scoped)
  )
})
