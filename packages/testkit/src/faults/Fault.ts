/** What a fault is: something that goes wrong around one call, on a stage that it may reach. */
import type * as Effect from "effect/Effect"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { InMemoryAgent } from "../InMemoryAgent.ts"
import type { LaggingCache } from "../LaggingCache.ts"
import type { Ledger } from "../Ledger.ts"
import type { Site } from "./Around.ts"

/** What a fault may reach beside the call that it strikes. */
export interface Stage {
  readonly server: ApiServer
  readonly agents: InMemoryAgent["Service"]
  readonly ledger: Ledger["Service"]
  /** What the process that makes the call sees of the server. */
  readonly view: LaggingCache
  /** Some turns of another process, which nothing disturbs. */
  readonly rival: Effect.Effect<void>
  /** Does something when so many milliseconds have passed. */
  readonly later: (millis: number, happen: () => void) => void
}

/** Something that goes wrong. The same fault at the same call of the same run does the same. */
export interface Fault {
  /** A few words, unique: `answer lost`. */
  readonly name: string
  /** The real thing that it stands for. */
  readonly standsFor: string
  /** Whether it can happen to a call. */
  readonly strikes: (site: Site<unknown>) => boolean
  /** The call with the fault around it. Asked only of calls that it strikes. */
  readonly around: <A, E, R>(call: Effect.Effect<A, E, R>, site: Site<E>, stage: Stage) => Effect.Effect<A, E, R>
}
