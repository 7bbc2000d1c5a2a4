/** What an answer means: an object, or the reason why there is none. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Response } from "./Client.ts"

export type Reason = KubernetesApi.KubernetesError["reason"]

/** The server's form of saying no; it also ends watches and answers deletes. */
const Status = Schema.Struct({
  kind: Schema.Literal("Status"),
  status: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.Int),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String)
})
export type Status = typeof Status.Type

const isStatus = Schema.is(Status)

/** `None` when a value is not the server's `Status`. */
export const status = (body: unknown): Option.Option<Status> => (isStatus(body) ? Option.some(body) : Option.none())

export const succeeded = (response: Response): boolean => response.status >= 200 && response.status < 300

/**
 * The object of a successful answer. Lists of built-in kinds leave out what their items are, so `kind` fills it in.
 * `None` when the answer is broken.
 */
export const object = (body: unknown, kind: ObjectMeta.ObjectKind): Option.Option<ObjectMeta.KubernetesObject> => {
  if (ObjectMeta.isKubernetesObject(body)) return Option.some(body)
  if (typeof body !== "object" || body === null || isStatus(body)) return Option.none()
  const named = { apiVersion: kind.apiVersion, kind: kind.kind, ...body }
  return ObjectMeta.isKubernetesObject(named) ? Option.some(named) : Option.none()
}

/**
 * Why a request did not succeed. A lost race is `Conflict`; what may be different next time, including what is not an
 * answer to the question, is `Unavailable`; any other no is `Rejected`.
 */
export const reason = (response: Response): Reason => {
  const said = Option.getOrUndefined(status(response.body))
  const message =
    said?.message ?? (response.text === "" ? `HTTP ${response.status}` : `HTTP ${response.status}: ${response.text}`)
  const code = said?.reason ?? NAMES[response.status] ?? "Unknown"
  if (response.status === 409 && code !== "AlreadyExists") return new KubernetesApi.Conflict({ message })
  const rejected = response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429
  return rejected
    ? new KubernetesApi.Rejected({ status: response.status, code, message })
    : new KubernetesApi.Unavailable({ message })
}

/** For servers, and proxies before them, that answer without a `Status`. */
const NAMES: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  405: "MethodNotAllowed",
  410: "Expired",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  422: "Invalid"
}
