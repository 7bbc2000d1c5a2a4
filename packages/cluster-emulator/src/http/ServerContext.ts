/**
 * What every request is answered from.
 */
import type * as Clock from "effect/Clock"
import type * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { AuditLog } from "./AuditLog.ts"
import type { HttpFaults } from "./HttpFaults.ts"

export interface ServerContext {
  readonly server: ApiServer
  readonly audit: AuditLog
  readonly clock: Clock.Clock
  readonly faults: HttpFaults | undefined
  /** Runs what takes time; it ends with the server. */
  readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
}
