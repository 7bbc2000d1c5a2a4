import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { CustomKind } from "@portolan/planner"
import { SamplePlatform, SeiNode } from "@portolan/sei"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import { run } from "../src/Run.ts"

const sidecars = { tokenFile: undefined, httpProxy: undefined, noProxy: undefined }

const freePort = Effect.callback<number>((resume) => {
  const probe = createServer()
  probe.listen(0, "127.0.0.1", () => {
    const bound = probe.address()
    probe.close(() => resume(Effect.succeed(typeof bound === "object" && bound !== null ? bound.port : 0)))
  })
})

const cluster = Effect.gen(function* () {
  const server = yield* InMemoryKubernetes.makeServer({ definitions: [CustomKind.manifest(SeiNode.kind)] })
  return yield* KubernetesServer.make({ server })
})

const statusOf = (port: number, path: string) =>
  Effect.map(
    Effect.promise(() => fetch(`http://127.0.0.1:${port}${path}`)),
    ({ status }) => status
  )

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
