/** Reads the audit log of a kube-apiserver: JSON lines, each an `Event` of `audit.k8s.io/v1`. */
import * as Fs from "node:fs"
import { createInterface } from "node:readline"
import * as AuditLog from "@portolan/cluster-emulator/http/AuditLog"
import { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { firstLine } from "../ErrorMessage.ts"

/** How much of a request was logged, as in an audit policy. */
export type Level = "Metadata" | "Request" | "RequestResponse"

/** A completed request. */
export interface Entry extends AuditLog.AuditEntry {
  /** Its line in the log, from 1. */
  readonly line: number
  readonly level: Level
}

export interface Content {
  /** In the order in which requests completed. */
  readonly entries: ReadonlyArray<Entry>
  /** What was skipped, one sentence each. */
  readonly warnings: ReadonlyArray<string>
}

/** The log cannot be read. The message is one line: where, and what to do. */
export class AuditFileInvalid extends Data.TaggedError("AuditFileInvalid")<{ readonly message: string }> {}

/**
 * Reads the text of a log. A truncated last line is skipped with a warning: the server is still writing, or was killed.
 */
export const fromText = (text: string): Result.Result<Content, AuditFileInvalid> => {
  const reader = new Reader()
  for (const line of text.split("\n")) reader.read(line)
  return reader.end()
}

/** Reads a log from a file, line by line, because it may not fit into a string. */
export const fromFile = (path: string): Effect.Effect<Content, AuditFileInvalid> =>
  Effect.tryPromise({
    try: async () => {
      const reader = new Reader()
      for await (const line of createInterface({ input: Fs.createReadStream(path) })) reader.read(line)
      return reader.end()
    },
    catch: (error) => new AuditFileInvalid({ message: `cannot read "${path}": ${firstLine(error)}` })
  }).pipe(
    Effect.flatMap(Effect.fromResult),
    Effect.mapError(({ message }) => new AuditFileInvalid({ message: message.replace(/^line (\d+)/u, `${path}:$1`) }))
  )

/** The requests of some users. To check a controller, keep the requests of all users that write its objects. */
export const ofUsers = (entries: ReadonlyArray<Entry>, ...users: ReadonlyArray<string>): ReadonlyArray<Entry> =>
  entries.filter(({ user }) => users.includes(user))

const Event = Schema.Struct({
  apiVersion: Schema.Literal("audit.k8s.io/v1"),
  kind: Schema.Literal("Event"),
  level: Schema.Literals(["Metadata", "Request", "RequestResponse"]),
  auditID: Schema.String,
  stage: Schema.String,
  verb: Schema.String,
  user: Schema.Struct({ username: Schema.optionalKey(Schema.String) }),
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
type Event = typeof Event.Type

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))
const decode = Schema.decodeUnknownOption(Event)

/** Reads a log once. A line that is not JSON is truncated if it is the last one, and corrupt otherwise. */
class Reader {
  readonly #entries: Array<Entry> = []
  #line = 0
  /** The line that is not JSON. */
  #invalidLine: number | undefined
  #error: string | undefined

  read(text: string): void {
    this.#line++
    if (this.#error !== undefined || text.trim() === "") return
    if (this.#invalidLine !== undefined) {
      this.#error = `line ${this.#invalidLine}: not JSON, the log is corrupt; copy it from the server again`
      return
    }
    const json = Option.getOrUndefined(parseJson(text))
    if (json === undefined) {
      this.#invalidLine = this.#line
      return
    }
    const event = Option.getOrUndefined(decode(json))
    if (event === undefined) {
      this.#error = `line ${this.#line}: expected an Event of audit.k8s.io/v1 but found ${describe(json)}`
    } else if (event.stage === "ResponseComplete") {
      const entry = entryOf(event, this.#line)
      if (entry !== undefined) this.#entries.push(entry)
    }
  }

  end(): Result.Result<Content, AuditFileInvalid> {
    if (this.#error !== undefined) return Result.fail(new AuditFileInvalid({ message: this.#error }))
    const warnings =
      this.#invalidLine === undefined ? [] : [`line ${this.#invalidLine}, the last one, is truncated and was skipped`]
    return Result.succeed({ entries: this.#entries, warnings })
  }
}

/** `Pod of v1`, or `JSON` for a value that is not an object of Kubernetes. */
const describe = (json: Schema.Json): string =>
  ObjectMeta.isJsonObject(json) && typeof json.kind === "string" ? `${json.kind} of ${String(json.apiVersion)}` : "JSON"

const VERBS: ReadonlyArray<AuditLog.AuditVerb> = [
  "get",
  "list",
  "watch",
  "create",
  "update",
  "patch",
  "delete",
  "deletecollection"
]

const entryOf = (event: Event, line: number): Entry | undefined => {
  const verb = VERBS.find((known) => known === event.verb)
  const { objectRef } = event
  // A request whose authentication failed has no user.
  const user = event.user.username
  if (verb === undefined || objectRef?.resource === undefined || user === undefined) return undefined
  const pass = AuditLog.passOf(event.auditID)
  const received = microseconds(event.requestReceivedTimestamp)
  const created = ObjectMeta.isJsonObject(event.responseObject) ? event.responseObject.metadata : undefined
  const name = objectRef.name ?? (ObjectMeta.isJsonObject(created) ? String(created.name) : "")
  return {
    line,
    level: event.level,
    auditId: event.auditID,
    verb,
    group: objectRef.apiGroup ?? "",
    version: objectRef.apiVersion ?? "",
    resource: [objectRef.resource, objectRef.subresource].filter((part) => part !== undefined).join("/"),
    namespace: objectRef.namespace ?? "",
    name,
    user,
    uri: event.requestURI,
    code: event.responseStatus?.code ?? 0,
    at: Math.floor(received / 1000),
    received,
    ...(pass === undefined ? {} : { pass }),
    ...(verb === "patch" ? { patchFormat: isApply(event.requestURI) ? "apply" : "merge" } : {}),
    ...(event.requestObject === undefined ? {} : { requestBody: event.requestObject }),
    ...(event.responseObject === undefined ? {} : { responseBody: event.responseObject })
  }
}

const microseconds = (time: string): number => Date.parse(time) * 1000 + Number(/\.\d{3}(\d{3})/u.exec(time)?.[1] ?? 0)

/**
 * Only an apply has the parameter `force`; the log does not contain the content type that tells it from a merge patch.
 */
const isApply = (uri: string): boolean => uri.includes("force=")
