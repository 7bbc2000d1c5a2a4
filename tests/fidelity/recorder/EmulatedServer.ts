/** The emulated API server, reached over HTTP like a real one. It uses the test clock. */
import { ApiServer, KubernetesServer } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { Agent } from "undici"
import type { Server } from "./Run.ts"

/** Serves until the scope closes. */
export const make = Effect.gen(function* () {
  const { url } = yield* KubernetesServer.make({ server: ApiServer.make({ now: () => "2026-01-01T00:00:00Z" }) })
  const agent = yield* Effect.acquireRelease(
    Effect.sync(() => new Agent({ connections: 16 })),
    (created) => Effect.promise(() => created.destroy())
  )
  const context = yield* Effect.context<never>()
  const awaitWatchTimeout = () => Effect.runPromiseWith(context)(TestClock.adjust("2 seconds"))
  const server: Server = { url, agent, headers: {}, awaitWatchTimeout }
  return server
})
