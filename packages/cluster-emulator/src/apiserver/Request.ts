/**
 * What one caller asks of the API server, after a transport has read it and before anything is decided. The in-process
 * promise and the HTTP server both speak this, so that one state state serves both.
 */
import type { JsonObject } from "./Json.ts"
import type { KubernetesObject } from "./KubernetesObject.ts"

export type Verb = "get" | "list" | "create" | "update" | "patch" | "delete" | "deletecollection"

/** The four patch formats, by content type. Only built-in kinds take a strategic one. */
export type PatchFormat = "json" | "merge" | "strategic" | "apply"

export interface ApiRequest {
  readonly verb: Verb
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  /** Empty for cluster scope, or for a list over all namespaces. */
  readonly namespace: string
  /** Empty for list, create and deletecollection. */
  readonly name: string
  readonly subresource?: "status"
  readonly patchFormat?: PatchFormat
  /** Query parameters as they came: `fieldManager`, `force`, `dryRun`, `fieldValidation`, `labelSelector`, `limit`, … */
  readonly query: { readonly [name: string]: string }
  /** The decoded body: an object, delete options, or a patch. */
  readonly body?: unknown
  /** Paths of fields that the text of the body had more than once; the last value counts. */
  readonly duplicates?: ReadonlyArray<string>
  /** Who asks; appears in the audit log and, without a `fieldManager`, in managed fields. */
  readonly user: string
}

export interface ApiResponse {
  /** HTTP status. */
  readonly code: number
  /** An object, a list, or a `Status`. */
  readonly body: JsonObject
  /** One `Warning` header each. */
  readonly warnings: ReadonlyArray<string>
}

/** One change, as a watch tells it. Bookmarks are made by whoever watches. */
export interface ApiEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly object: KubernetesObject
  /** The object as it was before; absent for ADDED. Lets a watch tell that an object left its selector. */
  readonly previous?: KubernetesObject
}
