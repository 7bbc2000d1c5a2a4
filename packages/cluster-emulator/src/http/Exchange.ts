/** One request with its response, and the functions that send responses. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { ApiFailure, internal } from "../apiserver/Failure.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at } from "../apiserver/Json.ts"

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  readonly auditId: string
  /** Set by faults that delay or drop the response. Without it the response is sent at once. */
  readonly deliver?: Deliver
}

/** Decides when a response is sent, if at all. */
export type Deliver = (send: () => void) => void

/** A header of the request. */
export const header = ({ request }: Pick<Exchange, "request">, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** Responds with JSON. */
export const sendJson = (
  exchange: Exchange,
  code: number,
  body: object,
  warnings: ReadonlyArray<string> = [],
  contentType = "application/json"
): void => {
  if (warnings.length > 0) exchange.response.setHeader("Warning", warnings.map(warningOf))
  send(exchange, code, contentType, JSON.stringify(body))
}

/**
 * Responds with a `Status` and the warnings of the request. `retryAfterSeconds` also becomes a `Retry-After` header.
 */
export const sendFailure = (
  exchange: Exchange,
  failure: Pick<ApiFailure, "body" | "code">,
  warnings: ReadonlyArray<string> = []
): void => {
  const { body, code } = failure
  if (failure instanceof PageNotFound) {
    sendText(exchange, code, `${failure.message}\n`)
    return
  }
  const seconds = retryAfterOf(body)
  if (seconds !== undefined) exchange.response.setHeader("Retry-After", `${seconds}`)
  sendJson(exchange, code, body, warnings)
}

/** `details.retryAfterSeconds` of a `Status`. */
export const retryAfterOf = (body: JsonObject): number | undefined => {
  const seconds = at(body, "details", "retryAfterSeconds")
  return typeof seconds === "number" ? seconds : undefined
}

export const sendText = (exchange: Exchange, code: number, text: string): void =>
  send(exchange, code, "text/plain; charset=utf-8", text)

/** The `ApiFailure` that was thrown; any other error becomes a 500. */
export const failureOf = (error: unknown): ApiFailure =>
  error instanceof ApiFailure ? error : internal(`Internal error occurred: ${String(error)}`)

/** A 404 for a path that no API serves. Its body is plain text, not a `Status`. */
export class PageNotFound extends ApiFailure {
  constructor() {
    super(404, "NotFound", "404 page not found")
  }
}

export const unauthorized = (): ApiFailure => new ApiFailure(401, "Unauthorized", "Unauthorized")

export const tooLarge = (bytes: number): ApiFailure =>
  new ApiFailure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bytes}`)

export const notAcceptable = (): ApiFailure =>
  new ApiFailure(406, "NotAcceptable", `only the following media types are accepted: ${representations.join(", ")}`)

/**
 * A 406 for a built-in kind and a media type that is not JSON. Its wording differs from that of {@link notAcceptable}.
 */
export const noRepresentation = (isCollection: boolean): ApiFailure => {
  const streamed = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
  const available = [...representations, ...(isCollection ? streamed : [])].join(", ")
  return new ApiFailure(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${available}`, {})
}

/** The media types that kube-apiserver lists. The emulator responds in JSON only. */
const representations = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]

/** True for a `Status`, which is never shown as a table or as metadata. */
export const isStatus = (body: JsonObject): boolean => body.kind === "Status" && body.apiVersion === "v1"

const send = ({ deliver, response }: Exchange, code: number, contentType: string, text: string): void => {
  const bytes = Buffer.from(text, "utf8")
  const sendNow = (): void => {
    response.writeHead(code, {
      "Content-Type": contentType,
      "Content-Length": bytes.length,
      "Cache-Control": "no-cache, private"
    })
    response.end(bytes)
  }
  if (deliver === undefined) sendNow()
  else deliver(sendNow)
}

/** A warning of RFC 7234 with the code 299. Header values are bytes, so the text is encoded as UTF-8. */
const warningOf = (text: string): string => {
  const line = text.replaceAll(/[\r\n\t]+/gu, " ").replaceAll(/["\\]/gu, "\\$&")
  return Buffer.from(`299 - "${line}"`, "utf8").toString("latin1")
}
