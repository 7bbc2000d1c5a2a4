/**
 * The audit log: requests for objects, in order. Requests for discovery, OpenAPI, version and health are not logged.
 */
import type { Json } from "../apiserver/Json.ts"
import type { PatchFormat } from "../apiserver/Request.ts"

export type AuditVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection"

export interface AuditEntry {
  /** The `Audit-ID` header of the request, or an id that the server assigned. */
  readonly auditId: string
  /** The reconcile pass that the `Audit-ID` names; see {@link passOf}. */
  readonly pass?: string
  readonly verb: AuditVerb
  readonly group: string
  readonly version: string
  /** The plural, with its subresource: `pods`, `pods/status`. */
  readonly resource: string
  /** Empty for cluster scope, or for all namespaces. */
  readonly namespace: string
  /** Empty for collections. For a create, the name of the new object. */
  readonly name: string
  /** `Impersonate-User`, or else the product of the `User-Agent`. */
  readonly user: string
  /** The path with its query, as `requestURI` of a log file: `/api/v1/pods?labelSelector=app%3Dx&watch=true`. */
  readonly uri: string
  /** The HTTP status. A watch is logged when it starts. */
  readonly code: number
  /** The time of the response by the server's clock; in a log file, the time when the request was received. */
  readonly at: number
  /** Microseconds since 1970, in a log file that orders requests by their end and not by their effect. */
  readonly received?: number
  readonly patchFormat?: PatchFormat
  /** The decoded body of the request. */
  readonly requestBody?: Json
  /** The body of the response to a write. Absent for reads. */
  readonly responseBody?: Json
}

export interface AuditLog {
  readonly append: (entry: AuditEntry) => void
  /** All entries so far, oldest first. */
  readonly entries: () => ReadonlyArray<AuditEntry>
}

export const make = (): AuditLog => {
  const all: Array<AuditEntry> = []
  return { append: (entry) => all.push(entry), entries: () => [...all] }
}

/**
 * The reconcile pass in an audit id: `<process>-<pass>` in `<process>-<pass>-<n>`, `<pass>` in `<pass>.<n>`.
 * `undefined` for ids of another form, such as UUIDs.
 */
export const passOf = (auditId: string): string | undefined =>
  /^([\da-z]+-\d+)-\d+$/iu.exec(auditId)?.[1] ?? /^(\d+)\.\d+$/u.exec(auditId)?.[1]
