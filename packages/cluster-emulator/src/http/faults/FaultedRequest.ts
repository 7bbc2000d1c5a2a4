/** Injects faults into requests to the API server. */
import type { Exchange } from "../Exchange.ts"
import { sendFailure } from "../Exchange.ts"
import type { InjectionPoint } from "../HttpFaults.ts"
import * as Resources from "../Resources.ts"
import type { Address, Place } from "../Route.ts"
import type { ServerContext } from "../ServerContext.ts"
import type { FaultedApiRequest } from "./Fault.ts"

/** True when a fault took the request over; the caller must not handle it then. */
export const inject = (context: ServerContext, exchange: Exchange, place: Place, query: Address["query"]): boolean => {
  if (context.faults === undefined) return false
  const request = faultedRequest(context, exchange, place, query)
  const applies: InjectionPoint["applies"] = (effects) =>
    effects._tag === "Request" || (effects._tag === "Api" && effects.applies(request))
  const fault = context.faults.select({ request: request.info, at: context.clock.now(), applies })
  if (fault?.effects._tag !== "Request" && fault?.effects._tag !== "Api") return false
  fault.effects.act(request)
  return true
}

const faultedRequest = (
  context: ServerContext,
  exchange: Exchange,
  place: Place,
  query: Address["query"]
): FaultedApiRequest => ({
  info: Resources.requestInfoOf(exchange, place, query),
  response: exchange.response,
  server: context.server,
  place,
  query,
  handle: (deliver) =>
    Resources.handle(context, deliver === undefined ? exchange : { ...exchange, deliver }, place, query),
  handleAs: (other) => Resources.handle(context, exchange, place, other),
  fail: (failure) => sendFailure(exchange, failure),
  audit: (code) => Resources.auditRejected(context, exchange, place, query, code),
  after: (millis, run) => {
    const cancel = context.clock.after(millis, run)
    exchange.response.once("close", cancel)
  }
})
