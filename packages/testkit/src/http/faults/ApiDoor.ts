/** Where faults meet the requests of the API server. */
import * as Effect from "effect/Effect"
import type { Desk } from "../Desk.ts"
import type { Exchange } from "../Exchange.ts"
import { sendFailure } from "../Exchange.ts"
import type { Moment } from "../HttpFaults.ts"
import * as Resources from "../Resources.ts"
import type { Address, Place } from "../Route.ts"
import type { ApiIncident } from "./Fault.ts"

/** Whether a fault took the request; then it is no longer anybody else's. */
export const strikes = (desk: Desk, exchange: Exchange, place: Place, query: Address["query"]): boolean => {
  const incident = incidentOf(desk, exchange, place, query)
  const applies: Moment["applies"] = (effects) =>
    effects._tag === "Request" || (effects._tag === "Api" && effects.applies(incident))
  const met = desk.faults?.meet({ asked: incident.asked, at: desk.clock.currentTimeMillisUnsafe(), applies })
  if (met?.effects._tag !== "Request" && met?.effects._tag !== "Api") return false
  met.effects.act(incident)
  return true
}

const incidentOf = (desk: Desk, exchange: Exchange, place: Place, query: Address["query"]): ApiIncident => ({
  asked: Resources.askedOf(exchange, place, query),
  response: exchange.response,
  server: desk.server,
  place,
  query,
  handle: (deliver) =>
    Resources.answer(desk, deliver === undefined ? exchange : { ...exchange, deliver }, place, query),
  handleAs: (other) => Resources.answer(desk, exchange, place, other),
  fail: (failure) => sendFailure(exchange, failure),
  note: (code) => Resources.refuse(desk, exchange, place, query, code),
  after: (delay, step) => {
    const fiber = desk.fork(Effect.andThen(Effect.sleep(delay), Effect.sync(step)))
    exchange.response.once("close", () => fiber.interruptUnsafe())
  }
})
