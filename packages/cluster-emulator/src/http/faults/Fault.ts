/** A fault: its name, the real failure that it models, and its effect on a request or on a line of a watch. */
import type { ServerResponse } from "node:http"
import type { ApiServer } from "../../apiserver/ApiServer.ts"
import type { ApiFailure } from "../../apiserver/Failure.ts"
import type { Deliver } from "../Exchange.ts"
import type { Address, Place } from "../Route.ts"

/** The attributes by which faults select requests. An attribute that a request does not have is empty. */
export interface RequestInfo {
  /** At the API server the verb of its audit log; at an agent `submit`, `poll`, `health` or `node-id`. */
  readonly verb: string
  readonly group: string
  /** At the API server the plural with its subresource, `widgets/status`; at an agent the type of the task. */
  readonly resource: string
  readonly namespace: string
  /** At the API server the name of the object, empty for creates and collections; at an agent the id of the task. */
  readonly name: string
  /** `Impersonate-User`, or else the product of the `User-Agent`. */
  readonly user: string
  /** The address of the agent; empty at the API server. */
  readonly agent: string
}

/** A request that a fault took over. A fault that does nothing leaves the request without a response. */
export interface FaultedRequest {
  readonly info: RequestInfo
  readonly response: ServerResponse
  /** Handles the request as if there were no fault; `deliver` decides when the response is sent, if at all. */
  readonly handle: (deliver?: Deliver) => void
  /** Responds with a failure in the server's wording. */
  readonly fail: (failure: ApiFailure) => void
  /**
   * Adds the request to the server's audit log, if it has one, with the code of a response that the fault sends itself.
   */
  readonly audit: (code: number) => void
  /** Calls `run` after a delay of the server's clock, unless the connection closes before. */
  readonly after: (millis: number, run: () => void) => void
}

/** A request to the API server. */
export interface FaultedApiRequest extends FaultedRequest {
  readonly server: ApiServer
  readonly place: Place
  readonly query: Address["query"]
  /** Handles the request with other query parameters. */
  readonly handleAs: (query: Address["query"]) => void
}

/** A request to an agent. */
export interface FaultedAgentRequest extends FaultedRequest {
  readonly tasks: { readonly restart: (options: { readonly keepsTasks: boolean }) => void }
}

export type LineType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"

/**
 * What happens to a watch instead of its next line: `cut` closes the connection in the middle of the line, `end` ends
 * the response in the regular way, `lose` closes the connection before the line and makes the server forget its
 * history, `hold` keeps this line and all later ones until the fault is lifted.
 */
export type LineOutcome = "cut" | "end" | "lose" | "hold"

export type Effects =
  | { readonly _tag: "Request"; readonly act: (request: FaultedRequest) => void }
  | {
      readonly _tag: "Api"
      readonly applies: (request: FaultedApiRequest) => boolean
      readonly act: (request: FaultedApiRequest) => void
    }
  | { readonly _tag: "Agent"; readonly act: (request: FaultedAgentRequest) => void }
  | { readonly _tag: "Line"; readonly applies: (type: LineType) => boolean; readonly outcome: LineOutcome }

export interface Fault {
  readonly name: string
  /** The real failure that looks like this to a client, in one sentence. */
  readonly standsFor: string
  readonly effects: Effects
}
