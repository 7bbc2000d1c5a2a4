/** Reads manifests and applies them in an order in which they succeed. */
import * as Yaml from "yaml"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import type { Json, JsonObject } from "./apiserver/Json.ts"
import { at, fromUnknown, isArray, objectOf, textOf } from "./apiserver/Json.ts"
import type { ServedKind } from "./apiserver/Kinds.ts"
import { apiVersionOf } from "./apiserver/Kinds.ts"
import type { KubernetesObject } from "./apiserver/KubernetesObject.ts"
import { isKubernetesObject } from "./apiserver/KubernetesObject.ts"
import type { ApiRequest } from "./apiserver/Request.ts"
import * as GoYaml from "./http/GoYaml.ts"

/** An object as a user writes it. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly [field: string]: unknown
}

/** The API server rejected a request. */
export class ApiError extends Error {
  override readonly name = "ApiError"
  /** HTTP status. */
  readonly code: number
  /** The `Status` of the response. */
  readonly status: JsonObject

  constructor(action: string, code: number, status: JsonObject) {
    super(`${action}: ${textOf(status.message)}`)
    this.code = code
    this.status = status
  }
}

/** The user and the field manager of the requests that the emulator itself sends. */
const MANAGER = "cluster-emulator"

/**
 * Reads YAML or JSON with one or more documents; a `List` counts as its items. Throws an `Error` that names the
 * document and what is wrong with it.
 */
export const parse = (text: string): ReadonlyArray<Manifest> =>
  Yaml.parseAllDocuments(text, { schema: "yaml-1.1", customTags: GoYaml.withoutTimestamps }).flatMap(
    (document, index, { length }) => {
      const [error] = document.errors
      if (error !== undefined) throw new Error(error.message.split("\n", 1).join("").replace(/:$/u, ""))
      const object = fromUnknown(document.toJS())
      if (object === undefined || object === null) return []
      return itemsOf(object).map((item) => toManifest(item, length === 1 ? "" : `document ${index + 1}: `))
    }
  )

const itemsOf = (object: Json): ReadonlyArray<Json> => {
  const items = at(object, "items")
  return isArray(items) && textOf(at(object, "kind")).endsWith("List") ? items : [object]
}

const toManifest = (object: Json, place: string): Manifest => {
  const [apiVersion, kind] = [textOf(at(object, "apiVersion")), textOf(at(object, "kind"))]
  const [name, namespace] = [textOf(at(object, "metadata", "name")), textOf(at(object, "metadata", "namespace"))]
  for (const [field, value] of Object.entries({ apiVersion, kind, "metadata.name": name })) {
    if (value === "") throw new Error(`${place}${field}: must be a string that is not empty`)
  }
  const metadata = { ...objectOf(at(object, "metadata")), name, ...(namespace === "" ? {} : { namespace }) }
  return { ...objectOf(object), apiVersion, kind, metadata }
}

/** CustomResourceDefinitions first, then Namespaces, then everything else in the given order. */
export const inOrder = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<Manifest> => {
  const rank = ({ kind }: Manifest) => FIRST_KINDS.indexOf(kind)
  return manifests.toSorted((left, right) => rank(right) - rank(left))
}

const FIRST_KINDS = ["Namespace", "CustomResourceDefinition"]

/**
 * Applies a manifest with server-side apply and strict field validation. Creates its namespace when it does not exist.
 * Throws {@link ApiError}.
 */
export const apply = (server: ApiServer, manifest: Manifest): KubernetesObject => {
  const target = targetOf(server, manifest.apiVersion, manifest.kind, manifest.metadata)
  if (target.kind.scope === "Namespaced") createNamespace(server, target.resource.namespace)
  const body = { ...manifest, metadata: { ...manifest.metadata, ...namespaceField(target) } }
  const query = { fieldManager: MANAGER, force: "true", fieldValidation: "Strict" }
  return objectFrom(`apply ${target.text}`, send(server, target, { verb: "patch", patchFormat: "apply", query, body }))
}

/** What a request is about, resolved from the kind that a user names. */
export interface Target {
  readonly kind: ServedKind
  readonly resource: Pick<ApiRequest, "group" | "version" | "plural" | "namespace" | "name">
  /** `Pod default/db-0`. */
  readonly text: string
}

/**
 * Resolves a kind to its resource. The namespace defaults to `default`. Throws an `Error` for a kind that is not
 * served.
 */
export const targetOf = (
  server: ApiServer,
  apiVersion: string,
  kindName: string,
  { name = "", namespace }: { readonly name?: string; readonly namespace?: string }
): Target => {
  const kind = server.resources().find((served) => served.kind === kindName && apiVersionOf(served) === apiVersion)
  if (kind === undefined) {
    const advice = apiVersion.includes(".") ? "; apply its CustomResourceDefinition first" : ""
    throw new Error(`no matches for kind "${kindName}" in version "${apiVersion}"${advice}`)
  }
  const { group, plural, scope, version } = kind
  const place = scope === "Cluster" ? "" : (namespace ?? "default")
  const text = `${kindName} ${place === "" ? "" : `${place}/`}${name}`
  return { kind, resource: { group, version, plural, namespace: place, name }, text }
}

const namespaceField = ({ resource: { namespace } }: Target) => (namespace === "" ? {} : { namespace })

type Action = Pick<ApiRequest, "verb"> & Partial<ApiRequest>

export const send = (server: ApiServer, { resource }: Pick<Target, "resource">, action: Action) =>
  server.handle({ query: {}, user: MANAGER, ...resource, ...action })

/** The object of a response. Throws {@link ApiError} for a failure. */
export const objectFrom = (
  action: string,
  { body, code }: { readonly body: JsonObject; readonly code: number }
): KubernetesObject => {
  if (code < 300 && isKubernetesObject(body)) return body
  throw new ApiError(action, code, body)
}

const createNamespace = (server: ApiServer, name: string): void => {
  const resource = { group: "", version: "v1", plural: "namespaces", namespace: "", name: "" }
  if (server.peek(resource, "", name) !== undefined) return
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name } }
  objectFrom(`create Namespace ${name}`, send(server, { resource }, { verb: "create", body }))
}
