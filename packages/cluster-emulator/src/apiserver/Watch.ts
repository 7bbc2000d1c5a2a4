/**
 * How one watch sees the stream of changes: its kind, its version, its namespace, its selectors.
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
  /** `labelSelector` and `fieldSelector`; the rest is ignored here. */
  readonly query: { readonly [name: string]: string }
}

/** One change as a watch writes it. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly object: JsonObject
}

/**
 * Makes the view of one watch. An object that begins to match is ADDED; one that no longer does is DELETED, as it last
 * matched but with the version of the change. Fails with `ApiFailure` on a selector that is none.
 */
export const view = (kind: ServedKind, selection: WatchSelection): ((event: ApiEvent) => WatchEvent | undefined) => {
  const matches = Selectors.parse(kind, selection.query)
  const isSeen = (object: JsonObject | undefined): object is JsonObject => object !== undefined && matches(object)
  return (event) => {
    const { object, plural, previous } = event
    if (plural !== kind.plural || event.group !== kind.storage.group) return undefined
    if (selection.namespace !== "" && object.metadata.namespace !== selection.namespace) return undefined
    const isNow = event.type !== "DELETED" && isSeen(object)
    const wasBefore = isSeen(previous)
    if (!isNow && !wasBefore) return undefined
    if (isNow) return { type: wasBefore ? "MODIFIED" : "ADDED", object: toServedVersion(kind, object) }
    if (event.type === "DELETED") return { type: "DELETED", object: toServedVersion(kind, object) }
    return { type: "DELETED", object: toServedVersion(kind, withVersionOf(previous ?? object, object)) }
  }
}

const withVersionOf = (last: JsonObject, change: JsonObject): JsonObject => ({
  ...last,
  metadata: { ...metadataOf(last), resourceVersion: textOf(metadataOf(change).resourceVersion) }
})
