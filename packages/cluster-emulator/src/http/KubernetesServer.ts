/**
 * Serves an `ApiServer` over HTTP on the loopback interface, for kubectl, client libraries and controllers that run as
 * processes of their own.
 *
 * Other code of the same process can use the `ApiServer` directly at the same time; both see the same objects.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import * as Clock from "../Clock.ts"
import type { AuditEntry } from "./AuditLog.ts"
import * as AuditLog from "./AuditLog.ts"
import * as Bodies from "./Bodies.ts"
import * as CrossOrigin from "./CrossOrigin.ts"
import type { Exchange } from "./Exchange.ts"
import { failureOf, header, sendFailure, tooLarge, unauthorized } from "./Exchange.ts"
import * as FaultedRequest from "./faults/FaultedRequest.ts"
import type { HttpFaults } from "./HttpFaults.ts"
import * as Kubeconfig from "./Kubeconfig.ts"
import * as Loopback from "./Loopback.ts"
import * as Pages from "./PlainPages.ts"
import * as Resources from "./Resources.ts"
import * as Route from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"

export interface Options {
  readonly server: ApiServer
  /** Defaults to a free port. */
  readonly port?: number
  /**
   * The bearer token that every request must carry, except those for health and version. Without it, requests are not
   * authenticated. kubectl sends no token over plain HTTP, so leave it out to use kubectl.
   */
  readonly token?: string
  /** Faults to inject into requests for objects. Defaults to none. */
  readonly faults?: HttpFaults
  /** Drives bookmarks, watch timeouts, delayed responses and the times of the audit log. */
  readonly clock?: Clock.Clock
}

export interface Listening extends Loopback.Listening {
  /** A kubeconfig, as text, whose one context is this server and the namespace `default`. */
  readonly kubeconfig: string
  /** The audit log so far, oldest entry first. */
  readonly audit: () => ReadonlyArray<AuditEntry>
}

export { PortInUse, type Traffic } from "./Loopback.ts"

/** Starts to serve. Rejects with `PortInUse`. Closing it ends every watch and destroys every socket at once. */
export const start = async ({ clock = Clock.system, faults, port = 0, server, token }: Options): Promise<Listening> => {
  const audit = AuditLog.make()
  const context: ServerContext = { server, audit, clock, faults }
  const http = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, listener(context, token))
  const listening = await Loopback.listen(http, port)
  return { ...listening, kubeconfig: Kubeconfig.make(listening.url, token), audit: audit.entries }
}

/** Reads a whole request, then handles it synchronously: requests take effect one after another. */
const listener = (context: ServerContext, token: string | undefined) => {
  const nextAuditId = auditIds()
  return (request: IncomingMessage, response: ServerResponse): void =>
    Bodies.read(request, (body) => {
      const auditId = header({ request }, "audit-id") ?? nextAuditId()
      const exchange: Exchange = { request, response, body: body ?? Buffer.of(), auditId }
      try {
        response.setHeader("Audit-Id", auditId)
        handle(context, exchange, token, body !== undefined)
      } catch (error) {
        if (response.headersSent) response.destroy()
        else sendFailure(exchange, failureOf(error))
      }
    })
}

const handle = (context: ServerContext, exchange: Exchange, token: string | undefined, isComplete: boolean): void => {
  const { query, route } = Route.parse(exchange.request.url ?? "/")
  const isOpen = token === undefined || route._tag === "Health" || route._tag === "Version"
  const isAuthorized = isOpen || header(exchange, "authorization") === `Bearer ${token}`
  const rejection =
    CrossOrigin.rejection(exchange.request) ??
    (!isAuthorized ? unauthorized() : isComplete ? undefined : tooLarge(Bodies.BODY_BYTES_MAX))
  if (rejection !== undefined) {
    if (route._tag === "Resource") Resources.auditRejected(context, exchange, route.place, query, rejection.code)
    sendFailure(exchange, rejection)
  } else if (route._tag === "Resource") {
    if (!FaultedRequest.inject(context, exchange, route.place, query)) {
      Resources.handle(context, exchange, route.place, query)
    }
  } else {
    Pages.handle(context, exchange, route)
  }
}

/** Audit ids, in the form of UUIDs, for requests that carry none. */
const auditIds = (): (() => string) => {
  let count = 0
  return () => {
    count += 1
    return `0a0d1700-0000-4000-8000-${count.toString(16).padStart(12, "0")}`
  }
}
