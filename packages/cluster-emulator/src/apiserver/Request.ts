/**
 * Requests, responses and events of the API server, independent of the transport. In-process clients and the HTTP
 * server use the same types.
 */
import type { JsonObject } from "./Json.ts"
import type { KubernetesObject } from "./KubernetesObject.ts"

export type Verb = "get" | "list" | "create" | "update" | "patch" | "delete" | "deletecollection"

/** The four patch formats, one per content type. Only built-in kinds support strategic merge patch. */
export type PatchFormat = "json" | "merge" | "strategic" | "apply"

export interface ApiRequest {
  readonly verb: Verb
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  /** Empty for cluster-scoped kinds and for lists over all namespaces. */
  readonly namespace: string
  /** Empty for list, create and deletecollection. */
  readonly name: string
  readonly subresource?: "status"
  readonly patchFormat?: PatchFormat
  /** Raw query parameters: `fieldManager`, `force`, `dryRun`, `fieldValidation`, `labelSelector`, `limit`, … */
  readonly query: { readonly [name: string]: string }
  /** The decoded body: an object, `DeleteOptions`, or a patch. */
  readonly body?: unknown
  /** Paths of the duplicate fields in the text of the body. The last value wins. */
  readonly duplicates?: ReadonlyArray<string>
  /** The authenticated user. Appears in the audit log, and is the field manager when `fieldManager` is not set. */
  readonly user: string
}

export interface ApiResponse {
  /** HTTP status. */
  readonly code: number
  /** An object, a list or a `Status`. */
  readonly body: JsonObject
  /** The texts of the `Warning` headers. */
  readonly warnings: ReadonlyArray<string>
}

/** One change of one object, in the storage version. Watches add bookmarks themselves. */
export interface ApiEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly object: KubernetesObject
  /** The object before the change; absent for ADDED. A watch needs it to detect that an object left its selector. */
  readonly previous?: KubernetesObject
}
