/** Faults of requests that get a single response. */
import { ApiFailure, expired, internalError, modified } from "../../apiserver/Failure.ts"
import { isOn } from "../../apiserver/Options.ts"
import type { Fault, FaultedApiRequest, FaultedRequest } from "./Fault.ts"

/** Handles the request, then closes the connection before the response: the client cannot know the outcome. */
export const answerLost = (): Fault => ({
  name: "answerLost",
  standsFor: "a load balancer that drops the connection after the API server committed",
  effects: { _tag: "Request", act: ({ handle, response }) => handle(() => response.destroy()) }
})

/** Closes the connection before anything is handled. */
export const refused = (): Fault => ({
  name: "refused",
  standsFor: "an API server that goes away before it reads what was sent",
  effects: { _tag: "Request", act: ({ response }) => response.destroy() }
})

/**
 * Never responds, so the client runs into its own timeout. `handled`: whether the request takes effect nevertheless.
 */
export const timeout = ({ handled }: { readonly handled: boolean }): Fault => ({
  name: "timeout",
  standsFor: handled
    ? "a network that loses every packet on the way back"
    : "an API server that accepts connections and is stuck",
  effects: { _tag: "Request", act: ({ handle }) => (handled ? handle(() => undefined) : undefined) }
})

/** Handles the request at once and responds later, by the server's clock. A watch begins later. */
export const slow = ({ delayMs }: { readonly delayMs: number }): Fault => ({
  name: "slow",
  standsFor: `a network that takes ${delayMs} ms`,
  effects: {
    _tag: "Request",
    act: ({ after, handle, info }) =>
      info.verb === "watch" ? after(delayMs, handle) : handle((send) => after(delayMs, send))
  }
})

/** Responds with a failure and does not handle the request. */
const reject = ({ audit, fail }: FaultedRequest, failure: ApiFailure): void => {
  audit(failure.code)
  fail(failure)
}

/** Responds with 429 and `Retry-After`; does not handle the request. */
export const throttled = ({ seconds }: { readonly seconds: number }): Fault => ({
  name: "throttled",
  standsFor: "an API server whose flow control has no place left",
  effects: {
    _tag: "Request",
    act: (request) =>
      reject(
        request,
        new ApiFailure(429, "TooManyRequests", "Too many requests, please try again later.", {
          retryAfterSeconds: seconds
        })
      )
  }
})

/** Responds with 500 `InternalError`. `handled`: whether the request takes effect nevertheless. */
export const serverError = ({ handled = false }: { readonly handled?: boolean } = {}): Fault => ({
  name: "serverError",
  standsFor: handled
    ? "etcd that commits a write and is too late to say so"
    : "an API server that cannot call an admission webhook",
  effects: {
    _tag: "Request",
    act: (request) => {
      const cause = handled ? "etcdserver: request timed out" : "failed calling webhook: context deadline exceeded"
      const failure = internalError(cause)
      if (handled) request.handle(() => request.fail(failure))
      else reject(request, failure)
    }
  }
})

/** Responds with 503 and an HTML page instead of a `Status`; does not handle the request. */
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
 * Another client writes the object first, so the version that the client read is outdated; then responds with 409 in
 * the server's wording. Applies only to writes of an object that exists.
 */
export const conflict = (): Fault => ({
  name: "conflict",
  standsFor: "another controller that writes the object between a read and a write",
  effects: {
    _tag: "Api",
    applies: (request) => WRITES.includes(request.info.verb) && stored(request) !== undefined,
    act: (request) => {
      touch(request)
      reject(request, modified({ ...request.place, kind: "" }, request.place.name))
    }
  }
})

const WRITES: ReadonlyArray<string> = ["update", "patch", "delete"]

const stored = ({ place, server }: FaultedApiRequest) => server.peek(place, place.namespace, place.name)

const TOUCHES = "testkit/touches"

/** Writes the object as another client, which counts its writes in an annotation. */
const touch = (request: FaultedApiRequest): void => {
  const { place, server } = request
  const touches = Number(stored(request)?.metadata.annotations?.[TOUCHES] ?? 0) + 1
  const { subresource: _, ...resource } = place
  server.handle({
    ...resource,
    verb: "patch",
    patchFormat: "merge",
    query: { fieldManager: "somebody-else" },
    user: "somebody-else",
    body: { metadata: { annotations: { [TOUCHES]: `${touches}` } } }
  })
}

/**
 * Fails a watch that starts at a version with 410 `Expired`: as an ERROR event of the stream (`event`), or as the
 * response (`status`).
 */
export const historyGone = ({ as }: { readonly as: "event" | "status" }): Fault => ({
  name: "historyGone",
  standsFor: "etcd that was compacted while a watch was away",
  effects: {
    _tag: "Api",
    applies: ({ info, query: { resourceVersion = "", sendInitialEvents } }) =>
      info.verb === "watch" && !["", "0"].includes(resourceVersion) && !isOn(sendInitialEvents),
    act: (request) => {
      const { audit, query, response, server } = request
      const failure = expired(`too old resource version: ${query.resourceVersion} (${server.resourceVersion})`)
      if (as === "status") reject(request, failure)
      else {
        audit(200)
        response.writeHead(200, { "Content-Type": "application/json" })
        response.end(`${JSON.stringify({ type: "ERROR", object: failure.body })}\n`)
      }
    }
  }
})

/**
 * Responds to a list with the state of some writes ago, if the client accepts any version or any that is not older than
 * one. A list that names no version is never stale, nor is one whose history the server has forgotten.
 */
export const staleList = ({ behind }: { readonly behind: number }): Fault => ({
  name: "staleList",
  standsFor: "an API server whose watch cache lags behind the store",
  effects: {
    _tag: "Api",
    applies: (request) => request.info.verb === "list" && staleVersion(request, behind) !== undefined,
    act: (request) =>
      request.handleAs({
        ...request.query,
        resourceVersionMatch: "Exact",
        resourceVersion: `${staleVersion(request, behind)}`
      })
  }
})

const staleVersion = ({ place, query, server }: FaultedApiRequest, behind: number): number | undefined => {
  const { continue: token = "", resourceVersion = "", resourceVersionMatch = "NotOlderThan" } = query
  const latest = Number(server.resourceVersion)
  const version = Math.max(latest - behind, Number(resourceVersion), 1)
  if (token !== "" || resourceVersion === "" || resourceVersionMatch !== "NotOlderThan" || version > latest)
    return undefined
  return server.eventsSince({ ...place, query: {} }, `${version}`)._tag === "Expired" ? undefined : version
}

/** Restarts the process of the agent and closes the connection; does not handle the request. */
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

/** Never responds and does not handle the request, like `timeout` with `handled: false`. */
export const hang = (): Fault => ({
  name: "hang",
  standsFor: "an agent whose process is stopped, or is out of memory",
  effects: { _tag: "Request", act: () => undefined }
})
