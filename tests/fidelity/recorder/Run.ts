/** Runs a scenario against a server, real or emulated, over HTTP. */
import type { Dispatcher } from "undici"
import type { Json, JsonObject, Scenario, Step } from "../cases/Scenario.ts"

export interface Server {
  readonly url: string
  readonly agent: Dispatcher
  readonly headers: { readonly [name: string]: string }
  /** Advances the test clock past the `timeoutSeconds` of open watches. Does nothing on the real clock. */
  readonly awaitWatchTimeout: () => Promise<void>
}

/** The parts of an HTTP response that are compared. */
export interface Response {
  readonly code: number
  readonly type: string
  readonly warnings?: ReadonlyArray<string>
  readonly retryAfter?: string
  /** The body as JSON, or as text if it is not JSON. */
  readonly body?: Json
  /** The events of a watch, in order. */
  readonly events?: ReadonlyArray<Json>
}

/** Creates the namespace of the scenario, then sends one request after the other. */
export const run = async (server: Server, scenario: Scenario): Promise<ReadonlyArray<Response>> => {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: scenario.name } }
  await request(server, { method: "POST", path: "/api/v1/namespaces", body }, [])
  const responses: Array<Response> = []
  const open: Array<{ readonly index: number; readonly response: Promise<Response> }> = []
  for (const [index, step] of scenario.steps.entries()) {
    if (step.watch === undefined) responses.push(await request(server, step, responses))
    else {
      const { head, response } = await openWatch(server, step, responses)
      responses.push(head)
      open.push({ index, response })
    }
  }
  if (open.length > 0) await server.awaitWatchTimeout()
  for (const { index, response } of open) responses[index] = await response
  return responses
}

/** Sends one request. It may contain references to earlier responses. */
export const request = async (server: Server, step: Step, earlier: ReadonlyArray<Response>): Promise<Response> =>
  responseOf(await send(server, step, earlier))

const send = (server: Server, step: Step, earlier: ReadonlyArray<Response>): Promise<Dispatcher.ResponseData> => {
  const { method, path, query, text } = resolveStep(step, earlier)
  const search = new URLSearchParams(query).toString()
  const body = text ?? (step.body === undefined ? undefined : JSON.stringify(resolve(step.body, earlier)))
  return server.agent.request({
    origin: server.url,
    path: search === "" ? path : `${path}?${search}`,
    method,
    headers: {
      ...server.headers,
      "user-agent": "somebody/1.0",
      accept: step.accept ?? "application/json",
      ...(body === undefined ? {} : { "content-type": step.contentType ?? "application/json" })
    },
    ...(body === undefined ? {} : { body })
  })
}

const headOf = ({ headers, statusCode }: Dispatcher.ResponseData): Response => {
  const { "content-type": type = "", warning = [], "retry-after": retryAfter } = headers
  const warnings = [warning].flat().map((text) => Buffer.from(text, "latin1").toString("utf8"))
  return {
    code: statusCode,
    type: `${type}`,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(retryAfter === undefined ? {} : { retryAfter: `${retryAfter}` })
  }
}

const responseOf = async (response: Dispatcher.ResponseData): Promise<Response> => {
  const text = await response.body.text()
  const body = text === "" ? undefined : parse(text)
  return { ...headOf(response), ...(body === undefined ? {} : { body }) }
}

const parse = (text: string): Json => {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch {
    return text
  }
}

interface OpenWatch {
  /** The response without events. */
  readonly head: Response
  /** Resolves when the watch ends. */
  readonly response: Promise<Response>
}

const openWatch = async (server: Server, step: Step, earlier: ReadonlyArray<Response>): Promise<OpenWatch> => {
  const response = await send(server, step, earlier)
  const head = headOf(response)
  const text = response.body.text()
  if (response.statusCode !== 200) {
    const body = parse(await text)
    return { head: { ...head, body }, response: Promise.resolve({ ...head, body }) }
  }
  const lines = (stream: string) => stream.split("\n").filter((line) => line !== "")
  return { head, response: text.then((stream) => ({ ...head, events: lines(stream).map(parse) })) }
}

/** Replaces references to earlier responses, such as `{{2.metadata.uid}}`. */
const resolveStep = (
  step: Step,
  earlier: ReadonlyArray<Response>
): Pick<Step, "method" | "path" | "query" | "text"> => {
  const { method, path, query = {}, text } = step
  const pairs = Object.entries(query).map(([name, value]) => [name, resolveText(value, earlier)])
  return {
    method,
    path: resolveText(path, earlier),
    query: Object.fromEntries(pairs),
    ...(text === undefined ? {} : { text: resolveText(text, earlier) })
  }
}

const resolve = (value: Json, earlier: ReadonlyArray<Response>): Json => {
  if (typeof value === "string") {
    const reference = /^\{\{(\d+)((?:\.[^{}.]+)*)\}\}$/u.exec(value)
    return reference === null ? resolveText(value, earlier) : (lookUp(reference, earlier) ?? null)
  }
  if (isList(value)) return value.map((item) => resolve(item, earlier))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, resolve(inner, earlier)]))
}

const resolveText = (text: string, earlier: ReadonlyArray<Response>): string =>
  text.replaceAll(/\{\{(\d+)((?:\.[^{}.]+)*)\}\}/gu, (...found: ReadonlyArray<string>) => {
    const value = lookUp(found, earlier)
    return typeof value === "string" ? value : JSON.stringify(value ?? "missing")
  })

const lookUp = (
  [, step = "", path = ""]: ReadonlyArray<string>,
  earlier: ReadonlyArray<Response>
): Json | undefined => {
  let value = earlier[Number(step)]?.body
  for (const field of path.split(".").slice(1)) value = fieldOf(value, field)
  return value
}

const fieldOf = (value: Json | undefined, field: string): Json | undefined => {
  if (isList(value)) return value[Number(field)]
  return isObject(value) ? value[field] : undefined
}

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
