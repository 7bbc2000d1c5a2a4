/** Removes from responses what a real server itself answers in another way from one time to the next. */
import * as Definitions from "../cases/Definitions.ts"
import type { Json, JsonObject, Step } from "../cases/Scenario.ts"
import * as Corpus from "./Corpus.ts"
import type { Response } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** The part of a response that is compared. */
export const remove = ({ body, code, events, retryAfter, type, warnings }: Response, step: Step): Json => ({
  code,
  type,
  body:
    isObject(body) && isObject(body.details)
      ? sortCauses(removeGeneratedName(body, body.details, step))
      : (body ?? null),
  events: events ?? null,
  warnings: warnings?.join(", ") ?? null,
  retryAfter: retryAfter ?? null
})

/** A rejection without the random suffix of a name that was generated for the rejected object. */
const removeGeneratedName = (body: JsonObject, { name }: JsonObject, { body: sent }: Step): JsonObject => {
  const prefix = isObject(sent) && isObject(sent.metadata) ? sent.metadata.generateName : undefined
  if (typeof prefix !== "string" || typeof name !== "string" || name.length !== prefix.length + 5) return body
  const replaced: JsonObject = JSON.parse(JSON.stringify(body).replaceAll(name, `${prefix}<drawn>`))
  return replaced
}

/**
 * A rejection with sorted causes, also in its message. A real server validates the fields of a schema, and lists
 * managers in conflict, in random order.
 */
const sortCauses = (body: JsonObject): JsonObject => {
  const { details, message } = body
  if (!isObject(details) || !isList(details.causes) || typeof message !== "string") return body
  if (details.group !== Definitions.group && body.reason !== "Conflict") return body
  const causes = details.causes.filter(isObject)
  const texts = [...new Set(causes.map((cause) => `${cause.field}: ${cause.message}`))]
  return {
    ...body,
    message: message.replace(`[${texts.join(", ")}]`, () => `[${texts.toSorted().join(", ")}]`),
    details: {
      ...details,
      causes: causes.toSorted((left, right) => (Corpus.canonical(left) < Corpus.canonical(right) ? -1 : 1))
    }
  }
}
