/** What every request handler of the server needs. */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { Clock } from "../Clock.ts"
import type { AuditLog } from "./AuditLog.ts"
import type { HttpFaults } from "./HttpFaults.ts"

export interface ServerContext {
  readonly server: ApiServer
  readonly audit: AuditLog
  readonly clock: Clock
  readonly faults: HttpFaults | undefined
}
