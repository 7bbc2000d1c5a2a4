/** A kube-apiserver's audit log, as the testkit reads one. */
import * as Fs from "node:fs"
import { ObjectMeta } from "@portolan/planner"
import { AuditLog } from "@portolan/testkit"
import * as Schema from "effect/Schema"

const Event = Schema.fromJsonString(
  Schema.Struct({
    auditID: Schema.String,
    stage: Schema.String,
    verb: Schema.String,
    user: Schema.Struct({ username: Schema.String }),
    requestReceivedTimestamp: Schema.String,
    objectRef: Schema.optionalKey(
      Schema.Struct({
        resource: Schema.optionalKey(Schema.String),
        subresource: Schema.optionalKey(Schema.String),
        namespace: Schema.optionalKey(Schema.String),
        name: Schema.optionalKey(Schema.String),
        apiGroup: Schema.optionalKey(Schema.String),
        apiVersion: Schema.optionalKey(Schema.String)
      })
    ),
    requestURI: Schema.String,
    responseStatus: Schema.optionalKey(Schema.Struct({ code: Schema.optionalKey(Schema.Int) })),
    requestObject: Schema.optionalKey(Schema.Json),
    responseObject: Schema.optionalKey(Schema.Json)
  })
)
type Event = typeof Event.Type

const decode = Schema.decodeUnknownSync(Event)

/**
 * Requests of some users that are over, in the order in which they were finished. A check of what a controller wrote has to
 * see who else wrote in between.
 */
export const read = (path: string, ...users: ReadonlyArray<string>): ReadonlyArray<AuditLog.AuditEntry> =>
  Fs.readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => decode(line))
    .filter((event) => event.stage === "ResponseComplete" && users.includes(event.user.username))
    .flatMap((event) => entryOf(event) ?? [])

const VERBS: ReadonlyArray<AuditLog.AuditVerb> = ["get", "list", "watch", "create", "update", "patch", "delete"]

const entryOf = (event: Event): AuditLog.AuditEntry | undefined => {
  const verb = VERBS.find((each) => each === event.verb)
  const { objectRef } = event
  if (verb === undefined || objectRef?.resource === undefined) return undefined
  const turn = AuditLog.turnOf(event.auditID)
  const created = ObjectMeta.isJsonObject(event.responseObject) ? event.responseObject.metadata : undefined
  const name = objectRef.name ?? (ObjectMeta.isJsonObject(created) ? String(created.name) : "")
  return {
    auditId: event.auditID,
    verb,
    group: objectRef.apiGroup ?? "",
    version: objectRef.apiVersion ?? "",
    resource: [objectRef.resource, objectRef.subresource].filter((part) => part !== undefined).join("/"),
    namespace: objectRef.namespace ?? "",
    name,
    user: event.user.username,
    code: event.responseStatus?.code ?? 0,
    at: Date.parse(event.requestReceivedTimestamp),
    ...(turn === undefined ? {} : { turn }),
    ...(verb === "patch" ? { patchFormat: event.requestURI.includes("force=true") ? "apply" : "merge" } : {}),
    ...(event.requestObject === undefined ? {} : { requestBody: event.requestObject }),
    ...(event.responseObject === undefined ? {} : { responseBody: event.responseObject })
  }
}
