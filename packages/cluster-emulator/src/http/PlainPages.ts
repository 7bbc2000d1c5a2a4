/** Requests that are not for objects: health, version, discovery and OpenAPI. */
import { methodNotAllowed, notServed } from "../apiserver/Failure.ts"
import * as Accept from "./Accept.ts"
import * as Discovery from "./Discovery.ts"
import type { Exchange } from "./Exchange.ts"
import { header, notAcceptable, PageNotFound, sendJson, sendText } from "./Exchange.ts"
import * as OpenApi from "./OpenApi.ts"
import type { Route } from "./Route.ts"
import type { ServerContext } from "./ServerContext.ts"

export type Page = Exclude<Route, { readonly _tag: "Resource" }>

/** Handles a request for a page. Throws `ApiFailure` when the page does not exist. */
export const handle = (context: ServerContext, exchange: Exchange, page: Page): void => {
  if (page._tag === "Unknown") throw new PageNotFound()
  const { method } = exchange.request
  if (method !== "GET" && method !== "HEAD") throw methodNotAllowed()
  if (page._tag === "Health") sendText(exchange, 200, "ok")
  else if (isAggregated(exchange, page)) sendAggregated(context, exchange, page)
  else sendPage(context, exchange, page)
}

const isAggregated = (exchange: Exchange, page: Page): boolean =>
  (page._tag === "CoreVersions" || page._tag === "Groups") && Accept.prefersAggregated(header(exchange, "accept"))

const sendAggregated = ({ server }: ServerContext, exchange: Exchange, page: Page): void => {
  const all = Discovery.aggregated(server.resources(), page._tag === "CoreVersions")
  sendJson(exchange, 200, all, [], Discovery.aggregatedMediaType)
}

const sendPage = (context: ServerContext, exchange: Exchange, page: Page): void => {
  if (!Accept.acceptsJson(header(exchange, "accept"))) throw notAcceptable()
  const found = pageOf(context, exchange, page)
  if (found === undefined) throw notServed()
  sendJson(exchange, 200, found)
}

const pageOf = ({ server }: ServerContext, exchange: Exchange, page: Page): object | undefined => {
  const kinds = server.resources()
  switch (page._tag) {
    case "Version":
      return Discovery.version
    case "CoreVersions":
      return Discovery.coreVersions(header(exchange, "host") ?? "")
    case "Groups":
      return Discovery.groups(kinds)
    case "Group":
      return Discovery.group(kinds, page.group)
    case "Resources":
      return Discovery.resources(kinds, page.group, page.version)
    case "OpenApiV2":
      return OpenApi.legacy(kinds)
    case "OpenApiIndex":
      return OpenApi.index(kinds)
    case "OpenApiDocument":
      return OpenApi.document(kinds, page.group, page.version)
    case "Health":
    case "Unknown":
      return undefined
  }
}
