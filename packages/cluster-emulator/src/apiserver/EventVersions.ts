/**
 * Converts events between core/v1, the storage version, and events.k8s.io/v1.
 */
import type { Json, JsonObject } from "./Json.ts"
import { isSet, withDefaults } from "./Json.ts"

/** core/v1 name → events.k8s.io/v1 name. */
const coreToNew: { readonly [core: string]: string } = {
  involvedObject: "regarding",
  message: "note",
  source: "deprecatedSource",
  firstTimestamp: "deprecatedFirstTimestamp",
  lastTimestamp: "deprecatedLastTimestamp",
  count: "deprecatedCount",
  reportingComponent: "reportingController"
}

const newToCore = Object.fromEntries(Object.entries(coreToNew).map(([core, current]) => [current, core]))

const rename = (object: JsonObject, names: { readonly [from: string]: string }, apiVersion: string): JsonObject => ({
  ...Object.fromEntries(Object.entries(object).map(([field, value]): [string, Json] => [names[field] ?? field, value])),
  apiVersion
})

/** Only core/v1 encodes empty reporter fields. */
export const toCore = (event: JsonObject): JsonObject =>
  withDefaults(rename(event, newToCore, "v1"), { reportingComponent: "", reportingInstance: "" })

export const toNew = (event: JsonObject): JsonObject => {
  const named = rename(event, coreToNew, "events.k8s.io/v1")
  const reporters = ["reportingController", "reportingInstance"]
  return Object.fromEntries(
    Object.entries(named).filter(([field, value]) => !reporters.includes(field) || (isSet(value) && value !== ""))
  )
}
