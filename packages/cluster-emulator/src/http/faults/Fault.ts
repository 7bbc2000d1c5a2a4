/**
 * What a fault is: a name, what it stands for, and what it does to a request, or to a line of a watch.
 */
import type { ServerResponse } from "node:http"
import type * as Duration from "effect/Duration"

import type { ApiServer } from "../../apiserver/ApiServer.ts"
import type { ApiFailure } from "../../apiserver/Failure.ts"
import type { Deliver } from "../Exchange.ts"
import type { Address, Place } from "../Route.ts"

/** A request, as faults choose by it. What a request does not have is empty. */
export interface Asked {
  /** Of the API server as its audit log names it; of an agent `submit`, `poll`, `health`, `node-id`. */
  readonly verb: string
  readonly group: string
  /** The plural with its subresource, `widgets/status`; of an agent the type of the task. */
  readonly resource: string
  readonly namespace: string
  /** Of the object, empty for creates and collections; of an agent the id of the task. */
  readonly name: string
  /** `Impersonate-User`, or else the product of the `User-Agent`. */
  readonly user: string
  /** The address of the agent that is asked; empty at the API server. */
  readonly agent: string
}

/** One request in the hands of a fault. A fault that does nothing with it leaves it unanswered. */
export interface Incident {
  readonly asked: Asked
  readonly response: ServerResponse
  /** Serves it as if there were no fault; `deliver` decides what becomes of the answer. */
  readonly handle: (deliver?: Deliver) => void
  /** Answers with a failure in the words of the server. */
  readonly fail: (failure: ApiFailure) => void
  /** Writes into the log of the server, if it has one, how a request was answered that is not served. */
  readonly note: (code: number) => void
  /** Runs a step when the time is over, by the server's clock. */
  readonly after: (delay: Duration.Input, step: () => void) => void
}

/** A request of the API server. */
export interface ApiIncident extends Incident {
  readonly server: ApiServer
  readonly place: Place
  readonly query: Address["query"]
  /** Serves it as if it had asked with other parameters. */
  readonly handleAs: (query: Address["query"]) => void
}

/** A request of an agent. */
export interface AgentIncident extends Incident {
  readonly tasks: { readonly restart: (options: { readonly keepsTasks: boolean }) => void }
}

export type LineType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"

/**
 * What becomes of a watch instead of its next line: `cut` breaks the connection in the middle of the line, `end` ends the
 * answer as planned, `lose` breaks the connection before the line and lets the server forget its past, `hold` keeps this
 * line and all that follow until the fault is lifted.
 */
export type LineFate = "cut" | "end" | "lose" | "hold"

export type Effects =
  | { readonly _tag: "Request"; readonly act: (incident: Incident) => void }
  | {
      readonly _tag: "Api"
      readonly applies: (incident: ApiIncident) => boolean
      readonly act: (incident: ApiIncident) => void
    }
  | { readonly _tag: "Agent"; readonly act: (incident: AgentIncident) => void }
  | { readonly _tag: "Line"; readonly applies: (type: LineType) => boolean; readonly fate: LineFate }

export interface Fault {
  readonly name: string
  /** The real thing that goes wrong like this, in one sentence. */
  readonly standsFor: string
  readonly effects: Effects
}
