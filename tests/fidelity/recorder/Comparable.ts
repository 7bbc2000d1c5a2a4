/**
 * Answers without what a real server itself says otherwise from one time to the next.
 */
import * as Definitions from "../cases/Definitions.ts"
import type { Json, JsonObject, Step } from "../cases/Scenario.ts"
import * as Corpus from "./Corpus.ts"
import type { Answer } from "./Run.ts"
import { isList, isObject } from "./Run.ts"

/** What of an answer to a request is compared with what another server answered to it. */
export const of = ({ body, code, events, retryAfter, type, warnings }: Answer, step: Step): Json => ({
  code,
  type,
  body: isObject(body) && isObject(body.details) ? sorted(undrawn(body, body.details, step)) : (body ?? null),
  events: events ?? null,
  warnings: warnings?.join(", ") ?? null,
  retryAfter: retryAfter ?? null
})

/** A refusal without the name that was drawn for the object it is about. */
const undrawn = (body: JsonObject, { name }: JsonObject, { body: asked }: Step): JsonObject => {
  const prefix = isObject(asked) && isObject(asked.metadata) ? asked.metadata.generateName : undefined
  if (typeof prefix !== "string" || typeof name !== "string" || name.length !== prefix.length + 5) return body
  const replaced: JsonObject = JSON.parse(JSON.stringify(body).replaceAll(name, `${prefix}<drawn>`))
  return replaced
}

/** A refusal with its causes sorted, also in its message: fields of a schema, and managers, are checked in no order. */
const sorted = (body: JsonObject): JsonObject => {
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
