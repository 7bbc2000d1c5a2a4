/**
 * Faults in which the server responds with an HTTP status that is not a success. The call takes no effect. Each fault
 * happens to one call, or to every call of one kind for ten minutes; after that the object must converge (INV-10) without
 * anybody's edit.
 */
import { CurrentReconcile } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { CurrentProcess } from "../services/CallLog.ts"
import type { CallSite, Refusal } from "./Around.ts"
import type { Fault } from "./Fault.ts"

const canBeRefused = ({ refused }: CallSite<unknown>): boolean => refused !== undefined
const isToApiServer = (site: CallSite<unknown>): boolean => canBeRefused(site) && site.key !== undefined
const isWrite = (site: CallSite<unknown>): boolean => isToApiServer(site) && site.verb !== "get" && site.verb !== "list"

/** The server responds instead of handling the call. */
const refusing =
  (response: Refusal): Fault["around"] =>
  (call, { refused, sent, target, verb }, { callLog }) =>
    refused === undefined
      ? call
      : Effect.gen(function* () {
          const [pass, process] = [yield* CurrentReconcile.CurrentReconcile, yield* CurrentProcess]
          const { error, result } = refused(response)
          yield* callLog.record({ verb, target, pass, process, sent, result })
          return yield* Effect.fail(error)
        })

export const unauthorized: Fault = {
  name: "unauthorized",
  description: "the server responds 401: the token has expired, or was issued with a key that was rotated",
  appliesTo: canBeRefused,
  around: refusing({ status: 401, code: "Unauthorized", message: "Unauthorized" })
}

export const forbidden: Fault = {
  name: "forbidden",
  description: "the server responds 403: a role binding is removed, or a quota is exceeded",
  appliesTo: canBeRefused,
  around: refusing({ status: 403, code: "Forbidden", message: "forbidden: no role binding grants the permission" })
}

export const notFound: Fault = {
  name: "not found",
  description: "the API server responds 404: it does not serve the kind, its status subresource or the namespace",
  appliesTo: isToApiServer,
  around: refusing({ status: 404, code: "NotFound", message: "the server could not find the requested resource" })
}

export const spuriousConflict: Fault = {
  name: "spurious conflict",
  description: "the API server responds 409 although no other writer changed the object: two quota updates collide",
  appliesTo: isWrite,
  around: refusing({ status: 409, code: "Conflict", message: "Operation cannot be fulfilled on resourcequotas" })
}

export const invalid: Fault = {
  name: "invalid",
  description: "the API server responds 422: an admission webhook or a new validation rule rejects the object",
  appliesTo: isWrite,
  around: refusing({ status: 422, code: "Invalid", message: "is invalid: rejected by an admission webhook" })
}

export const throttled: Fault = {
  name: "throttled",
  description: "API priority and fairness responds 429, and the client is out of retries",
  appliesTo: canBeRefused,
  around: refusing({ status: 429, code: "TooManyRequests", message: "429 Too Many Requests: retry after 1 s" })
}

export const serverError: Fault = {
  name: "server error",
  description: "the server responds 500: etcd has no leader, or a webhook panics",
  appliesTo: canBeRefused,
  around: refusing({ status: 500, code: "InternalError", message: "500 Internal Server Error" })
}

export const unavailable: Fault = {
  name: "unavailable",
  description: "the server responds 503: it is starting or shutting down, and the client is out of retries",
  appliesTo: canBeRefused,
  around: refusing({ status: 503, code: "ServiceUnavailable", message: "503 Service Unavailable: retry after 10 s" })
}

/** How long a lasting refusal lasts. */
const LASTING_MS = 600_000

/** The same response to every call of the API server with the verb and the kind of object of the first one. */
const lasting = (fault: Fault, description: string): Fault => ({
  ...fault,
  appliesTo: (site) => isToApiServer(site) && fault.appliesTo(site),
  name: `${fault.name} for 10 minutes`,
  description,
  lastsMs: LASTING_MS
})

export const forbiddenLasting: Fault = lasting(
  forbidden,
  "a role is removed and restored: for ten minutes every such call gets 403"
)

export const notFoundLasting: Fault = lasting(
  notFound,
  "a CRD without its status subresource is installed and corrected: for ten minutes every such call gets 404"
)

export const invalidLasting: Fault = lasting(
  invalid,
  "an admission webhook with a mistake is installed and removed: for ten minutes every such call gets 422"
)

/** A fault for each HTTP status, for a single call. */
export const single: ReadonlyArray<Fault> = [
  unauthorized,
  forbidden,
  notFound,
  spuriousConflict,
  invalid,
  throttled,
  serverError,
  unavailable
]

/** A fault for each HTTP status that typically lasts. */
export const longer: ReadonlyArray<Fault> = [forbiddenLasting, notFoundLasting, invalidLasting]
