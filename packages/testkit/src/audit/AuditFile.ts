/** A kube-apiserver's audit log: JSON lines, each an `Event` of `audit.k8s.io/v1`, read as the entries that laws are checked on. */
import * as Fs from "node:fs"
import { createInterface } from "node:readline"
import * as AuditLog from "@portolan/cluster-emulator/http/AuditLog"
import { ObjectMeta } from "@portolan/planner"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** How much of a request a log holds: who asked for what, what was sent too, what was answered too. */
export type Level = "Metadata" | "Request" | "RequestResponse"

/** A request that is over. */
export interface Noted extends AuditLog.AuditEntry {
  /** Its line in the log, from 1. */
  readonly line: number
  readonly level: Level
}

export interface Content {
  /** In the order in which requests were finished. */
  readonly entries: ReadonlyArray<Noted>
  /** What was left out and may matter, a sentence each. */
  readonly remarks: ReadonlyArray<string>
}

/** The log cannot be read. One line: where, and what to do about it. */
export class AuditFileInvalid extends Data.TaggedError("AuditFileInvalid")<{ readonly message: string }> {}

/** The whole text of a log. A last line that is cut off is left out, with a remark: its server still runs, or was killed. */
export const fromText = (text: string): Result.Result<Content, AuditFileInvalid> => {
  const reader = new Reader()
  for (const line of text.split("\n")) reader.read(line)
  return reader.end()
}

/** The same from a file, line by line: the log may be larger than a string can be. */
export const fromFile = (path: string): Effect.Effect<Content, AuditFileInvalid> =>
  Effect.tryPromise({
    try: async () => {
      const reader = new Reader()
      for await (const line of createInterface({ input: Fs.createReadStream(path) })) reader.read(line)
      return reader.end()
    },
    catch: (error) => new AuditFileInvalid({ message: `${path} cannot be read: ${String(error)}` })
  }).pipe(
    Effect.flatMap(Effect.fromResult),
    Effect.mapError(({ message }) => new AuditFileInvalid({ message: message.replace(/^line/u, `${path}, line`) }))
  )

/** Requests of some users only. A check of what a controller wrote has to see who else wrote in between. */
export const ofUsers = (entries: ReadonlyArray<Noted>, ...users: ReadonlyArray<string>): ReadonlyArray<Noted> =>
  entries.filter(({ user }) => users.includes(user))

const Event = Schema.Struct({
  apiVersion: Schema.Literal("audit.k8s.io/v1"),
  kind: Schema.Literal("Event"),
  level: Schema.Literals(["Metadata", "Request", "RequestResponse"]),
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
type Event = typeof Event.Type

const parseJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))
const decode = Schema.decodeUnknownOption(Event)

/** Goes through a log once. Whether a line is cut off or damaged is known when the next one comes. */
class Reader {
  readonly #entries: Array<Noted> = []
  #line = 0
  /** A line that is no JSON. */
  #torn: number | undefined
  #fault: string | undefined

  read(text: string): void {
    this.#line++
    if (this.#fault !== undefined || text.trim() === "") return
    if (this.#torn !== undefined) {
      this.#fault = `line ${this.#torn} is no JSON: the log is damaged there; take it from the server anew, or check what comes before and after in two files`
      return
    }
    const json = Option.getOrUndefined(parseJson(text))
    if (json === undefined) {
      this.#torn = this.#line
      return
    }
    const event = Option.getOrUndefined(decode(json))
    if (event === undefined) {
      this.#fault = `line ${this.#line} is ${notified(json)} and no Event of audit.k8s.io/v1: kube-apiserver writes them with --audit-log-path`
    } else if (event.stage === "ResponseComplete") {
      const entry = entryOf(event, this.#line)
      if (entry !== undefined) this.#entries.push(entry)
    }
  }

  end(): Result.Result<Content, AuditFileInvalid> {
    if (this.#fault !== undefined) return Result.fail(new AuditFileInvalid({ message: this.#fault }))
    const remarks = this.#torn === undefined ? [] : [`line ${this.#torn}, the last, is cut off and was left out`]
    return Result.succeed({ entries: this.#entries, remarks })
  }
}

/** What a value says it is. */
const notified = (json: Schema.Json): string =>
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

const entryOf = (event: Event, line: number): Noted | undefined => {
  const verb = VERBS.find((each) => each === event.verb)
  const { objectRef } = event
  if (verb === undefined || objectRef?.resource === undefined) return undefined
  const pass = AuditLog.passOf(event.auditID)
  const received = microseconds(event.requestReceivedTimestamp)
  const made = ObjectMeta.isJsonObject(event.responseObject) ? event.responseObject.metadata : undefined
  const name = objectRef.name ?? (ObjectMeta.isJsonObject(made) ? String(made.name) : "")
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
    user: event.user.username,
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

/** An apply names its field manager and whether it forces; a log does not hold its content type. */
const isApply = (uri: string): boolean => uri.includes("force=")
