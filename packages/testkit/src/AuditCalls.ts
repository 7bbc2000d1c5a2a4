/** What servers noted over HTTP, as the ledger that laws are checked on. */
import { ObjectMeta } from "@portolan/planner"
import type { Heard } from "./AgentServer.ts"
import type { AuditEntry } from "./http/AuditLog.ts"
import type { Call, CallResult, Verb } from "./Ledger.ts"

/** A request of an agent, and how many entries the audit log had when it was answered. */
export interface Placed {
  readonly heard: Heard
  readonly position: number
}

export interface Options {
  /** The kind whose turns are looked for. */
  readonly kind: ObjectMeta.ObjectKind
  /** Kinds by plural, to name what else was written; a plural that is not here names itself. */
  readonly kinds?: ReadonlyArray<ObjectMeta.ObjectKind>
}

/**
 * The calls of one log in order, each with its turn where its audit id tells one. The key of a turn is the object of the
 * kind that the turn wrote; a turn that wrote none is left out, with its calls.
 *
 * A write that names the version it is made on finds its object as it was at that version; for any other the state before is
 * the one after the last write in the log. A log that begins in the middle, or lacks some users, knows less, and finds less.
 */
export const fromAudit = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<Placed>,
  options: Options
): ReadonlyArray<Call> => {
  const reader = new Reader(entries, options)
  entries.forEach((entry, index) => {
    for (const { heard, position } of agents) if (position === index) reader.heard(heard)
    reader.read(entry)
  })
  for (const { heard, position } of agents) if (position >= entries.length) reader.heard(heard)
  return reader.calls
}

/** Goes through a log once, and knows how every object stood at each moment. */
class Reader {
  readonly calls: Array<Call> = []
  readonly #options: Options
  readonly #keys: ReadonlyMap<number, ObjectMeta.ObjectKey>
  readonly #states = new Map<string, ObjectMeta.KubernetesObject>()
  /** Every state that the log has told of so far, by object and version. */
  readonly #versions = new Map<string, ObjectMeta.KubernetesObject>()
  /** The version that each turn began with, by its number. */
  readonly #seen = new Map<number, ObjectMeta.ResourceVersion>()

  constructor(entries: ReadonlyArray<AuditEntry>, options: Options) {
    this.#options = options
    this.#keys = turnKeys(entries, options)
  }

  read(entry: AuditEntry): void {
    const verb = verbOf(entry)
    if (verb === undefined) return
    const target = ObjectMeta.keyText(keyOf(entry, this.#options))
    const turn = this.#turn(entry.auditId)
    const version = versionOf(entry)
    const before = version === undefined ? this.#states.get(target) : this.#versions.get(`${target} ${version}`)
    const after = ObjectMeta.isKubernetesObject(entry.responseBody) ? entry.responseBody : undefined
    if (after !== undefined && entry.code < 300) {
      this.#states.set(target, after)
      this.#versions.set(`${target} ${after.metadata.resourceVersion}`, after)
    }
    this.#add({
      verb,
      target,
      at: entry.at,
      turn,
      process: turn === undefined ? entry.user : CONTROLLER,
      sent: sentOf(verb, entry),
      result: resultOf(entry.code),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after })
    })
  }

  heard(heard: Heard): void {
    this.#add(ofAgent(heard, this.#turn(heard.auditId)))
  }

  #add(call: Omit<Call, "index">): void {
    this.calls.push({ ...call, index: this.calls.length })
  }

  #turn(auditId: string): Call["turn"] {
    const number = numberOf(auditId)
    const key = number === undefined ? undefined : this.#keys.get(number)
    if (number === undefined || key === undefined) return undefined
    const current = this.#states.get(ObjectMeta.keyText(key))?.metadata.resourceVersion
    const seen = this.#seen.get(number) ?? current ?? ObjectMeta.ResourceVersion.make("")
    this.#seen.set(number, seen)
    return { key, number, seen }
  }
}

/** One log is of one process. */
const CONTROLLER = "controller"

/** The number of the turn in `<process>-<turn>-<n>`. */
const numberOf = (auditId: string): number | undefined => {
  const found = /^[\da-z]+-(\d+)-\d+$/iu.exec(auditId)
  return found === null ? undefined : Number(found[1])
}

/** The object of each turn, by the number of the turn. */
const turnKeys = (entries: ReadonlyArray<AuditEntry>, options: Options) => {
  const keys = new Map<number, ObjectMeta.ObjectKey>()
  for (const entry of entries) {
    const number = numberOf(entry.auditId)
    if (number === undefined || entry.resource.split("/")[0] !== options.kind.plural) continue
    if (verbOf(entry) === "removeFinalizer") continue
    keys.set(number, ObjectMeta.key(options.kind, entry.namespace, entry.name))
  }
  return keys
}

const keyOf = (entry: AuditEntry, { kind, kinds = [] }: Options): ObjectMeta.ObjectKey => {
  const plural = entry.resource.split("/")[0] ?? ""
  const found = [kind, ...kinds].find((each) => each.plural === plural)
  const unnamed = { apiVersion: `${entry.group}/${entry.version}`, kind: plural, plural, scope: "Namespaced" } as const
  return ObjectMeta.key(found ?? unnamed, entry.namespace, entry.name)
}

const verbOf = ({ patchFormat, requestBody, resource, verb }: AuditEntry): Verb | undefined => {
  if (verb === "watch" || verb === "update" || verb === "deletecollection") return undefined
  if (verb !== "patch") return verb === "create" && resource === "events" ? "event" : verb
  if (patchFormat === "apply") return "apply"
  if (resource.endsWith("/status")) return "patchStatus"
  return namesUid(requestBody) ? "removeFinalizer" : "setFinalizers"
}

/** The version that a write was conditional on. */
const versionOf = ({ requestBody, verb }: AuditEntry): string | undefined => {
  if (verb !== "patch" || !ObjectMeta.isJsonObject(requestBody)) return undefined
  const { metadata } = requestBody
  const version = ObjectMeta.isJsonObject(metadata) ? metadata.resourceVersion : undefined
  return typeof version === "string" ? version : undefined
}

/** What is taken off another's object says which one; a turn's own object is known by its key. */
const namesUid = (patch: AuditEntry["requestBody"]): boolean =>
  ObjectMeta.isJsonObject(patch) && ObjectMeta.isJsonObject(patch.metadata) && patch.metadata.uid !== undefined

const sentOf = (verb: Verb, { requestBody }: AuditEntry): unknown => {
  if (!ObjectMeta.isJsonObject(requestBody)) return requestBody
  if (verb === "patchStatus") return requestBody.status
  return verb === "delete" ? requestBody.preconditions : requestBody
}

const resultOf = (code: number): CallResult => {
  if (code < 300) return "ok"
  if (code === 409) return "conflict"
  return code === 429 || code >= 500 ? "unavailable" : "rejected"
}

const TAGS: { readonly [status: string]: string } = { running: "Running", completed: "Completed", failed: "Failed" }

/** What an agent said of a task; nothing when it does not know it. */
const answerOf = ({ run, status }: Heard["body"]) => {
  const tag = typeof status === "string" ? TAGS[status] : undefined
  return tag === undefined ? {} : { answer: { _tag: tag, run } }
}

const ofAgent = ({ address, at, body, code, id, type, verb }: Heard, turn: Call["turn"]): Omit<Call, "index"> => ({
  verb,
  target: address,
  at,
  turn,
  process: CONTROLLER,
  sent: verb === "poll" ? id : { id, type },
  result: resultOf(code === 404 ? 200 : code),
  ...answerOf(body)
})
