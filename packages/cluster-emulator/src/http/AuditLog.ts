/**
 * Who asked for what, in order, as a checker reads it afterwards. Requests about resources only: discovery, OpenAPI and
 * health are not noted.
 */
import type { Json } from "../apiserver/Json.ts"
import type { PatchFormat } from "../apiserver/Request.ts"

export type AuditVerb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete" | "deletecollection"

export interface AuditEntry {
  /** The `Audit-ID` that the client sent, or one that the server drew. */
  readonly auditId: string
  /** The turn that the `Audit-ID` tells of; see {@link turnOf}. */
  readonly pass?: string
  readonly verb: AuditVerb
  readonly group: string
  readonly version: string
  /** The plural, with its subresource: `pods`, `pods/status`. */
  readonly resource: string
  /** Empty for cluster scope, or for all namespaces. */
  readonly namespace: string
  /** Empty for collections; of a create, the name that the object got. */
  readonly name: string
  /** `Impersonate-User`, or else the product of the `User-Agent`. */
  readonly user: string
  /** The HTTP status. A watch is noted when it begins. */
  readonly code: number
  /** When it was answered, by the server's `Clock`; in a file, when it was received. */
  readonly at: number
  /** Microseconds since 1970, in a log that notes requests as they end, and not as they take effect. */
  readonly received?: number
  readonly patchFormat?: PatchFormat
  /** The decoded body, as it was sent. */
  readonly requestBody?: Json
  /** What a write was answered. Reads leave it out. */
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
 * The turn within an audit id: `<process>-<turn>-<n>` is of turn `<process>-<turn>`, `<turn>.<n>` of turn `<turn>`.
 * `undefined` for ids that tell of none, like a UUID.
 */
export const reconcileOther = (auditId: string): string | undefined =>
  /^([\da-z]+-\d+)-\d+$/iu.exec(auditId)?.[1] ?? /^(\d+)\.\d+$/u.exec(auditId)?.[1]
