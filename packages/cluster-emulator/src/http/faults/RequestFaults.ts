/** What goes wrong with requests that have one answer. */
import * as Duration from "effect/Duration"
import { ApiFailure, expired, internalError, modified } from "../../apiserver/Failure.ts"
import { isOn } from "../../apiserver/Options.ts"
import type { ApiIncident, Fault, Incident } from "./Fault.ts"

/** Served, then the connection breaks before the answer: whoever asked cannot know. */
export const answerLost = (): Fault => ({
  name: "answerLost",
  standsFor: "a load balancer that drops the connection after the API server committed",
  effects: { _tag: "Request", act: ({ handle, response }) => handle(() => response.destroy()) }
})

/** The connection breaks before anything is served. */
export const refused = (): Fault => ({
  name: "refused",
  standsFor: "an API server that goes away before it reads what was sent",
  effects: { _tag: "Request", act: ({ response }) => response.destroy() }
})

/** Never answered: whoever asked has to give up. `handled`: whether it is served all the same. */
export const timeout = ({ handled }: { readonly handled: boolean }): Fault => ({
  name: "timeout",
  standsFor: handled
    ? "a network that loses every packet on the way back"
    : "an API server that accepts connections and is stuck",
  effects: { _tag: "Request", act: ({ handle }) => (handled ? handle(() => undefined) : undefined) }
})

/** Served at once and answered later, by the server's clock; a watch begins later. */
export const slow = ({ delay }: { readonly delay: Duration.Input }): Fault => ({
  name: "slow",
  standsFor: `a network that takes ${Duration.format(Duration.fromInputUnsafe(delay))}`,
  effects: {
    _tag: "Request",
    act: ({ after, asked, handle }) =>
      asked.verb === "watch" ? after(delay, handle) : handle((send) => after(delay, send))
  }
})

/** Says no, and does not serve it. */
const refuse = ({ fail, note }: Incident, failure: ApiFailure): void => {
  note(failure.code)
  fail(failure)
}

/** 429 with `Retry-After`; nothing is served. */
export const throttled = ({ seconds }: { readonly seconds: number }): Fault => ({
  name: "throttled",
  standsFor: "an API server whose flow control has no place left",
  effects: {
    _tag: "Request",
    act: (incident) =>
      refuse(
        incident,
        new ApiFailure(429, "TooManyRequests", "Too many requests, please try again later.", {
          retryAfterSeconds: seconds
        })
      )
  }
})

/** 500 `InternalError`. `handled`: whether it is served all the same, so that a write took effect. */
export const serverError = ({ handled = false }: { readonly handled?: boolean } = {}): Fault => ({
  name: "serverError",
  standsFor: handled
    ? "etcd that commits a write and is too late to say so"
    : "an API server that cannot call an admission webhook",
  effects: {
    _tag: "Request",
    act: (incident) => {
      const cause = handled ? "etcdserver: request timed out" : "failed calling webhook: context deadline exceeded"
      const failure = internalError(cause)
      if (handled) incident.handle(() => incident.fail(failure))
      else refuse(incident, failure)
    }
  }
})

/** 503 with a page for people instead of a `Status`; nothing is served. */
export const unavailable = (): Fault => ({
  name: "unavailable",
  standsFor: "a load balancer with no API server behind it",
  effects: {
    _tag: "Request",
    act: ({ response }) =>
      response
        .writeHead(503, { "Content-Type": "text/html" })
        .end("<html><body><h1>503 Service Unavailable</h1></body></html>")
  }
})

/**
 * Somebody else writes the object first, so the version that was asked for is really over: 409 as the server words it. Only
 * writes to an object that exists can conflict.
 */
export const conflict = (): Fault => ({
  name: "conflict",
  standsFor: "another controller that writes the object between a read and a write",
  effects: {
    _tag: "Api",
    applies: (incident) => WRITES.includes(incident.asked.verb) && stored(incident) !== undefined,
    act: (incident) => {
      touch(incident)
      refuse(incident, modified({ ...incident.place, kind: "" }, incident.place.name))
    }
  }
})

const WRITES: ReadonlyArray<string> = ["update", "patch", "delete"]

const stored = ({ place, server }: ApiIncident) => server.peek(place, place.namespace, place.name)

const TOUCHES = "testkit/touches"

/** A write of somebody else: it counts in an annotation how often it was made. */
const touch = (incident: ApiIncident): void => {
  const { place, server } = incident
  const touches = Number(stored(incident)?.metadata.annotations?.[TOUCHES] ?? 0) + 1
  const { subresource: _, ...where } = place
  server.handle({
    ...where,
    verb: "patch",
    patchFormat: "merge",
    query: { fieldManager: "somebody-else" },
    user: "somebody-else",
    body: { metadata: { annotations: { [TOUCHES]: `${touches}` } } }
  })
}

/**
 * A watch that goes on from a version is told that its past is forgotten: inside the stream (`event`), or instead of it
 * (`status`). Both are 410 `Expired`.
 */
export const historyGone = ({ as }: { readonly as: "event" | "status" }): Fault => ({
  name: "historyGone",
  standsFor: "etcd that was compacted while a watch was away",
  effects: {
    _tag: "Api",
    applies: ({ asked, query: { resourceVersion = "", sendInitialEvents } }) =>
      asked.verb === "watch" && !["", "0"].includes(resourceVersion) && !isOn(sendInitialEvents),
    act: (incident) => {
      const { note, query, response, server } = incident
      const failure = expired(`too old resource version: ${query.resourceVersion} (${server.resourceVersion})`)
      if (as === "status") refuse(incident, failure)
      else {
        note(200)
        response.writeHead(200, { "Content-Type": "application/json" })
        response.end(`${JSON.stringify({ type: "ERROR", object: failure.body })}\n`)
      }
    }
  }
})

/**
 * A list that takes any version, or any that is not older than one, is answered with the state so many writes ago. A list
 * that names no version is never stale, nor is one whose past is forgotten.
 */
export const staleList = ({ behind }: { readonly behind: number }): Fault => ({
  name: "staleList",
  standsFor: "an API server whose watch cache lags behind the store",
  effects: {
    _tag: "Api",
    applies: (incident) => incident.asked.verb === "list" && momentOf(incident, behind) !== undefined,
    act: (incident) =>
      incident.handleAs({
        ...incident.query,
        resourceVersionMatch: "Exact",
        resourceVersion: `${momentOf(incident, behind)}`
      })
  }
})

const momentOf = ({ place, query, server }: ApiIncident, behind: number): number | undefined => {
  const { continue: token = "", resourceVersion = "", resourceVersionMatch = "NotOlderThan" } = query
  const now = Number(server.resourceVersion)
  const moment = Math.max(now - behind, Number(resourceVersion), 1)
  if (token !== "" || resourceVersion === "" || resourceVersionMatch !== "NotOlderThan" || moment > now)
    return undefined
  return server.eventsSince({ ...place, query: {} }, `${moment}`)._tag === "Expired" ? undefined : moment
}

/** The process of the agent starts anew; the request that finds it gone is not served. */
export const restart = ({ keepsTasks }: { readonly keepsTasks: boolean }): Fault => ({
  name: "restart",
  standsFor: keepsTasks ? "an agent that is killed and restarted" : "an agent that is rescheduled without its disk",
  effects: {
    _tag: "Agent",
    act: ({ response, tasks }) => {
      tasks.restart({ keepsTasks })
      response.destroy()
    }
  }
})

/** An agent that never answers; nothing is served. The same as `timeout` with `handled: false`. */
export const hang = (): Fault => ({
  name: "hang",
  standsFor: "an agent whose process is stopped, or is out of memory",
  effects: { _tag: "Request", act: (_: Incident) => undefined }
})
