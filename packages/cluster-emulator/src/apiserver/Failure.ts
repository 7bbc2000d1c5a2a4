/**
 * Failures of requests as `Status` objects, with the reasons, messages and details of kube-apiserver.
 *
 * The API server throws an {@link ApiFailure} and catches it in one place, `ApiServer.handle`.
 */
import type { Json, JsonObject } from "./Json.ts"

export interface Cause {
  readonly reason: string
  readonly field: string
  readonly message: string
}

/** The resource and kind that `Status.details` and the message name. */
export interface ResourceName {
  readonly group: string
  readonly plural: string
  readonly kind: string
}

export class ApiFailure extends Error {
  readonly code: number
  readonly body: JsonObject

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message)
    this.code = code
    this.body = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code
    }
  }
}

/** `widgets.example.dev`; just the plural for the core group. */
const resourceText = ({ group, plural }: ResourceName): string => (group === "" ? plural : `${plural}.${group}`)

const kindText = ({ group, kind }: ResourceName): string => (group === "" ? kind : `${kind}.${group}`)

const details = (group: string, kind: string, name: string, others: JsonObject = {}): JsonObject => ({
  ...(name === "" ? {} : { name }),
  ...(group === "" ? {} : { group }),
  ...(kind === "" ? {} : { kind }),
  ...others
})

const causesJson = (causes: ReadonlyArray<Cause>): ReadonlyArray<Json> =>
  causes.map(({ field, message, reason }) => ({ reason, message, field }))

export const notFound = (resource: ResourceName, name: string): ApiFailure =>
  new ApiFailure(
    404,
    "NotFound",
    `${resourceText(resource)} "${name}" not found`,
    details(resource.group, resource.plural, name)
  )

/** The path does not exist. */
export const notServed = (): ApiFailure =>
  new ApiFailure(404, "NotFound", "the server could not find the requested resource", {})

export const methodNotAllowed = (): ApiFailure =>
  new ApiFailure(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {})

/** The subresource of a custom kind does not support the verb. */
export const notSupported = (resource: ResourceName, verb: string): ApiFailure =>
  new ApiFailure(
    405,
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${resourceText(resource)}"`,
    details(resource.group, resource.plural, "")
  )

/** The name is in use, possibly by a terminating object. */
export const alreadyExists = (resource: ResourceName, name: string, isTerminating: boolean): ApiFailure =>
  new ApiFailure(
    409,
    "AlreadyExists",
    `${isTerminating ? "object is being deleted: " : ""}${resourceText(resource)} "${name}" already exists`,
    details(resource.group, resource.plural, name)
  )

export const conflict = (resource: ResourceName, name: string, why: string): ApiFailure =>
  new ApiFailure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${resourceText(resource)} "${name}": ${why}`,
    details(resource.group, resource.plural, name)
  )

/** The object changed since the `resourceVersion` of the request. */
export const modified = (resource: ResourceName, name: string): ApiFailure =>
  conflict(
    resource,
    name,
    "the object has been modified; please apply your changes to the latest version and try again"
  )

/** The uid or resourceVersion precondition of a delete failed. */
export const preconditionFailed = (resource: ResourceName, name: string, why: string): ApiFailure =>
  new ApiFailure(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${kindText(resource)} "${name}": ${why}`,
    details(resource.group, resource.kind, name)
  )

/** Validation failed. The message names repeated causes once; `details.causes` repeats them. */
export const invalid = (resource: ResourceName, name: string, causes: ReadonlyArray<Cause>): ApiFailure => {
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  const text = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`
  return new ApiFailure(
    422,
    "Invalid",
    `${kindText(resource)} "${name}" is invalid: ${text}`,
    details(resource.group, resource.kind, name, { causes: causesJson(causes) })
  )
}

/** An update without `resourceVersion` of a kind that requires it. */
export const versionRequired = (resource: ResourceName, name: string): ApiFailure =>
  invalid({ ...resource, kind: resource.plural }, name, [
    {
      reason: "FieldValueInvalid",
      field: "metadata.resourceVersion",
      message: "Invalid value: 0: must be specified for an update"
    }
  ])

export const invalidOptions = (kind: string, cause: Cause): ApiFailure =>
  invalid({ group: "meta.k8s.io", plural: "", kind }, "", [cause])

/** A JSON patch that cannot be applied, or whose `test` operation failed. */
export const unprocessable = (): ApiFailure =>
  new ApiFailure(422, "Invalid", "the server rejected our request due to an error in our request", {})

export const badRequest = (message: string): ApiFailure => new ApiFailure(400, "BadRequest", message)

export const forbidden = (resource: ResourceName, name: string, why: string, cause: Cause): ApiFailure =>
  new ApiFailure(
    403,
    "Forbidden",
    `${resourceText(resource)} "${name}" is forbidden: ${why}`,
    details(resource.group, resource.plural, name, { causes: causesJson([cause]) })
  )

export const unsupportedMediaType = (accepted: ReadonlyArray<string>): ApiFailure =>
  new ApiFailure(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`
  )

/** The content type is rejected by the router of built-in kinds, before any handler. */
export const unroutableMediaType = (): ApiFailure =>
  new ApiFailure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})

/** The resource version or continue token is compacted. */
export const expired = (message: string, continueToken?: string): ApiFailure => {
  const failure = new ApiFailure(410, "Expired", message)
  if (continueToken === undefined) return failure
  return Object.assign(failure, { body: { ...failure.body, metadata: { continue: continueToken } } })
}

export const tooLargeVersion = (requested: string, current: number): ApiFailure =>
  new ApiFailure(504, "Timeout", `Timeout: Too large resource version: ${requested}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1
  })

/** Other managers own fields that a server-side apply changes. Managers are quoted by the caller. */
export const applyConflict = (
  causes: ReadonlyArray<{ readonly manager: string; readonly field: string }>
): ApiFailure => {
  const byManager = new Map<string, Array<string>>()
  for (const { field, manager } of causes) byManager.set(manager, [...(byManager.get(manager) ?? []), field])
  const groups = [...byManager]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([manager, fields]) => `conflicts with ${manager}:\n${fields.map((field) => `- ${field}`).join("\n")}`)
  const [only] = causes
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: conflict with ${only.manager}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${groups.join("\n")}`
  return new ApiFailure(409, "Conflict", message, {
    causes: causes.map(({ field, manager }) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${manager}`,
      field
    }))
  })
}

/** An internal error without a reason in its `Status`. */
export const internal = (message: string): ApiFailure => new ApiFailure(500, "", message)

/** An internal error with reason `InternalError`. */
export const internalError = (why: string): ApiFailure =>
  new ApiFailure(500, "InternalError", `Internal error occurred: ${why}`, { causes: [{ message: why }] })
