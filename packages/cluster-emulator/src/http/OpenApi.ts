/**
 * OpenAPI documents, as far as clients use them: full schemas of custom kinds, open schemas of built-in kinds, and the
 * parameters of writes.
 */
import { createHash } from "node:crypto"
import type { Json, JsonObject } from "../apiserver/Json.ts"
import { at, isArray, isObject, none, objectOf, objectsOf } from "../apiserver/Json.ts"
import type { ServedKind } from "../apiserver/Kinds.ts"
import * as MetaSchemas from "./MetaSchemas.ts"

type KindsServed = ReadonlyArray<ServedKind>

/** `/openapi/v3`: the paths of the documents. The hash of a path changes with its schemas. */
export const index = (kinds: KindsServed): JsonObject => {
  const roots = [...new Set(kinds.map(rootOf))]
  return {
    paths: Object.fromEntries(
      roots.map((root) => {
        const schemas = kinds.filter((kind) => rootOf(kind) === root).map((kind) => [kind.kind, schemaOf(kind)])
        const hash = createHash("sha256").update(JSON.stringify(schemas)).digest("hex").toUpperCase()
        return [root, { serverRelativeURL: `/openapi/v3/${root}?hash=${hash}` }]
      })
    )
  }
}

/** The document of one group in one version; `undefined` when nothing is served there. */
export const document = (kinds: KindsServed, group: string, version: string): JsonObject | undefined => {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version)
  if (served.length === 0) return undefined
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.36.0" },
    paths: Object.fromEntries(served.flatMap(pathsOf)),
    components: { schemas: { ...Object.fromEntries(served.flatMap(schemasOf)), ...MetaSchemas.schemas } }
  }
}

/** `/openapi/v2`: all schemas in one document, without paths. */
export const legacy = (kinds: KindsServed): JsonObject => {
  const definitions = { ...Object.fromEntries(kinds.flatMap(schemasOf)), ...MetaSchemas.schemas }
  return {
    swagger: "2.0",
    info: { title: "Kubernetes", version: "v1.36.0" },
    paths: {},
    definitions: objectOf(withLegacyReferences(definitions))
  }
}

const rootOf = ({ group, version }: ServedKind): string =>
  group === "" ? `api/${version}` : `apis/${group}/${version}`

/** `dev.example.v1.Widget`; built-in kinds have the names of kube-apiserver. */
const nameOf = ({ custom, group, kind, version }: ServedKind): string => {
  if (custom !== undefined) return `${group.split(".").reverse().join(".")}.${version}.${kind}`
  if (group === "apiextensions.k8s.io")
    return `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`
  return `io.k8s.api.${group === "" ? "core" : group.split(".", 1).join("")}.${version}.${kind}`
}

const schemasOf = (kind: ServedKind): ReadonlyArray<[string, JsonObject]> => [
  [nameOf(kind), schemaOf(kind)],
  [`${nameOf(kind)}List`, listSchemaOf(kind)]
]

const kindOf = ({ group, kind, version }: ServedKind): JsonObject => ({ group, version, kind })

const schemaOf = (kind: ServedKind): JsonObject => {
  const declared = declaredSchema(kind)
  return {
    type: "object",
    ...(kind.custom === undefined ? { "x-kubernetes-preserve-unknown-fields": true } : none),
    ...declared,
    properties: {
      ...MetaSchemas.typeFields,
      ...objectOf(declared.properties),
      metadata: MetaSchemas.metadata("ObjectMeta")
    },
    "x-kubernetes-group-version-kind": [kindOf(kind)]
  }
}

const declaredSchema = ({ custom, version }: ServedKind): JsonObject => {
  const versions = objectsOf(at(custom?.definition, "spec", "versions"))
  return objectOf(
    at(
      versions.find((one) => one.name === version),
      "schema",
      "openAPIV3Schema"
    )
  )
}

const listSchemaOf = (kind: ServedKind): JsonObject => ({
  type: "object",
  description: `A list of ${kind.plural}.`,
  required: ["items"],
  properties: {
    ...MetaSchemas.typeFields,
    items: { type: "array", items: MetaSchemas.reference(nameOf(kind)) },
    metadata: MetaSchemas.metadata("ListMeta")
  },
  "x-kubernetes-group-version-kind": [{ ...kindOf(kind), kind: kind.listKind }]
})

const parameter = (name: string, place: "path" | "query", type = "string"): JsonObject => ({
  name,
  in: place,
  ...(place === "path" ? { required: true } : none),
  schema: { type, uniqueItems: true }
})

const writeParameters = ["dryRun", "fieldManager", "fieldValidation"].map((name) => parameter(name, "query"))

const pathsOf = (kind: ServedKind): ReadonlyArray<[string, JsonObject]> => {
  const isNamespaced = kind.scope === "Namespaced"
  const collection = `/${rootOf(kind)}${isNamespaced ? "/namespaces/{namespace}" : ""}/${kind.plural}`
  const inside = isNamespaced ? [parameter("namespace", "path")] : []
  const named = [parameter("name", "path"), ...inside]
  const everywhere: ReadonlyArray<[string, JsonObject]> = isNamespaced
    ? [[`/${rootOf(kind)}/${kind.plural}`, { get: operation(kind, "list"), parameters: [] }]]
    : []
  const status: ReadonlyArray<[string, JsonObject]> = kind.hasStatus
    ? [[`${collection}/{name}/status`, { ...onObject(kind), parameters: named }]]
    : []
  const onCollection = {
    get: operation(kind, "list"),
    post: operation(kind, "post"),
    delete: operation(kind, "deletecollection"),
    parameters: inside
  }
  const itself = { ...onObject(kind), delete: operation(kind, "delete"), parameters: named }
  return [[collection, onCollection], [`${collection}/{name}`, itself], ...status, ...everywhere]
}

const onObject = (kind: ServedKind): JsonObject => ({
  get: operation(kind, "get"),
  put: operation(kind, "put"),
  patch: operation(kind, "patch")
})

const writes = new Set(["post", "put", "patch"])

const operation = (kind: ServedKind, action: string): JsonObject => {
  const schema = MetaSchemas.reference(action === "list" ? `${nameOf(kind)}List` : nameOf(kind))
  const parameters = action === "patch" ? [...writeParameters, parameter("force", "query", "boolean")] : writeParameters
  return {
    ...(writes.has(action) ? { parameters, requestBody: bodyOf(kind, action) } : none),
    responses: { "200": { description: "OK", content: { "application/json": { schema } } } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": kindOf(kind)
  }
}

/**
 * The strategic patch is supported but not listed. A client that saw it here would compute patches from these schemas,
 * which do not say how lists merge; without it, kubectl uses its built-in schemas.
 */
const patchTypes = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"]

const bodyOf = (kind: ServedKind, action: string): JsonObject => {
  const schema = action === "patch" ? { type: "object" } : MetaSchemas.reference(nameOf(kind))
  const types = action === "patch" ? patchTypes : ["application/json", "application/yaml"]
  return { required: true, content: Object.fromEntries(types.map((type) => [type, { schema }])) }
}

const withLegacyReferences = (value: Json): Json => {
  if (typeof value === "string") return value.replace(/^#\/components\/schemas\//u, "#/definitions/")
  if (isArray(value)) return value.map(withLegacyReferences)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, withLegacyReferences(inner)]))
}
