/** Parses request targets into routes. The route does not depend on the method. */
import type { ApiRequest } from "../apiserver/Request.ts"

/** The object or the collection of a path. */
export type Place = Pick<ApiRequest, "group" | "version" | "plural" | "namespace" | "name"> & {
  /** Everything after the name; empty for the object itself. Only `status` is served. */
  readonly subresource: string
}

export type Route =
  | { readonly _tag: "Resource"; readonly place: Place }
  | { readonly _tag: "Version" }
  | { readonly _tag: "Health" }
  | { readonly _tag: "CoreVersions" }
  | { readonly _tag: "Groups" }
  | { readonly _tag: "Group"; readonly group: string }
  | { readonly _tag: "Resources"; readonly group: string; readonly version: string }
  | { readonly _tag: "OpenApiV2" }
  | { readonly _tag: "OpenApiIndex" }
  | { readonly _tag: "OpenApiDocument"; readonly group: string; readonly version: string }
  | { readonly _tag: "Unknown" }

/** A parsed request target. */
export interface Address {
  readonly route: Route
  /** The first value of each parameter. */
  readonly query: { readonly [name: string]: string }
}

/** Parses a request target. Paths that no API serves and malformed paths are `Unknown`. */
export const parse = (target: string): Address => {
  const mark = target.indexOf("?")
  const path = mark < 0 ? target : target.slice(0, mark)
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(mark < 0 ? "" : target.slice(mark + 1))) query[name] ??= value
  return { route: routeOf(segmentsOf(path)), query }
}

const unknown: Route = { _tag: "Unknown" }

const segmentsOf = (path: string): ReadonlyArray<string> => {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent)
  } catch {
    return []
  }
}

const routeOf = ([root = "", ...rest]: ReadonlyArray<string>): Route => {
  switch (root) {
    case "api":
      return coreRoute(rest)
    case "apis":
      return groupRoute(rest)
    case "openapi":
      return openApiRoute(rest)
    case "version":
      return rest.length === 0 ? { _tag: "Version" } : unknown
    case "healthz":
    case "livez":
    case "readyz":
      return { _tag: "Health" }
    default:
      return unknown
  }
}

const coreRoute = ([version, ...rest]: ReadonlyArray<string>): Route => {
  if (version === undefined) return { _tag: "CoreVersions" }
  return rest.length === 0 ? { _tag: "Resources", group: "", version } : placeRoute("", version, rest)
}

const groupRoute = ([group, version, ...rest]: ReadonlyArray<string>): Route => {
  if (group === undefined) return { _tag: "Groups" }
  if (version === undefined) return { _tag: "Group", group }
  return rest.length === 0 ? { _tag: "Resources", group, version } : placeRoute(group, version, rest)
}

const openApiRoute = ([version, root, first, second, ...rest]: ReadonlyArray<string>): Route => {
  if (version === "v2" && root === undefined) return { _tag: "OpenApiV2" }
  if (version !== "v3" || rest.length > 0) return unknown
  if (root === undefined) return { _tag: "OpenApiIndex" }
  if (root === "api" && first !== undefined && second === undefined) {
    return { _tag: "OpenApiDocument", group: "", version: first }
  }
  return root === "apis" && first !== undefined && second !== undefined
    ? { _tag: "OpenApiDocument", group: first, version: second }
    : unknown
}

/** Subresources of a Namespace: in `/namespaces/x/status`, `status` is not a resource inside the namespace. */
const namespaceSubresources = new Set(["status", "finalize"])

const placeRoute = (group: string, version: string, segments: ReadonlyArray<string>): Route => {
  const [first = "", second = "", third = ""] = segments
  const isInside =
    first === "namespaces" && third !== "" && !(namespaceSubresources.has(third) && segments.length === 3)
  const [plural = "", name = "", ...subresource] = isInside ? segments.slice(2) : segments
  const namespace = isInside ? second : ""
  return { _tag: "Resource", place: { group, version, plural, namespace, name, subresource: subresource.join("/") } }
}
