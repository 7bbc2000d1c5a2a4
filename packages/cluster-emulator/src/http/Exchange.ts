/**
 * One request and the ways to answer it.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { ApiFailure, internal } from "../apiserver/Failure.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at } from "../apiserver/Json.ts"

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: Buffer
  readonly auditId: string
  /** What becomes of the answer; without it, it is sent at once. */
  readonly deliver?: Deliver
}

/** Decides when an answer is sent, if ever. */
export type Deliver = (send: () => void) => void

/** What a header of the request says. */
export const header = ({ request }: Pick<Exchange, "request">, name: string): string | undefined => {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(", ") : value
}

/** Answers with JSON. A body that tells how long to wait is told in a header, too. */
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

/** Answers with a `Status`, and with what was to be warned of before it came to that. */
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

/** How long a refusal asks to wait. */
export const retryAfterOf = (body: JsonObject): number | undefined => {
  const seconds = at(body, "details", "retryAfterSeconds")
  return typeof seconds === "number" ? seconds : undefined
}

export const sendText = (exchange: Exchange, code: number, text: string): void =>
  send(exchange, code, "text/plain; charset=utf-8", text)

/** A refusal as it was thrown; anything else is the server's own fault. */
export const failureOf = (error: unknown): ApiFailure =>
  error instanceof ApiFailure ? error : internal(`Internal error occurred: ${String(error)}`)

/** No part of the server knows the path; that is told as text, not as a `Status`. */
export class PageNotFound extends ApiFailure {
  constructor() {
    super(404, "NotFound", "404 page not found")
  }
}

/** Refusals that only a transport knows. */
export const unauthorized = (): ApiFailure => new ApiFailure(401, "Unauthorized", "Unauthorized")

export const tooLarge = (bytes: number): ApiFailure =>
  new ApiFailure(413, "RequestEntityTooLarge", `Request entity too large: limit is ${bytes}`)

export const notAcceptable = (): ApiFailure =>
  new ApiFailure(406, "NotAcceptable", `only the following media types are accepted: ${representations.join(", ")}`)

/** A built-in route looks at the types alone before anybody looks at their parameters. */
export const noRepresentation = (isCollection: boolean): ApiFailure => {
  const streamed = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
  const offered = [...representations, ...(isCollection ? streamed : [])].join(", ")
  return new ApiFailure(406, "NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${offered}`, {})
}

/** What a real server offers. This one names it all, and has JSON only. */
const representations = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]

/** Whether an answer is a `Status`, which has one form only. */
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

/** RFC 7234 with the code of "miscellaneous". Header values are bytes: text goes out as UTF-8. */
const warningOf = (text: string): string => {
  const line = text.replaceAll(/[\r\n\t]+/gu, " ").replaceAll(/["\\]/gu, "\\$&")
  return Buffer.from(`299 - "${line}"`, "utf8").toString("latin1")
}
