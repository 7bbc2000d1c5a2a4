/** Where faults meet the requests of the API server. */
import * as Effect from "effect/Effect"
import type { Exchange } from "../Exchange.ts"
import { sendFailure } from "../Exchange.ts"
import type { Moment } from "../HttpFaults.ts"
import * as Resources from "../Resources.ts"
import type { Address, Place } from "../Route.ts"
import type { ServerContext } from "../ServerContext.ts"
import type { ApiIncident } from "./Fault.ts"

/** Whether a fault took the request; then it is no longer anybody else's. */
export const injections = (
  context: ServerContext,
  exchange: Exchange,
  place: Place,
  query: Address["query"]
): boolean => {
  const incident = incidentOf(context, exchange, place, query)
  const applies: Moment["applies"] = (effects) =>
    effects._tag === "Request" || (effects._tag === "Api" && effects.applies(incident))
  const met = context.faults?.meet({ asked: incident.asked, at: context.clock.currentTimeMillisUnsafe(), applies })
  if (met?.effects._tag !== "Request" && met?.effects._tag !== "Api") return false
  met.effects.act(incident)
  return true
}

const incidentOf = (
  context: ServerContext,
  exchange: Exchange,
  place: Place,
  query: Address["query"]
): ApiIncident => ({
  asked: Resources.askedOf(exchange, place, query),
  response: exchange.response,
  server: context.server,
  place,
  query,
  handle: (deliver) =>
    Resources.answer(context, deliver === undefined ? exchange : { ...exchange, deliver }, place, query),
  handleAs: (other) => Resources.answer(context, exchange, place, other),
  fail: (failure) => sendFailure(exchange, failure),
  note: (code) => Resources.refuse(context, exchange, place, query, code),
  after: (delay, step) => {
    const fiber = context.fork(Effect.andThen(Effect.sleep(delay), Effect.sync(step)))
    exchange.response.once("close", () => fiber.interruptUnsafe())
  }
})
