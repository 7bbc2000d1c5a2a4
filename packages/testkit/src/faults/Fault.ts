/** What a fault is: something that goes wrong around one call, on a stage that it may reach. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import type * as Effect from "effect/Effect"
import type { CallLog } from "../services/CallLog.ts"
import type { InMemoryAgent } from "../services/InMemoryAgent.ts"
import type { LaggingCache } from "../services/LaggingCache.ts"
import type { Site } from "./Around.ts"

/** What a fault may reach beside the call that it strikes. */
export interface FaultContext {
  readonly server: ApiServer
  readonly agents: InMemoryAgent["Service"]
  readonly callLog: CallLog["Service"]
  /** What the process that makes the call sees of the server. */
  readonly view: LaggingCache
  /** Some turns of another process, which nothing disturbs. */
  readonly concurrentWrite: Effect.Effect<void>
  /** Does something when so many milliseconds have passed. */
  readonly later: (millis: number, happen: () => void) => void
}

/** Something that goes wrong. The same fault at the same call of the same run does the same. */
export interface Fault {
  /** A few words, unique: `answer lost`. */
  readonly name: string
  /** The real thing that it stands for. */
  readonly description: string
  /** Whether it can happen to a call. */
  readonly appliesTo: (site: Site<unknown>) => boolean
  /** The call with the fault around it. Asked only of calls that it strikes. */
  readonly around: <A, E, R>(call: Effect.Effect<A, E, R>, site: Site<E>, stage: FaultContext) => Effect.Effect<A, E, R>
}
