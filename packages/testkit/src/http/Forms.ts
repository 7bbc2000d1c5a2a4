/**
 * The forms of an answer: the objects themselves, their metadata only, or a table for people.
 */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { isArray, objectOf, objectsOf, withDefaults, without } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import type { Form } from "./Accept.ts"
import type { Address } from "./Route.ts"
import * as Table from "./Table.ts"

/** Shows an object or a list in a form. */
export const show = (
  server: ApiServer,
  kind: ServedKind,
  form: Form,
  query: Address["query"],
  body: JsonObject
): JsonObject => {
  switch (form) {
    case "Object":
      return isArray(body.items) ? listOf(kind, body) : body
    case "Metadata":
      return isArray(body.items) ? metadataList(body) : metadataOnly(body)
    case "Table":
      return Table.make(kind, body, Table.optionsOf(query, server.now()))
  }
}

/** Items of built-in kinds do not repeat their type; lists of custom kinds always have a token, if only an empty one. */
const listOf = ({ custom }: ServedKind, list: JsonObject): JsonObject =>
  custom === undefined
    ? { ...list, items: objectsOf(list.items).map((item) => without(item, "apiVersion", "kind")) }
    : { ...list, metadata: withDefaults(objectOf(list.metadata), { continue: "" }) }

/** An object without all but its metadata. */
export const metadataOnly = (object: JsonObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: objectOf(object.metadata)
})

const metadataList = (list: JsonObject): JsonObject => ({
  kind: "PartialObjectMetadataList",
  apiVersion: "meta.k8s.io/v1",
  metadata: objectOf(list.metadata),
  items: objectsOf(list.items).map(metadataOnly)
})
