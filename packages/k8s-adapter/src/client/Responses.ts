/** Interprets responses of the API server: the object of a response, or the reason of a failure. */
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Response } from "./Client.ts"

export type Reason = KubernetesApi.KubernetesError["reason"]

/** `metav1.Status`: the body of failures, of some deletes, and of `ERROR` events in a watch. */
const Status = Schema.Struct({
  kind: Schema.Literal("Status"),
  status: Schema.optionalKey(Schema.String),
  code: Schema.optionalKey(Schema.Int),
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  details: Schema.optionalKey(Schema.Unknown)
})
export type Status = typeof Status.Type

const isStatus = Schema.is(Status)

/** `None` when a value is not a `Status`. */
export const status = (body: unknown): Option.Option<Status> => (isStatus(body) ? Option.some(body) : Option.none())

/**
 * Whether a 404 says that this object does not exist. Its `Status` names the object; a 404 of a proxy, or for a kind that
 * the API server does not serve, says nothing about the object.
 */
export const isAbsent = ({ body, status }: Pick<Response, "status" | "body">): boolean =>
  status === 404 && isNamed(body) && body.details.name !== ""

const isNamed = Schema.is(
  Schema.Struct({ kind: Schema.Literal("Status"), details: Schema.Struct({ name: Schema.String }) })
)

export const succeeded = (response: Response): boolean => response.status >= 200 && response.status < 300

/**
 * The object of a successful response. Items in lists of built-in kinds have no `apiVersion` and `kind`; both are added
 * from `kind`. `None` when the value is not an object with metadata.
 */
export const object = (body: unknown, kind: ObjectMeta.ObjectKind): Option.Option<ObjectMeta.KubernetesObject> => {
  if (ObjectMeta.isKubernetesObject(body)) return Option.some(body)
  if (typeof body !== "object" || body === null || isStatus(body)) return Option.none()
  const withKind = { apiVersion: kind.apiVersion, kind: kind.kind, ...body }
  return ObjectMeta.isKubernetesObject(withKind) ? Option.some(withKind) : Option.none()
}

/**
 * Why a request failed. 409 is `Conflict`, except for `AlreadyExists`; so is 422 for the uid of another object, or for a
 * second controller. Every other 4xx is `Rejected`, except for 408 and 429. Everything else is `Unavailable`, because a
 * repetition may succeed.
 */
export const reason = (response: Response): Reason => {
  const failure = Option.getOrUndefined(status(response.body))
  const message =
    failure?.message ?? (response.text === "" ? `HTTP ${response.status}` : `HTTP ${response.status}: ${response.text}`)
  const code = failure?.reason ?? REASONS[response.status] ?? "Unknown"
  const isConflict = response.status === 409 ? code !== "AlreadyExists" : isOfAnother(failure?.details)
  if (isConflict) return new KubernetesApi.Conflict({ message })
  const rejected = response.status >= 400 && response.status < 500 && response.status !== 408 && response.status !== 429
  return rejected
    ? new KubernetesApi.Rejected({ status: response.status, code, message })
    : new KubernetesApi.Unavailable({ message })
}

const Causes = Schema.Struct({ causes: Schema.Array(Schema.Struct({ field: Schema.optionalKey(Schema.String) })) })
const isCauses = Schema.is(Causes)

/** The fields by which an update is invalid because the object is another one, or has another controller by now. */
const IDENTITY_FIELDS: ReadonlySet<string> = new Set(["metadata.uid", "metadata.ownerReferences"])

const isOfAnother = (details: unknown): boolean =>
  isCauses(details) && details.causes.length > 0 && details.causes.every(({ field = "" }) => IDENTITY_FIELDS.has(field))

/** `Status` reasons for responses without a `Status`, such as those of a proxy. */
const REASONS: Readonly<Record<number, string>> = {
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
