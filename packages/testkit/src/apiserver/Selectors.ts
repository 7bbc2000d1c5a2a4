/**
 * Label and field selectors, in the text form of query parameters.
 */
import { badRequest } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { at, isSet, objectOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"

export type Predicate = (object: JsonObject) => boolean

type LabelRequirement = (labels: JsonObject) => boolean

const everything: Predicate = () => true

/** Both selectors of a request at once. Fails with 400 on text that is no selector, or a field that cannot select. */
export const parse = (kind: ServedKind, query: { readonly [name: string]: string }): Predicate => {
  const labels = parseLabels(query.labelSelector ?? "")
  const fields = parseFields(kind, query.fieldSelector ?? "")
  if (labels === undefined) return fields ?? everything
  return fields === undefined ? labels : (object) => labels(object) && fields(object)
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. */
const parseLabels = (text: string): Predicate | undefined => {
  if (text.trim() === "") return undefined
  const requirements = splitOutsideParentheses(text).map(labelRequirement)
  return (object) => {
    const labels = objectOf(at(object, "metadata", "labels"))
    return requirements.every((requirement) => requirement(labels))
  }
}

const key = "[A-Za-z0-9][-A-Za-z0-9_./]*"
const setForm = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`, "u")
const equalityForm = new RegExp(`^(${key})\\s*(==|=|!=)\\s*([-A-Za-z0-9_.]*)$`, "u")
const existsForm = new RegExp(`^(!?)\\s*(${key})$`, "u")

const labelRequirement = (text: string): LabelRequirement => {
  const term = text.trim()
  const set = setForm.exec(term)
  if (set !== null) {
    const [, name = "", operator, list = ""] = set
    const values = new Set<Json | undefined>(list.split(",").map((value) => value.trim()))
    return operator === "in"
      ? (labels) => isSet(labels[name]) && values.has(labels[name])
      : (labels) => !isSet(labels[name]) || !values.has(labels[name])
  }
  const equality = equalityForm.exec(term)
  if (equality !== null) {
    const [, name = "", operator, value] = equality
    return operator === "!=" ? (labels) => labels[name] !== value : (labels) => labels[name] === value
  }
  const exists = existsForm.exec(term)
  if (exists !== null) {
    const [, not, name = ""] = exists
    return (labels) => isSet(labels[name]) === (not === "")
  }
  throw badRequest(`unable to parse requirement: found '${term}', expected: a label selector`)
}

const splitOutsideParentheses = (text: string): ReadonlyArray<string> => text.split(/,(?![^(]*\))/u)

const fieldsOfAll = ["metadata.name", "metadata.namespace"]

const eventReference = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"]

/** Fields by which lists of a kind can be narrowed, besides name and namespace. */
const selectable: { readonly [storage: string]: ReadonlyArray<string> } = {
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
  const known = new Set([
    ...fieldsOfAll,
    ...(selectable[`${kind.storage.group}/${kind.plural}`] ?? []),
    ...declaredFields(kind)
  ])
  const terms = text.split(",").map((term) => {
    const [, field = "", operator, value = ""] = /^\s*([^=!]+?)\s*(==|=|!=)\s*(.*)$/u.exec(term) ?? []
    if (operator === undefined) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`)
    if (!known.has(field)) throw badRequest(unknownField(kind, field))
    return { path: pathOf(field), wanted: operator !== "!=", value }
  })
  return (object) => terms.every(({ path, value, wanted }) => (fieldText(object, path) === value) === wanted)
}

/** Stored events are core/v1 ones, whatever version asks. */
const pathOf = (field: string): ReadonlyArray<string> => field.replace(/^regarding\./u, "involvedObject.").split(".")

const fieldText = (object: JsonObject, path: ReadonlyArray<string>): string => {
  const value = at(object, ...path)
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? `${value}` : ""
}

const unknownField = (kind: ServedKind, field: string): string =>
  kind.custom === undefined
    ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`
    : `field label not supported: ${field}`
