/** Faults of requests that get a single response. */
import { ApiFailure, expired, internalError, modified, notServed } from "../../apiserver/Failure.ts"
import { isOn } from "../../apiserver/Options.ts"
import type { Fault, FaultedApiRequest, FaultedRequest, RequestInfo } from "./Fault.ts"

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

/**
 * Responds with 503 and an HTML page instead of a `Status`, with `Retry-After` when `seconds` is given; does not handle the
 * request.
 */
export const unavailable = ({ seconds }: { readonly seconds?: number } = {}): Fault => ({
  name: "unavailable",
  standsFor: "a load balancer with no API server behind it",
  effects: {
    _tag: "Request",
    act: ({ response }) =>
      response
        .writeHead(503, {
          "Content-Type": "text/html",
          ...(seconds === undefined ? {} : { "Retry-After": `${seconds}` })
        })
        .end("<html><body><h1>503 Service Unavailable</h1></body></html>")
  }
})

const WRITES: ReadonlyArray<string> = ["create", "update", "patch", "delete"]

/** Responds with a failure that says what a request is about; does not handle the request. */
const rejecting = (
  fault: Pick<Fault, "name" | "standsFor">,
  appliesTo: (info: RequestInfo) => boolean,
  failureOf: (info: RequestInfo) => ApiFailure
): Fault => ({
  ...fault,
  effects: {
    _tag: "Api",
    applies: ({ info }) => appliesTo(info),
    act: (request) => reject(request, failureOf(request.info))
  }
})

const isWrite = ({ verb }: RequestInfo): boolean => WRITES.includes(verb)

/** Responds with 401 `Unauthorized`; does not handle the request. */
export const unauthorized = (): Fault => ({
  name: "unauthorized",
  standsFor: "a token that has expired, or whose key was rotated",
  effects: {
    _tag: "Request",
    act: (request) => reject(request, new ApiFailure(401, "Unauthorized", "Unauthorized"))
  }
})

/** Responds with 403 `Forbidden`; does not handle the request. */
export const forbidden = (): Fault =>
  rejecting(
    { name: "forbidden", standsFor: "a role binding that was removed" },
    () => true,
    ({ group, name, namespace, resource, user, verb }) => {
      const named = `${[resource.split("/")[0], group].filter((part) => part !== "").join(".")} ${JSON.stringify(name)}`
      const why = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" in the namespace "${namespace}"`
      return new ApiFailure(403, "Forbidden", `${named} is forbidden: ${why}`, { name, group, kind: resource })
    }
  )

/** Responds with 404 as for a kind or subresource that is not served; does not handle the request. */
export const notFound = (): Fault =>
  rejecting(
    { name: "notFound", standsFor: "a definition without the subresource, or one that is not installed" },
    () => true,
    notServed
  )

/** Responds to a write with 422 `Invalid`; does not handle the request. */
export const invalid = (): Fault =>
  rejecting(
    { name: "invalid", standsFor: "an admission webhook or a validation rule that rejects the object" },
    isWrite,
    ({ group, name, resource }) =>
      new ApiFailure(422, "Invalid", `${resource} ${JSON.stringify(name)} is invalid: rejected by a validation rule`, {
        name,
        group,
        kind: resource,
        causes: []
      })
  )

/** Responds to a write with 409 although nobody changed the object; does not handle the request. */
export const spuriousConflict = (): Fault =>
  rejecting(
    { name: "spuriousConflict", standsFor: "two updates of a resource quota that collide in admission" },
    isWrite,
    ({ name, resource }) =>
      new ApiFailure(
        409,
        "Conflict",
        `Operation cannot be fulfilled on resourcequotas "quota": the object has been modified; please apply your changes to the latest version and try again`,
        { name, kind: resource }
      )
  )

/**
 * Another client writes the object first, so the version that the client read is outdated; then responds with 409 in
 * the server's wording. Applies only to writes of an object that exists.
 */
export const conflict = (): Fault => ({
  name: "conflict",
  standsFor: "another controller that writes the object between a read and a write",
  effects: {
    _tag: "Api",
    applies: (request) => isWrite(request.info) && stored(request) !== undefined,
    act: (request) => {
      touch(request)
      reject(request, modified({ ...request.place, kind: "" }, request.place.name))
    }
  }
})

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
    query: { fieldManager: "other-controller" },
    user: "other-controller",
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
