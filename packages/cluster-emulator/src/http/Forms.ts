/** The forms of a response: objects, their metadata only, or a table. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import { ApiFailure, internal } from "../apiserver/Failure.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { isArray, objectOf, objectsOf, withDefaults, without } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import type { Form } from "./Accept.ts"
import type { Address } from "./Route.ts"
import * as Table from "./Table.ts"

/** Converts an object or a list to a form. Throws `ApiFailure` for an object in a form of lists, and the reverse. */
export const show = (
  server: ApiServer,
  kind: ServedKind,
  form: Form,
  query: Address["query"],
  body: JsonObject
): JsonObject => {
  const isList = isArray(body.items)
  switch (form) {
    case "Object":
      return isList ? listOf(kind, body) : body
    case "Metadata":
      if (isList)
        throw notOfForm(`PartialObjectMetadata, but the requested object is a list (${goTypeOf(kind, "List")})`)
      return metadataOnly(body)
    case "MetadataList":
      if (isList) return metadataList(body)
      if (kind.custom !== undefined) throw internal("content is not a list")
      throw notOfForm(`PartialObjectMetadataList, but the requested object is not a list (${goTypeOf(kind, "")})`)
    case "Table":
      return Table.make(kind, body, Table.optionsOf(query, server.now()))
  }
}

const notOfForm = (why: string): ApiFailure => new ApiFailure(406, "NotAcceptable", `you requested ${why}`)

/** The Go type of a kind, as kube-apiserver prints it in errors. */
const goTypeOf = ({ custom, kind, storage }: ServedKind, suffix: "" | "List"): string => {
  if (custom !== undefined) return `*unstructured.Unstructured${suffix}`
  const [module = ""] = storage.group.split(".", 1)
  return `*${module === "" ? "core" : module}.${kind}${suffix}`
}

/** Items of built-in kinds have no apiVersion and kind. Lists of custom kinds always have `metadata.continue`. */
const listOf = ({ custom }: ServedKind, list: JsonObject): JsonObject =>
  custom === undefined
    ? { ...list, items: objectsOf(list.items).map((item) => without(item, "apiVersion", "kind")) }
    : { ...list, metadata: withDefaults(objectOf(list.metadata), { continue: "" }) }

/** The metadata of an object. */
export const metadataOnly = (object: JsonObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: objectOf(object.metadata)
})

/** `items` of an empty list is `null`, in this form only. */
const metadataList = (list: JsonObject): JsonObject => {
  const items = objectsOf(list.items).map(metadataOnly)
  return {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: objectOf(list.metadata),
    items: items.length === 0 ? null : items
  }
}
