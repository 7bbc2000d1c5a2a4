import type { JsonObject } from "../../src/apiserver/Json.ts"
import type { Cause } from "../../src/apiserver/schema/CustomResource.ts"

/** A cause as a tuple. */
export type CauseTuple = readonly [reason: string, field: string, message: string]

export interface Case {
  readonly spec: JsonObject
  readonly causes: ReadonlyArray<CauseTuple>
}

export interface UpdateCase {
  readonly old: JsonObject
  readonly patch: JsonObject
  readonly causes: ReadonlyArray<CauseTuple>
}

export interface DefinitionCase {
  readonly definition: JsonObject
  readonly causes: ReadonlyArray<CauseTuple>
}

/** The additional cause of kube-apiserver when other causes prevent CEL rules from running. */
export const rulesSkipped: CauseTuple = [
  "FieldValueInvalid",
  "<nil>",
  "Invalid value: null: some validation rules were not checked because the object was invalid; " +
    "correct the existing errors to complete validation"
]

/** Sorts causes, because the order in which kube-apiserver reports them is not defined. */
export const sorted = (causes: ReadonlyArray<CauseTuple>): ReadonlyArray<CauseTuple> =>
  [...causes].sort((left, right) => (left.join() < right.join() ? -1 : 1))

export const tuplesOf = (causes: ReadonlyArray<Cause>): ReadonlyArray<CauseTuple> =>
  sorted(causes.map(({ field, message, reason }) => [reason, field, message]))

/** A CustomResourceDefinition of kind `Thing` with a schema. */
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

/** A CustomResourceDefinition of kind `Thing` with the given properties in `spec`, and other keywords in its schema. */
export const inSpec = (properties: JsonObject, keywords: JsonObject = {}) =>
  definitionOf({ type: "object", properties: { spec: { type: "object", properties, ...keywords } } })

/** An object of kind `Thing`, with other fields at its root. */
export const thing = (spec: JsonObject, fields: JsonObject = {}): JsonObject => ({
  apiVersion: "example.dev/v1",
  kind: "Thing",
  metadata: { name: "thing" },
  spec,
  ...fields
})
