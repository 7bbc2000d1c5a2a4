/** A fault: something that goes wrong around one call of a process. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import type * as Effect from "effect/Effect"
import type { CallLog } from "../services/CallLog.ts"
import type { InMemoryAgent } from "../services/InMemoryAgent.ts"
import type { LaggingCache } from "../services/LaggingCache.ts"
import type { CallSite } from "./Around.ts"

/** What a fault may act on besides the call. */
export interface FaultContext {
  readonly server: ApiServer
  readonly agents: InMemoryAgent["Service"]
  readonly callLog: CallLog["Service"]
  /** The cache of the process that makes the call. */
  readonly cache: LaggingCache
  /** Runs a few reconcile passes in another process, without faults. */
  readonly otherLeader: Effect.Effect<void>
  /** Runs an action after a delay in milliseconds. */
  readonly schedule: (delayMs: number, action: () => void) => void
}

/** Deterministic: the same fault at the same call of the same run has the same effect. */
export interface Fault {
  /** A few words, unique: `answer lost`. */
  readonly name: string
  /** The real-world failure that the fault stands for. */
  readonly description: string
  /**
   * How long the fault goes on, in milliseconds, for every call with the verb and the kind of object of the first one, or
   * to the same agent. Absent: it happens to one call.
   */
  readonly lastsMs?: number
  /** Whether the fault can happen to a call. */
  readonly appliesTo: (site: CallSite<unknown>) => boolean
  /** The call with the fault around it. */
  readonly around: <A, E, R>(
    call: Effect.Effect<A, E, R>,
    site: CallSite<E>,
    context: FaultContext
  ) => Effect.Effect<A, E, R>
}
