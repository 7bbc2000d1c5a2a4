/** Requests for objects: derives verb, body and form, then calls the `ApiServer`. */
import { badRequest, methodNotAllowed, notFound, notServed, notSupported } from "../apiserver/Failure.ts"
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, textOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import { builtIns } from "../apiserver/Kinds.ts"
import { isOn } from "../apiserver/Options.ts"
import type { ApiRequest, ApiResponse, PatchFormat, Verb } from "../apiserver/Request.ts"
import * as Accept from "./Accept.ts"
import type { AuditVerb } from "./AuditLog.ts"
import * as AuditLog from "./AuditLog.ts"
import * as Bodies from "./Bodies.ts"
import type { Exchange } from "./Exchange.ts"
import {
  failureOf,
  header,
  isStatus,
  noRepresentation,
  notAcceptable,
  PageNotFound,
  sendFailure,
  sendJson
} from "./Exchange.ts"
import * as Forms from "./Forms.ts"
import type { RequestInfo } from "./faults/Fault.ts"
import type { Address, Place } from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"
import * as WatchStream from "./WatchStream.ts"

/** Handles one request for objects and adds it to the audit log. */
export const handle = (context: ServerContext, exchange: Exchange, path: Place, query: Address["query"]): void => {
  const place = placeOf(context, path)
  const verb = verbOf(exchange, place, query)
  const audit = auditOf(context, exchange, place, verb)
  try {
    const form = formOf(context, exchange, place)
    if (verb === "watch") {
      const requestInfo = () => requestInfoOf(exchange, place, query)
      WatchStream.open(context, exchange, { place, query, form, audit, requestInfo })
      return
    }
    const request = requestOf(exchange, place, query, verb, kindOf(context, place))
    const response = context.server.handle(request)
    const { body, code } = inForm(context, place, query, form, response)
    audit(code, request, response.body)
    if (code >= 400) sendFailure(exchange, { body, code }, response.warnings)
    else sendJson(exchange, code, body, response.warnings)
  } catch (error) {
    const failure = failureOf(error)
    audit(failure.code)
    sendFailure(exchange, failure)
  }
}

/** A real server ignores what follows the subresource of a custom kind. */
const placeOf = (context: ServerContext, place: Place): Place =>
  kindOf(context, place)?.custom === undefined
    ? place
    : { ...place, subresource: place.subresource.replace(/\/.*/u, "") }

const formOf = (context: ServerContext, exchange: Exchange, place: Place): Accept.Form => {
  const accept = header(exchange, "accept")
  const form = Accept.formOf(accept)
  if (form !== undefined) return form
  const isBuiltIn = kindOf(context, place)?.custom === undefined
  if (isBuiltIn && !Accept.namesJson(accept))
    throw noRepresentation(place.name === "" && exchange.request.method === "GET")
  throw notAcceptable()
}

const kindOf = ({ server }: ServerContext, place: Place): ServedKind | undefined =>
  server.resources().find((one) => isOf(place, one))

/** Adds a request that was rejected before it was parsed to the audit log. */
export const auditRejected = (
  context: ServerContext,
  exchange: Exchange,
  place: Place,
  query: Address["query"],
  code: number
): void => {
  const audit = auditOf(context, exchange, place, verbOf(exchange, place, query))
  audit(code)
}

/** Adds the request to the audit log. Entries of reads have no response body. */
type Audit = (code: number, request?: Decoded, response?: JsonObject) => void

/** A request whose body is JSON. */
type Decoded = Omit<ApiRequest, "body"> & { readonly body?: Json }

/** The response in the requested form, or a failure when it has no such form. */
const inForm = (
  context: ServerContext,
  place: Place,
  query: Address["query"],
  form: Accept.Form,
  { body, code }: ApiResponse
): Pick<ApiResponse, "body" | "code"> => {
  const kind = kindOf(context, place)
  if (kind === undefined || isStatus(body)) return { body, code }
  try {
    return { code, body: Forms.show(context.server, kind, form, query, body) }
  } catch (error) {
    return failureOf(error)
  }
}

const isOf = (place: Place, kind: Pick<Place, "group" | "version" | "plural">): boolean =>
  kind.group === place.group && kind.version === place.version && kind.plural === place.plural

const verbOf = ({ request }: Exchange, { name }: Place, query: Address["query"]): AuditVerb | undefined => {
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (name !== "") return "get"
      return isOn(query.watch) && request.method === "GET" ? "watch" : "list"
    case "POST":
      return "create"
    case "PUT":
      return "update"
    case "PATCH":
      return "patch"
    case "DELETE":
      return name === "" ? "deletecollection" : "delete"
    default:
      return undefined
  }
}

const requestOf = (
  exchange: Exchange,
  place: Place,
  query: Address["query"],
  verb: Verb | undefined,
  kind: ServedKind | undefined
): Decoded => {
  const { subresource, ...where } = place
  if (verb === undefined) throw methodNotAllowed()
  checkPath(place, verb, kind)
  const contentType = header(exchange, "content-type")
  const patchFormat = verb === "patch" ? Bodies.patchFormatOf(contentType) : undefined
  const body = bodyOf(exchange, verb, contentType, patchFormat, kind?.kind ?? "")
  const isWritten = verb === "create" || verb === "update" || verb === "patch"
  const duplicates = isWritten ? Bodies.duplicateFields(contentType, exchange.body) : []
  return {
    ...where,
    verb,
    query,
    user: agentOf(exchange),
    ...(subresource === "status" ? { subresource } : {}),
    ...(patchFormat === undefined ? {} : { patchFormat }),
    ...(body === undefined ? {} : { body }),
    ...(duplicates.length === 0 ? {} : { duplicates })
  }
}

/** Rejects verbs that the path does not allow. A real server words these failures differently for custom kinds. */
const checkPath = (place: Place, verb: Verb, kind: ServedKind | undefined): void => {
  const { name, namespace, subresource } = place
  if (kind === undefined) throw hasBuiltIns(place) ? notServed() : new PageNotFound()
  const isCustom = kind.custom !== undefined
  if (subresource !== "" && (subresource !== "status" || !kind.hasStatus)) {
    throw isCustom ? notFound(kind, name) : notServed()
  }
  if (subresource !== "" && (verb === "delete" || verb === "create")) {
    throw isCustom ? notSupported(kind, verb) : methodNotAllowed()
  }
  if (name === "" && (verb === "update" || verb === "patch")) {
    throw isCustom ? badRequest("name must be provided") : methodNotAllowed()
  }
  const lacksNamespace = kind.scope === "Namespaced" && namespace === "" && verb === "create"
  if (isCustom && lacksNamespace) throw new PageNotFound()
}

const hasBuiltIns = ({ group }: Place): boolean => builtIns.some((kind) => kind.group === group)

const bodyOf = (
  { body }: Exchange,
  verb: Verb,
  contentType: string | undefined,
  patchFormat: PatchFormat | undefined,
  kind: string
): Json | undefined => {
  if (verb === "get" || verb === "list") return undefined
  if (verb === "patch") return Bodies.decodePatch(patchFormat, body)
  const isObject = verb === "create" || verb === "update"
  return Bodies.decode(contentType, body, isObject ? kind : undefined)
}

/** The attributes by which faults select requests. */
export const requestInfoOf = (exchange: Exchange, place: Place, query: Address["query"]): RequestInfo => ({
  verb: verbOf(exchange, place, query) ?? "",
  group: place.group,
  resource: resourceOf(place),
  namespace: place.namespace,
  name: place.name,
  user: userOf(exchange),
  agent: ""
})

/** The user of an audit log entry. */
const userOf = (exchange: Exchange): string => header(exchange, "impersonate-user") ?? agentOf(exchange)

/** The plural with its subresource. */
const resourceOf = ({ plural, subresource }: Place): string =>
  subresource === "" ? plural : `${plural}/${subresource}`

/** The product of the `User-Agent`: the default field manager of a write. */
const agentOf = (exchange: Exchange): string =>
  (header(exchange, "user-agent") ?? "unknown").split("/", 1).join("").slice(0, 128)

const auditOf = (context: ServerContext, exchange: Exchange, place: Place, verb: AuditVerb | undefined): Audit => {
  const pass = AuditLog.passOf(exchange.auditId)
  const { group, name, namespace, version } = place
  return (code, request, response) => {
    const isRead = verb === "get" || verb === "list" || verb === "watch"
    const created = textOf(at(response, "metadata", "name"))
    context.audit.append({
      auditId: exchange.auditId,
      ...(pass === undefined ? {} : { pass }),
      verb: verb ?? "get",
      group,
      version,
      resource: resourceOf(place),
      namespace,
      name: verb === "create" && name === "" ? created : name,
      user: userOf(exchange),
      uri: exchange.request.url ?? "",
      code,
      at: context.clock.now(),
      ...(request?.patchFormat === undefined ? {} : { patchFormat: request.patchFormat }),
      ...(request?.body === undefined ? {} : { requestBody: request.body }),
      ...(isRead || response === undefined ? {} : { responseBody: response })
    })
  }
}
