/**
 * Label and field selectors of query parameters.
 */
import { badRequest } from "./Failure.ts"
import type { JsonObject } from "./Json.ts"
import { at, objectOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import * as LabelSelector from "./LabelSelector.ts"

export type Predicate = (object: JsonObject) => boolean

const everything: Predicate = () => true

/** Parses both selectors of a request. Fails with 400 on a syntax error or an unsupported field. */
export const parse = (kind: ServedKind, query: { readonly [name: string]: string }): Predicate => {
  const labels = parseLabels(query.labelSelector ?? "")
  const fields = parseFields(kind, query.fieldSelector ?? "")
  if (labels === undefined) return fields ?? everything
  return fields === undefined ? labels : (object) => labels(object) && fields(object)
}

const parseLabels = (text: string): Predicate | undefined => {
  if (text.trim() === "") return undefined
  const requirements = LabelSelector.parse(text)
  return (object) => {
    const labels = objectOf(at(object, "metadata", "labels"))
    return requirements.every((requirement) => requirement(labels))
  }
}

const commonFields = ["metadata.name", "metadata.namespace"]

const eventReference = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"]

/** Supported fields of field selectors by kind, besides name and namespace. */
const selectableFields: { readonly [storage: string]: ReadonlyArray<string> } = {
  "/pods": [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName"
  ],
  "/events": [
    ...eventReference.flatMap((field) => [`involvedObject.${field}`, `regarding.${field}`]),
    "reason",
    "type",
    "source",
    "reportingComponent"
  ],
  "/namespaces": ["status.phase"],
  "/secrets": ["type"],
  "/services": ["spec.clusterIP", "spec.type"],
  "batch/jobs": ["status.successful"]
}

const declaredFields = (kind: ServedKind): ReadonlyArray<string> => {
  const versions = at(kind.custom?.definition, "spec", "versions")
  const version = Array.isArray(versions) ? versions.find((one) => at(one, "name") === kind.version) : undefined
  const fields = at(version, "selectableFields")
  return Array.isArray(fields) ? fields.map((field) => textOf(at(field, "jsonPath")).replace(/^\./u, "")) : []
}

const parseFields = (kind: ServedKind, text: string): Predicate | undefined => {
  if (text.trim() === "") return undefined
  const supported = new Set([
    ...commonFields,
    ...(selectableFields[`${kind.storage.group}/${kind.plural}`] ?? []),
    ...declaredFields(kind)
  ])
  const terms = fieldTerms(text).map((term) => {
    const [, field = "", operator, value = ""] = /^(.*?)(==|=|!=)(.*)$/u.exec(term) ?? []
    if (operator === undefined) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
    if (!supported.has(field)) throw badRequest(unknownField(kind, field))
    return { path: pathOf(field), isEqual: operator !== "!=", value: value.replaceAll(/\\([\\,=])/gu, "$1") }
  })
  return (object) => terms.every(({ path, value, isEqual }) => (fieldText(object, path) === value) === isEqual)
}

/** Splits at commas that no backslash escapes. Empty terms are ignored. */
const fieldTerms = (text: string): ReadonlyArray<string> => text.split(/(?<!\\),/u).filter((term) => term !== "")

/** Events are matched in the storage version, core/v1. */
const pathOf = (field: string): ReadonlyArray<string> => field.replace(/^regarding\./u, "involvedObject.").split(".")

const fieldText = (object: JsonObject, path: ReadonlyArray<string>): string => {
  const value = at(object, ...path)
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : ""
}

/** The message depends on whether the kind has selectable fields of its own. */
const unknownField = (kind: ServedKind, field: string): string =>
  kind.custom === undefined && selectableFields[`${kind.storage.group}/${kind.plural}`] === undefined
    ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${field}`
