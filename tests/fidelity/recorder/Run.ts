/**
 * Asks a server, real or in memory, what a scenario asks, over HTTP.
 */
import type { Dispatcher } from "undici"
import type { Json, JsonObject, Scenario, Step } from "../cases/Scenario.ts"

export interface Server {
  readonly url: string
  readonly agent: Dispatcher
  readonly headers: { readonly [name: string]: string }
  /** Lets the seconds pass that an open watch waits for. */
  readonly pass: () => Promise<void>
}

/** What came back, as far as anybody compares it. */
export interface Answer {
  readonly code: number
  readonly type: string
  readonly warnings?: ReadonlyArray<string>
  readonly retryAfter?: string
  /** The body as JSON, or as text when it is none. */
  readonly body?: Json
  /** What a watch told, in order. */
  readonly events?: ReadonlyArray<Json>
}

/** Makes the namespace of the scenario, then asks one request after the other. */
export const run = async (server: Server, scenario: Scenario): Promise<ReadonlyArray<Answer>> => {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: scenario.name } }
  await ask(server, { method: "POST", path: "/api/v1/namespaces", body }, [])
  const answers: Array<Answer> = []
  const open: Array<{ readonly index: number; readonly answer: Promise<Answer> }> = []
  for (const [index, step] of scenario.steps.entries()) {
    if (step.watch === undefined) answers.push(await ask(server, step, answers))
    else {
      const { answer, head } = await openWatch(server, step, answers)
      answers.push(head)
      open.push({ index, answer })
    }
  }
  if (open.length > 0) await server.pass()
  for (const { answer, index } of open) answers[index] = await answer
  return answers
}

export const ask = async (server: Server, step: Step, earlier: ReadonlyArray<Answer>): Promise<Answer> =>
  answerOf(await send(server, step, earlier))

const send = (server: Server, step: Step, earlier: ReadonlyArray<Answer>): Promise<Dispatcher.ResponseData> => {
  const { method, path, query, text } = fill(step, earlier)
  const search = new URLSearchParams(query).toString()
  const body = text ?? (step.body === undefined ? undefined : JSON.stringify(filled(step.body, earlier)))
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

const headOf = ({ headers, statusCode }: Dispatcher.ResponseData): Answer => {
  const { "content-type": type = "", warning = [], "retry-after": retryAfter } = headers
  const warnings = [warning].flat().map((text) => Buffer.from(text, "latin1").toString("utf8"))
  return {
    code: statusCode,
    type: `${type}`,
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(retryAfter === undefined ? {} : { retryAfter: `${retryAfter}` })
  }
}

const answerOf = async (response: Dispatcher.ResponseData): Promise<Answer> => {
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

interface Open {
  readonly head: Answer
  readonly answer: Promise<Answer>
}

const openWatch = async (server: Server, step: Step, earlier: ReadonlyArray<Answer>): Promise<Open> => {
  const response = await send(server, step, earlier)
  const head = headOf(response)
  const text = response.body.text()
  if (response.statusCode !== 200) {
    const body = parse(await text)
    return { head: { ...head, body }, answer: Promise.resolve({ ...head, body }) }
  }
  const lines = (all: string) => all.split("\n").filter((line) => line !== "")
  return { head, answer: text.then((all) => ({ ...head, events: lines(all).map(parse) })) }
}

const fill = (step: Step, earlier: ReadonlyArray<Answer>): Pick<Step, "method" | "path" | "query" | "text"> => {
  const { method, path, query = {}, text } = step
  const pairs = Object.entries(query).map(([name, value]) => [name, filledText(value, earlier)])
  return {
    method,
    path: filledText(path, earlier),
    query: Object.fromEntries(pairs),
    ...(text === undefined ? {} : { text: filledText(text, earlier) })
  }
}

const filled = (value: Json, earlier: ReadonlyArray<Answer>): Json => {
  if (typeof value === "string") {
    const whole = /^\{\{(\d+)((?:\.[^{}.]+)*)\}\}$/u.exec(value)
    return whole === null ? filledText(value, earlier) : (looked(whole, earlier) ?? null)
  }
  if (isList(value)) return value.map((item) => filled(item, earlier))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, filled(inner, earlier)]))
}

const filledText = (text: string, earlier: ReadonlyArray<Answer>): string =>
  text.replaceAll(/\{\{(\d+)((?:\.[^{}.]+)*)\}\}/gu, (...found: ReadonlyArray<string>) => {
    const value = looked(found, earlier)
    return typeof value === "string" ? value : JSON.stringify(value ?? "missing")
  })

const looked = ([, step = "", path = ""]: ReadonlyArray<string>, earlier: ReadonlyArray<Answer>): Json | undefined => {
  let here = earlier[Number(step)]?.body
  for (const field of path.split(".").slice(1)) here = fieldOf(here, field)
  return here
}

const fieldOf = (value: Json | undefined, field: string): Json | undefined => {
  if (isList(value)) return value[Number(field)]
  return isObject(value) ? value[field] : undefined
}

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
