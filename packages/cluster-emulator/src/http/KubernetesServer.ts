/**
 * The API server of this package over HTTP, for everything that only speaks HTTP: a controller as its own process,
 * kubectl, a client library.
 *
 * It listens on the loopback interface. The state machine behind it is the one of `InMemoryKubernetes`: both may be
 * used at once, and see the same objects.
 */
import type { IncomingMessage, ServerResponse } from "node:http"
import { createServer } from "node:http"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { AuditEntry } from "./AuditLog.ts"
import * as AuditLog from "./AuditLog.ts"
import * as Bodies from "./Bodies.ts"
import type { Exchange } from "./Exchange.ts"
import { failureOf, header, sendFailure, tooLarge, unauthorized } from "./Exchange.ts"
import * as ApiDoor from "./faults/FaultedRequest.ts"
import type { HttpFaults } from "./HttpFaults.ts"
import * as Kubeconfig from "./Kubeconfig.ts"
import * as Loopback from "./Loopback.ts"
import * as Pages from "./PlainPages.ts"
import * as Resources from "./Resources.ts"
import * as Route from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"

export interface Options {
  readonly server: ApiServer
  /** A free one by default. */
  readonly port?: number
  /**
   * Asked of every request but those for health and version; without it everybody may do everything. kubectl sends no
   * token over plain HTTP, so leave it out where kubectl is to be used.
   */
  readonly token?: string
  /** What goes wrong with requests for objects; nothing unless told. */
  readonly faults?: HttpFaults
}

export interface Listening extends Loopback.Listening {
  /** The text of a kubeconfig whose one context is this server, in namespace `default`. */
  readonly kubeconfig: string
  /** Who asked for what so far, oldest first. */
  readonly audit: () => ReadonlyArray<AuditEntry>
}

export { PortInUse, type Traffic } from "./Loopback.ts"

/** The handle by which a test finds the server, and reads its audit log. */
export class KubernetesServer extends Context.Service<KubernetesServer, Listening>()(
  "@portolan/testkit/http/KubernetesServer"
) {}

/**
 * Serves until the scope closes; then every watch ends and every socket is cut at once. Bookmarks, timeouts and the
 * audit log follow the `Clock` in view.
 */
export const make: (options: Options) => Effect.Effect<Listening, Loopback.PortInUse, Scope.Scope> = Effect.fnUntraced(
  function* (options: Options) {
    const clock = yield* Clock.Clock
    const fork = yield* FiberSet.makeRuntime<never, void, never>()
    const audit = AuditLog.make()
    const context: ServerContext = { server: options.server, audit, clock, faults: options.faults, fork }
    const http = createServer({ requestTimeout: 0, keepAliveTimeout: 0 }, listener(context, options.token))
    const bound = yield* Loopback.listen(http, options.port ?? 0)
    return { ...bound, kubeconfig: Kubeconfig.make(bound.url, options.token), audit: audit.entries }
  }
)

/** {@link make} as a layer. */
export const layer = (options: Options): Layer.Layer<KubernetesServer, Loopback.PortInUse> =>
  Layer.effect(KubernetesServer, make(options))

/** Reads a request, then answers it in one go: no other request is answered in between. */
const listener = (context: ServerContext, token: string | undefined) => {
  const auditId = auditIds()
  return (request: IncomingMessage, response: ServerResponse): void =>
    Bodies.read(request, (body) => {
      const asked = header({ request }, "audit-id")
      const exchange: Exchange = { request, response, body: body ?? Buffer.of(), auditId: asked ?? auditId() }
      try {
        response.setHeader("Audit-Id", exchange.auditId)
        answer(context, exchange, token, body !== undefined)
      } catch (error) {
        if (response.headersSent) response.destroy()
        else sendFailure(exchange, failureOf(error))
      }
    })
}

const answer = (context: ServerContext, exchange: Exchange, token: string | undefined, isComplete: boolean): void => {
  const { query, route } = Route.parse(exchange.request.url ?? "/")
  const isOpen = token === undefined || route._tag === "Health" || route._tag === "Version"
  const isKnown = isOpen || header(exchange, "authorization") === `Bearer ${token}`
  const refusal = !isKnown ? unauthorized() : isComplete ? undefined : tooLarge(Bodies.BODY_BYTES_MAX)
  if (refusal !== undefined) {
    if (route._tag === "Resource") Resources.refuse(context, exchange, route.place, query, refusal.code)
    sendFailure(exchange, refusal)
  } else if (route._tag === "Resource") {
    const isInjected = context.faults !== undefined && ApiDoor.injections(context, exchange, route.place, query)
    if (!isInjected) Resources.answer(context, exchange, route.place, query)
  } else {
    Pages.answer(context, exchange, route)
  }
}

/** Ids for those who send none, in the form of UUIDs. */
const auditIds = (): (() => string) => {
  let count = 0
  return () => {
    count += 1
    return `0a0d1700-0000-4000-8000-${count.toString(16).padStart(12, "0")}`
  }
}
