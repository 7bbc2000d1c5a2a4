/** The controllers of `@portolan/cluster-emulator`, on the `Clock` of Effect. */
import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import * as Emulated from "@portolan/cluster-emulator/controllers/ClusterControllers"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as EmulatorClock from "./EmulatorClock.ts"

export type { ClusterControllers, Options } from "@portolan/cluster-emulator/controllers/ClusterControllers"
export { make } from "@portolan/cluster-emulator/controllers/ClusterControllers"

/**
 * Runs the controllers until the scope closes: after every change, and when something is due by the current `Clock`.
 */
export const run = (server: ApiServer, options: Emulated.Options = {}): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(EmulatorClock.make, (clock) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => Emulated.run(server, clock, options)),
        (stop) => Effect.sync(stop)
      )
    )
  )
