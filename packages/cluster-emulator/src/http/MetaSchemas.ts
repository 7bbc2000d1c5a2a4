/**
 * The schemas that all kinds share.
 */
import type { JsonObject } from "../apiserver/Json.ts"

export const reference = (name: string): JsonObject => ({ $ref: `#/components/schemas/${name}` })

/** The `metadata` of an object or of a list. */
export const metadata = (name: "ObjectMeta" | "ListMeta"): JsonObject => ({
  description: "What every object says of itself, whatever its kind.",
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
  description: "What every object says of itself, whatever its kind.",
  properties: {
    annotations: textMap("Notes that tools leave on the object; nothing selects by them."),
    creationTimestamp: time("When the object was created."),
    deletionGracePeriodSeconds: number("How long the object may take to end once it is asked to."),
    deletionTimestamp: time("When the object is to be gone. Set by the server when a delete is accepted."),
    finalizers: {
      ...texts("Who must act before the object can be removed."),
      "x-kubernetes-list-type": "set",
      "x-kubernetes-patch-strategy": "merge"
    },
    generateName: text("A prefix from which the server makes a name when none is given."),
    generation: number("Counts the changes of what is wanted."),
    labels: textMap("Names and values that objects are selected by."),
    managedFields: {
      type: "array",
      description: "Which manager set which fields.",
      items: reference(`${prefix}ManagedFieldsEntry`),
      "x-kubernetes-list-type": "atomic"
    },
    name: text("The name of the object, unique among its kind in its namespace."),
    namespace: text("The namespace that the object is in."),
    ownerReferences: {
      type: "array",
      description: "The objects that this one goes with.",
      items: reference(`${prefix}OwnerReference`),
      "x-kubernetes-list-map-keys": ["uid"],
      "x-kubernetes-list-type": "map",
      "x-kubernetes-patch-merge-key": "uid",
      "x-kubernetes-patch-strategy": "merge"
    },
    resourceVersion: text("The version of the object; it changes with every write. Opaque to clients."),
    selfLink: text("No longer used."),
    uid: text("The identity of the object in time: an object of the same name created later has another.")
  }
}

const ownerReference: JsonObject = {
  type: "object",
  description: "An object that this one goes with.",
  required: ["apiVersion", "kind", "name", "uid"],
  properties: {
    ...typeFields,
    blockOwnerDeletion: {
      type: "boolean",
      description: "Whether the owner waits for this object in a foreground delete."
    },
    controller: { type: "boolean", description: "Whether the owner is the one that manages this object." },
    name: text("The name of the owner."),
    uid: text("The uid of the owner.")
  }
}

const managedFieldsEntry: JsonObject = {
  type: "object",
  description: "The fields that one manager set.",
  properties: {
    apiVersion: text("The version that the fields are in."),
    fieldsType: text("The form of the fields: `FieldsV1`."),
    fieldsV1: { type: "object", description: "The fields, as a tree.", "x-kubernetes-preserve-unknown-fields": true },
    manager: text("Who set them."),
    operation: text("How they were set: `Apply` or `Update`."),
    subresource: text("The subresource they were set through."),
    time: time("When the set of fields last changed.")
  }
}

const listMeta: JsonObject = {
  type: "object",
  description: "What a list says of itself.",
  properties: {
    continue: text("Where the next page begins, when there is one."),
    remainingItemCount: number("How many objects come after this page."),
    resourceVersion: text("The moment that the list shows.")
  }
}

export const schemas: JsonObject = {
  [`${prefix}ObjectMeta`]: objectMeta,
  [`${prefix}ListMeta`]: listMeta,
  [`${prefix}OwnerReference`]: ownerReference,
  [`${prefix}ManagedFieldsEntry`]: managedFieldsEntry
}
