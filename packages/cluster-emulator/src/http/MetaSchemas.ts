/** OpenAPI schemas that all kinds share. */
import type { JsonObject } from "../apiserver/Json.ts"

export const reference = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` })

/** The `metadata` of an object or of a list. */
export const metadata = (name: "ObjectMeta" | "ListMeta"): JsonObject => ({
  description: "Metadata that all objects have, whatever their kind.",
  allOf: [reference(prefix + name)]
})

const prefix = "io.k8s.apimachinery.pkg.apis.meta.v1."

const text = (description: string): JsonObject => ({ type: "string", description })
const time = (description: string): JsonObject => ({ type: "string", format: "date-time", description })
const texts = (description: string): JsonObject => ({ type: "array", items: { type: "string" }, description })
const number = (description: string): JsonObject => ({ type: "integer", format: "int64", description })
const textMap = (description: string): JsonObject => ({
  type: "object",
  additionalProperties: { type: "string" },
  description
})

/** The two fields that name a kind. */
export const typeFields: JsonObject = {
  apiVersion: text("The group and the version of the kind."),
  kind: text("The kind of the object, in CamelCase.")
}

const objectMeta: JsonObject = {
  type: "object",
  description: "Metadata that all objects have, whatever their kind.",
  properties: {
    annotations: textMap("Arbitrary metadata of tools. Selectors do not use annotations."),
    creationTimestamp: time("When the object was created."),
    deletionGracePeriodSeconds: number("How long the object may take to terminate gracefully."),
    deletionTimestamp: time("The time after which the object is deleted. Set by the server when it accepts a delete."),
    finalizers: {
      ...texts("The components that must act before the object is removed."),
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge"
    },
    generateName: text("The prefix of the name that the server generates when none is given."),
    generation: number("The number of the latest desired state; it grows with every change of the spec."),
    labels: textMap("Keys and values that selectors match."),
    managedFields: {
      type: "array",
      description: "The fields that each manager set.",
      items: reference(`${prefix}ManagedFieldsEntry`),
      "x-kubernetes-list-type": "atomic"
    },
    name: text("The name of the object, unique among its kind in its namespace."),
    namespace: text("The namespace that the object is in."),
    ownerReferences: {
      type: "array",
      description: "The objects that this object depends on.",
      items: reference(`${prefix}OwnerReference`),
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-list-type": "map",
      "x-kubernetes-patch-merge-key": "uid",
      "x-kubernetes-patch-strategy": "merge"
    },
    resourceVersion: text("The version of the object, which every write changes. Opaque to clients."),
    selfLink: text("No longer used."),
    uid: text("The unique identity of the object. A later object of the same name has another uid.")
  }
}

const ownerReference: JsonObject = {
  type: "object",
  description: "An owner of the object.",
  required: ["apiVersion", "kind", "name", "uid"],
  properties: {
    ...typeFields,
    blockOwnerDeletion: {
      type: "boolean",
      description: "Whether a foreground delete of the owner waits for this object."
    },
    controller: { type: "boolean", description: "Whether the owner is the controller of this object." },
    name: text("The name of the owner."),
    uid: text("The uid of the owner.")
  }
}

const managedFieldsEntry: JsonObject = {
  type: "object",
  description: "The fields that one manager set.",
  properties: {
    apiVersion: text("The version that the fields are in."),
    fieldsType: text("The format of the fields: `FieldsV1`."),
    fieldsV1: { type: "object", description: "The fields, as a tree.", "x-kubernetes-preserve-unknown-fields": true },
    manager: text("The manager that set the fields."),
    operation: text("The operation that set the fields: `Apply` or `Update`."),
    subresource: text("The subresource that the fields were set through."),
    time: time("When the entry last changed.")
  }
}

const listMeta: JsonObject = {
  type: "object",
  description: "Metadata that all lists have.",
  properties: {
    continue: text("The token of the next page, when there is one."),
    remainingItemCount: number("The number of objects after this page."),
    resourceVersion: text("The resource version of the list.")
  }
}

export const schemas: JsonObject = {
  [`${prefix}ObjectMeta`]: objectMeta,
  [`${prefix}ListMeta`]: listMeta,
  [`${prefix}OwnerReference`]: ownerReference,
  [`${prefix}ManagedFieldsEntry`]: managedFieldsEntry
}
