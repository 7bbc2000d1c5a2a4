import type { JsonObject } from "../../src/apiserver/Json.ts"
import type { Cause } from "../../src/apiserver/schema/CustomResource.ts"

/** A cause in short: reason, field, message. */
export type Told = readonly [reason: string, field: string, message: string]

export interface Case {
  readonly spec: JsonObject
  readonly causes: ReadonlyArray<Told>
}

export interface UpdateCase {
  readonly old: JsonObject
  readonly patch: JsonObject
  readonly causes: ReadonlyArray<Told>
}

export interface DefinitionCase {
  readonly definition: JsonObject
  readonly causes: ReadonlyArray<Told>
}

/** What a server adds when it leaves rules out. */
export const unchecked: Told = [
  "FieldValueInvalid",
  "<nil>",
  "Invalid value: null: some validation rules were not checked because the object was invalid; " +
    "correct the existing errors to complete validation"
]

/** Causes in an order of their own: a server has none. */
export const inOrder = (causes: ReadonlyArray<Told>): ReadonlyArray<Told> =>
  [...causes].sort((left, right) => (left.join() < right.join() ? -1 : 1))

export const notified = (causes: ReadonlyArray<Cause>): ReadonlyArray<Told> =>
  inOrder(causes.map(({ field, message, reason }) => [reason, field, message]))

/** The definition of things with a schema. */
export const definitionOf = (schema: JsonObject) => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "things.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "things", singular: "thing", kind: "Thing", listKind: "ThingList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }]
  }
})

/** The definition of things with fields in their spec. */
export const inSpec = (properties: JsonObject, more: JsonObject = {}) =>
  definitionOf({ type: "object", properties: { spec: { type: "object", properties, ...more } } })

export const thing = (spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: "example.dev/v1",
  kind: "Thing",
  metadata: { name: "thing" },
  spec,
  ...more
})
