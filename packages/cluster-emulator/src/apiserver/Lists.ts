/**
 * Lists: selectors, chunking with continue tokens over one consistent snapshot, and `resourceVersionMatch`.
 */
import type { ApiFailure } from "./Failure.ts"
import { badRequest, expired, invalidOptions, tooLargeVersion } from "./Failure.ts"
import * as GoJson from "./GoJson.ts"
import type { JsonObject } from "./Json.ts"
import { at, fromUnknown, textOf } from "./Json.ts"
import { apiVersionOf } from "./Kinds.ts"
import { integerOf } from "./Options.ts"
import type { ApiRequest } from "./Request.ts"
import * as Selectors from "./Selectors.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { toServedVersion } from "./ServerState.ts"
import type { Stored } from "./Storage.ts"
import { keyOf } from "./Storage.ts"

/** The start of a page: the revision of the snapshot, and the last key of the previous page. */
interface ContinueToken {
  readonly revision: number
  readonly after: string
}

/**
 * Responds to a list. With `limit`, the response may carry a continue token; all pages of a list show the same
 * revision. Fails with 410 when the revision of a token is compacted. That failure carries a token to continue
 * inconsistently at the current revision.
 */
export const list = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const { query } = request
  const { kind } = target
  const matches = Selectors.parse(kind, query)
  checkOptions(query)
  const limit = Math.max(0, integerOf(query.limit || "0"))
  const token = query.continue ?? ""
  if (token !== "" && (query.resourceVersion ?? "") !== "") throw badRequest(versionWithToken)
  const from = token === "" ? firstPage(state, query, limit) : decode(token)
  const all = snapshot(state, target, from)
  const named = target.name === "" ? all : all.filter((object) => object.metadata.name === target.name)
  const matching = named.filter((object) => keyOf(object) > from.after && matches(object))
  const page = limit === 0 ? matching : matching.slice(0, limit)
  const remainingCount = matching.length - page.length
  const last = page[page.length - 1]
  const isFull = last !== undefined && page.length === limit && named.some((object) => keyOf(object) > keyOf(last))
  const continuation = isFull
    ? { continue: encode({ revision: from.revision, after: keyOf(last) }), ...remaining(query, remainingCount) }
    : {}
  return {
    kind: kind.listKind,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: `${from.revision}`, ...continuation },
    items: page.map((object) => toServedVersion(kind, object))
  }
}

const versionWithToken = "specifying resource version is not allowed when using continue"

/** `remainingItemCount` is set only without selectors. */
const remaining = (query: ApiRequest["query"], count: number): JsonObject =>
  (query.labelSelector ?? "") === "" && (query.fieldSelector ?? "") === "" ? { remainingItemCount: count } : {}

const resourceVersionMatches = ["Exact", "NotOlderThan", ""]

/** Rejects list options that are invalid or exclude each other. */
const checkOptions = (query: ApiRequest["query"]): void => {
  const { resourceVersion = "", resourceVersionMatch: match = "", sendInitialEvents } = query
  integerOf(query.timeoutSeconds || "0")
  if (sendInitialEvents !== undefined)
    throw forbiddenOption("sendInitialEvents", "sendInitialEvents is forbidden for list")
  if ((query.continue ?? "") !== "" && resourceVersion !== "" && resourceVersion !== "0") {
    throw badRequest(versionWithToken)
  }
  if (match === "") return
  const field = "resourceVersionMatch"
  if (resourceVersion === "") throw forbiddenOption(field, `${field} is forbidden unless resourceVersion is provided`)
  if (match === "Exact" && resourceVersion === "0") {
    throw forbiddenOption(field, `${field} "exact" is forbidden for resourceVersion "0"`)
  }
  if (resourceVersionMatches.includes(match)) return
  const supported = resourceVersionMatches.map((one) => JSON.stringify(one)).join(", ")
  const message = `Unsupported value: ${JSON.stringify(match)}: supported values: ${supported}`
  throw invalidOptions("ListOptions", { reason: "FieldValueNotSupported", field, message })
}

const forbiddenOption = (field: string, why: string): ApiFailure =>
  invalidOptions("ListOptions", { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` })

/** The revision of a new list: exact for `Exact` and for a paged list with a resource version, else the current one. */
const firstPage = (state: ServerState, query: ApiRequest["query"], limit: number): ContinueToken => {
  const { resourceVersion: requested = "", resourceVersionMatch: match = "" } = query
  checkVersion(state, requested)
  const isExact = match === "Exact" || (match === "" && limit > 0 && Number(requested) > 0)
  return { revision: isExact ? Number(requested) : state.storage.revision, after: "" }
}

/** The error for a resource version that is not a number. */
export const versionSyntaxError = (requested: string): string => {
  const quoted = JSON.stringify(requested)
  return `resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: invalid syntax`
}

/** Fails with 504 for a resource version in the future, with 400 for text that is not a resource version. */
export const checkVersion = (state: ServerState, requested: string): void => {
  if (requested === "") return
  if (!/^\d+$/u.test(requested)) throw badRequest(`invalid resource version: ${versionSyntaxError(requested)}`)
  if (Number(requested) > state.storage.revision) throw tooLargeVersion(requested, state.storage.revision)
}

const snapshot = (state: ServerState, target: Target, from: ContinueToken): ReadonlyArray<Stored> => {
  const found = state.storage.listAt(target.kind, target.namespace, from.revision)
  if (found !== undefined) return found
  if (from.after === "") throw expired(`The resourceVersion for the provided list is too old.`)
  const token = encode({ revision: state.storage.revision, after: from.after })
  throw expired(
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without " +
      "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. " +
      "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or " +
      "deleted between the time the first chunk was returned and now may show up in the list.",
    token
  )
}

const encode = ({ after, revision }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: after })).toString("base64url")

const decode = (token: string): ContinueToken => {
  const bytes = Buffer.from(token, "base64url")
  const why = GoJson.syntaxError(bytes)
  if (why !== undefined) throw invalidToken(`: ${why}`)
  const value: unknown = JSON.parse(bytes.toString("utf8"))
  const json = fromUnknown(value)
  const version = textOf(at(json, "v"))
  if (version !== "meta.k8s.io/v1") throw invalidToken(`: server does not recognize this encoded version ${version}`)
  const revision = at(json, "rv")
  if (typeof revision !== "number" || revision === 0) {
    throw invalidToken(`: incorrect encoded start resourceVersion (version ${version})`)
  }
  return { revision, after: textOf(at(json, "start")) }
}

const invalidToken = (why: string): ApiFailure => badRequest(`invalid continue token: continue key is not valid${why}`)
