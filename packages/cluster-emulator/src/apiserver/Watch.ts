/**
 * Translates the changes of the storage into the events of one watch: by kind, version, namespace and selectors.
 */
import type { JsonObject } from "./Json.ts"
import { textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { metadataOf } from "./Metadata.ts"
import type { ApiEvent } from "./Request.ts"
import * as Selectors from "./Selectors.ts"
import { toServedVersion } from "./ServerState.ts"

export interface WatchSelection {
  readonly group: string
  readonly version: string
  readonly plural: string
  /** Empty for all namespaces. */
  readonly namespace: string
  /** Only `labelSelector` and `fieldSelector` are read. */
  readonly query: { readonly [name: string]: string }
}

/** One event of a watch stream. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly object: JsonObject
}

/**
 * Creates the translation for one watch; `undefined` for changes that the watch does not select.
 *
 * An object that starts to match the selectors is ADDED. An object that stops matching is DELETED with its last
 * matching state and the resource version of the change. Fails with `ApiFailure` when a selector cannot be parsed.
 */
export const view = (kind: ServedKind, selection: WatchSelection): ((event: ApiEvent) => WatchEvent | undefined) => {
  const matches = Selectors.parse(kind, selection.query)
  const isSelected = (object: JsonObject | undefined): object is JsonObject => object !== undefined && matches(object)
  return (event) => {
    const { object, plural, previous } = event
    if (plural !== kind.plural || event.group !== kind.storage.group) return undefined
    if (selection.namespace !== "" && object.metadata.namespace !== selection.namespace) return undefined
    const matchesNow = event.type !== "DELETED" && isSelected(object)
    const matchedBefore = isSelected(previous)
    if (!matchesNow && !matchedBefore) return undefined
    if (matchesNow) return { type: matchedBefore ? "MODIFIED" : "ADDED", object: toServedVersion(kind, object) }
    if (event.type === "DELETED") return { type: "DELETED", object: toServedVersion(kind, object) }
    return { type: "DELETED", object: toServedVersion(kind, withVersionOf(previous ?? object, object)) }
  }
}

const withVersionOf = (object: JsonObject, change: JsonObject): JsonObject => ({
  ...object,
  metadata: { ...metadataOf(object), resourceVersion: textOf(metadataOf(change).resourceVersion) }
})
