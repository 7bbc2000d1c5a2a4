/**
 * The declaration of a kind (schemas, names, printer columns, CEL rules), and the CustomResourceDefinition generated from it.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { isJsonObject, type JsonObject, type ObjectKind } from "./ObjectMeta.ts"

/** A CEL validation rule. */
export interface Rule {
  readonly rule: string
  readonly message: string
}

/** What a structural schema of Kubernetes can express and JSON Schema cannot. */
export interface Extension {
  readonly "x-kubernetes-validations"?: ReadonlyArray<Rule>
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map"
  readonly "x-kubernetes-list-map-keys"?: ReadonlyArray<string>
  readonly "x-kubernetes-preserve-unknown-fields"?: true
  readonly "x-kubernetes-int-or-string"?: true
  readonly format?: "int32" | "int64" | "date-time"
  readonly default?: Schema.Json
}

export interface Column {
  readonly name: string
  readonly type: "string" | "integer" | "date" | "boolean"
  readonly jsonPath: string
  readonly priority?: number
}

export interface CustomKind {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly shortNames: ReadonlyArray<string>
  readonly columns: ReadonlyArray<Column>
  readonly description: string
  readonly spec: Schema.Top
  readonly status: Schema.Top
}

const EXTENSION = "@portolan/planner/CustomKind/extension"

declare module "effect/Schema" {
  namespace Annotations {
    interface Annotations {
      readonly "@portolan/planner/CustomKind/extension"?: Extension | undefined
    }
  }
}

/** A schema with Kubernetes extensions. They do not change how it decodes. */
export const extend = <S extends Schema.Top>(schema: S, extension: Extension): S["Rebuild"] =>
  schema.annotate({ [EXTENSION]: extension })

/** A schema with CEL rules. */
export const rules = <S extends Schema.Top>(schema: S, ...list: ReadonlyArray<Rule>): S["Rebuild"] =>
  extend(schema, { "x-kubernetes-validations": list })

/** The REST resource of the kind. */
export const resource = (kind: CustomKind): ObjectKind => ({
  apiVersion: `${kind.group}/${kind.version}`,
  kind: kind.kind,
  plural: kind.plural,
  scope: "Namespaced"
})

/**
 * The CustomResourceDefinition of a kind, with a structural schema generated from its Effect schemas. The same kind gives
 * the same manifest, in the same field order.
 */
export const manifest = (kind: CustomKind): JsonObject => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${kind.plural}.${kind.group}` },
  spec: {
    group: kind.group,
    names: {
      kind: kind.kind,
      listKind: `${kind.kind}List`,
      plural: kind.plural,
      singular: kind.singular,
      shortNames: [...kind.shortNames]
    },
    scope: "Namespaced",
    versions: [
      {
        name: kind.version,
        served: true,
        storage: true,
        additionalPrinterColumns: kind.columns.map((column) => ({ ...column })),
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: "object",
            description: kind.description,
            required: ["spec"],
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              metadata: { type: "object" },
              spec: structural(kind.spec),
              status: structural(kind.status)
            }
          }
        }
      }
    ]
  }
})

/** The structural OpenAPI schema of one Effect schema. */
export const structural = (schema: Schema.Top): JsonObject => {
  const { definitions, schema: root } = Schema.toJsonSchemaDocument(schema)
  const tree: unknown = root
  return convert(tree, definitions, schema.ast)
}

const KEPT = [
  "type",
  "description",
  "format",
  "default",
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "multipleOf",
  "required"
] as const

const BOUNDS = [
  ["minimum", "exclusiveMinimum"],
  ["maximum", "exclusiveMaximum"]
] as const

/** Converts one node: the keywords that a structural schema allows, then the extensions of the same AST node. */
const convert = (node: unknown, definitions: Readonly<Record<string, unknown>>, ast: SchemaAST.AST): JsonObject => {
  const flat = flatten(node, definitions)
  const extension = extensionOf(ast)
  const out: { [field: string]: Schema.Json } = {}
  for (const field of KEPT) {
    const value = flat[field]
    if (value !== undefined && !isUnbounded(field, value)) out[field] = value
  }
  for (const [bound, exclusive] of BOUNDS) {
    if (flat[exclusive] !== undefined) Object.assign(out, { [bound]: flat[exclusive], [exclusive]: true })
  }
  const others = flat.patterns.slice(0, -1)
  if (others.length > 0) out.allOf = others.map((pattern) => ({ pattern }))
  const fields = SchemaAST.isObjects(ast) ? ast : undefined
  if (fields !== undefined) out.type = "object"
  if (isJsonObject(flat.properties)) {
    out.properties = Object.fromEntries(
      Object.entries(flat.properties).map(([name, child]) => {
        const field = fields?.propertySignatures.find((each) => each.name === name)
        return [name, convert(child, definitions, field?.type ?? SchemaAST.unknown)]
      })
    )
  }
  if (isJsonObject(flat.additionalProperties) && out.properties === undefined) {
    out.additionalProperties = convert(
      flat.additionalProperties,
      definitions,
      fields?.indexSignatures[0]?.type ?? SchemaAST.unknown
    )
  }
  if (isJsonObject(flat.items)) {
    const item = SchemaAST.isArrays(ast) ? ast.rest[0] : undefined
    out.items = convert(flat.items, definitions, item ?? SchemaAST.unknown)
  }
  return { ...out, ...extension }
}

/** Folds `$ref` and `allOf` into one node. A value may have to match several patterns. */
const flatten = (
  node: unknown,
  definitions: Readonly<Record<string, unknown>>
): JsonObject & { readonly patterns: ReadonlyArray<Schema.Json> } => {
  const { $ref, allOf, ...own } = json(node)
  const parts = Array.isArray(allOf) ? allOf.map((part: Schema.Json) => flatten(part, definitions)) : []
  const named =
    typeof $ref === "string" ? [flatten(definitions[$ref.slice($ref.lastIndexOf("/") + 1)], definitions)] : []
  const all = [...named, { ...own, patterns: [own.pattern ?? []].flat() }, ...parts]
  return Object.assign({}, ...all, { patterns: all.flatMap(({ patterns }) => patterns) })
}

const isJson = Schema.is(Schema.Json)
const json = (node: unknown): JsonObject => (isJson(node) && isJsonObject(node) ? node : {})

/** Effect bounds every integer by the range of safe integers, which means nothing to a user. */
const isUnbounded = (field: string, value: Schema.Json): boolean =>
  (field === "maximum" && value === Number.MAX_SAFE_INTEGER) ||
  (field === "minimum" && value === Number.MIN_SAFE_INTEGER)

const extensionOf = (ast: SchemaAST.AST): JsonObject => json(SchemaAST.resolve(ast)?.[EXTENSION])
