/** What servers noted over HTTP, as the ledger that laws are checked on. */

import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { ReceivedCall } from "../services/AgentServer.ts"
import type { Call, CallResult, Verb } from "../services/CallLog.ts"

/** A request of an agent, and how many entries the audit log had when it was answered. */
export interface Placed {
  readonly received: ReceivedCall
  readonly position: number
}

export interface Options {
  /** The kind whose turns are looked for, or all of them. */
  readonly kind: ObjectMeta.ObjectKind | ReadonlyArray<ObjectMeta.ObjectKind>
  /** Kinds by plural, to name what else was written; a plural that is not here names itself. */
  readonly kinds?: ReadonlyArray<ObjectMeta.ObjectKind>
  /** The users whose status writes are judged; default: everybody's. Others' writes are known as changes of an object. */
  readonly users?: ReadonlyArray<string>
}

/** A call, and the entry of the log that told of it; none for a request to an agent. */
export interface Reconstructed {
  readonly call: Call
  readonly entry?: AuditEntry
}

/**
 * The calls of one log in order, each with its turn where its audit id tells one. The key of a turn is the object whose status
 * the turn wrote, or else the object of one of the kinds that it wrote or read; a turn that has none is left out, with its
 * calls.
 *
 * A write that names the version it is made on finds its object as it was at that version; for any other the state before is
 * the one after the last write in the log. A log that begins in the middle, or lacks some users, knows less, and finds less.
 */
export const fromAudit = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<Placed>,
  options: Options
): ReadonlyArray<Call> => reconstruct(entries, agents, options).map(({ call }) => call)

/** {@link fromAudit}, with the entry of each call. */
export const reconstruct = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<Placed>,
  options: Options
): ReadonlyArray<Reconstructed> => {
  const reader = new Reader(entries, options)
  for (const step of inOrder(entries, agents)) {
    if ("received" in step) reader.received(step.received)
    else reader.read(step.entry)
  }
  return reader.notified
}

/** What happened, as things took effect. An agent heard something after all that the log told of by then. */
const inOrder = (entries: ReadonlyArray<AuditEntry>, agents: ReadonlyArray<Placed>) => {
  const moments = momentsOf(entries)
  let latest = 0
  const latestBy = [latest, ...moments.map((moment) => (latest = Math.max(latest, moment)))]
  const noted = entries.map((entry, place) => ({ entry, place, moment: moments[place] ?? 0 }))
  const asked = agents.map(({ received, position }) => ({
    received,
    place: position - 0.5,
    moment: latestBy[position] ?? latest
  }))
  return [...noted, ...asked].toSorted((left, right) => left.moment - right.moment || left.place - right.place)
}

/**
 * Where each entry belongs in time. A log notes a write as it ends, which may be after what it caused, for a watch tells
 * sooner. So what was received first comes first, but of one object the earlier version.
 */
const momentsOf = (entries: ReadonlyArray<AuditEntry>): ReadonlyArray<number> => {
  const moments = entries.map(({ received = 0 }) => received)
  const writes = entries.flatMap((entry, index) => {
    const { resourceVersion, uid = "" } = afterOf(entry)?.metadata ?? {}
    const version = Number(resourceVersion)
    return entry.received === undefined || Number.isNaN(version) ? [] : [{ index, uid, version }]
  })
  const latest = new Map<string, number>()
  for (const { index, uid } of writes.toSorted((left, right) => left.version - right.version)) {
    const moment = Math.max(moments[index] ?? 0, (latest.get(uid) ?? 0) + 1)
    latest.set(uid, moment)
    moments[index] = moment
  }
  return moments
}

/** The object that a write made of it, as it was answered. */
const afterOf = ({ code, responseBody }: AuditEntry): ObjectMeta.KubernetesObject | undefined =>
  code < 300 && ObjectMeta.isKubernetesObject(responseBody) ? responseBody : undefined

/** Goes through a log once, and knows how every object stood at each moment. */
class Reader {
  readonly notified: Array<Reconstructed> = []
  readonly #options: Options
  readonly #passes: ReadonlyMap<string, PassKey>
  readonly #states = new Map<string, ObjectMeta.KubernetesObject>()
  /** Every state that the log has told of so far, by object and version. */
  readonly #versions = new Map<string, ObjectMeta.KubernetesObject>()
  /** The version that each turn began with: the one that its status write names, where that was there by then. */
  readonly #seen = new Map<string, ObjectMeta.ResourceVersion>()

  constructor(entries: ReadonlyArray<AuditEntry>, options: Options) {
    this.#options = options
    this.#passes = passesOf(entries, options)
  }

  read(entry: AuditEntry): void {
    const made = verbOf(entry)
    if (made === undefined) return
    const isForeign = this.#options.users?.includes(entry.user) === false
    const verb = isForeign && made === "patchStatus" ? "apply" : made
    const target = ObjectMeta.keyText(keyOf(entry, this.#options))
    const pass = isForeign ? undefined : this.#reconcile(entry.auditId)
    const version = versionOf(entry)
    const before = version === undefined ? this.#states.get(target) : this.#versions.get(`${target} ${version}`)
    const after = afterOf(entry)
    if (after !== undefined) {
      this.#states.set(target, after)
      this.#versions.set(`${target} ${after.metadata.resourceVersion}`, after)
    }
    const call = {
      verb,
      target,
      at: entry.at,
      pass,
      process: pass === undefined ? entry.user : processOf(entry.auditId),
      sent: sentOf(verb, entry, before),
      result: resultOf(entry.code),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after })
    }
    this.#add(call, entry)
  }

  received(received: ReceivedCall): void {
    this.#add(ofAgent(received, this.#reconcile(received.auditId)))
  }

  #add(call: Omit<Call, "index">, entry?: AuditEntry): void {
    this.notified.push({ call: { ...call, index: this.notified.length }, ...(entry === undefined ? {} : { entry }) })
  }

  #reconcile(auditId: string): Call["pass"] {
    const found = passIn(auditId)
    const pass = found === undefined ? undefined : this.#passes.get(found.id)
    if (found === undefined || pass === undefined) return undefined
    const { key, version } = pass
    const target = ObjectMeta.keyText(key)
    const begun = this.#versions.get(`${target} ${version}`) ?? this.#states.get(target)
    const seen = this.#seen.get(found.id) ?? begun?.metadata.resourceVersion ?? ObjectMeta.ResourceVersion.make("")
    this.#seen.set(found.id, seen)
    return { key, number: found.number, observedVersion: seen }
  }
}

/** The turn in `<process>-<turn>-<n>`. */
const passIn = (auditId: string) => {
  const [, id, process, number] = /^(([\da-z]+)-(\d+))-\d+$/iu.exec(auditId) ?? []
  return id === undefined || process === undefined ? undefined : { id, process, number: Number(number) }
}

/** Whose process asked, by an audit id; a request outside of any turn does not tell. */
const processOf = (auditId: string): string => passIn(auditId)?.process ?? "controller"

/** What a turn was about, and the version that its status write was conditional on. */
interface PassKey {
  readonly key: ObjectMeta.ObjectKey
  readonly version: string | undefined
}

const passesOf = (entries: ReadonlyArray<AuditEntry>, { kind, users }: Options): ReadonlyMap<string, PassKey> => {
  const passes = new Map<string, PassKey>()
  const sure = new Set<string>()
  for (const entry of entries) {
    const id = passIn(entry.auditId)?.id
    const found = [kind].flat().find((each) => isOf(each, entry))
    if (id === undefined || found === undefined || sure.has(id) || users?.includes(entry.user) === false) continue
    if (verbOf(entry) === "removeFinalizer") continue
    const key = ObjectMeta.key(found, entry.namespace, entry.name)
    const isSure = verbOf(entry) === "patchStatus"
    passes.set(id, { key, version: isSure ? versionOf(entry) : undefined })
    if (isSure) sure.add(id)
  }
  return passes
}

const isOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind, { group, resource }: AuditEntry): boolean =>
  plural === resource.split("/")[0] && (apiVersion.includes("/") ? apiVersion.split("/")[0] : "") === group

const keyOf = (entry: AuditEntry, { kind, kinds = [] }: Options): ObjectMeta.ObjectKey => {
  const plural = entry.resource.split("/")[0] ?? ""
  const found = [kind, kinds].flat().find((each) => isOf(each, entry))
  const unnamed = { apiVersion: `${entry.group}/${entry.version}`, kind: plural, plural, scope: "Namespaced" } as const
  return ObjectMeta.key(found ?? unnamed, entry.namespace, entry.name)
}

const verbOf = ({ patchFormat, requestBody, resource, verb }: AuditEntry): Verb | undefined => {
  if (verb === "watch" || verb === "deletecollection") return undefined
  if (verb === "update") return resource.endsWith("/status") ? "patchStatus" : "apply"
  if (verb !== "patch") return verb === "create" && resource === "events" ? "event" : verb
  if (patchFormat === "apply") return "apply"
  if (resource.endsWith("/status")) return "patchStatus"
  return namesUid(requestBody) ? "removeFinalizer" : "setFinalizers"
}

/** The version that a write was conditional on. */
const versionOf = ({ requestBody, verb }: AuditEntry): string | undefined => {
  const isConditional = verb === "patch" || verb === "update"
  if (!isConditional || !ObjectMeta.isJsonObject(requestBody)) return undefined
  const { metadata } = requestBody
  const version = ObjectMeta.isJsonObject(metadata) ? metadata.resourceVersion : undefined
  return typeof version === "string" ? version : undefined
}

/** What is taken off another's object says which one; a turn's own object is known by its key. */
const namesUid = (patch: AuditEntry["requestBody"]): boolean =>
  ObjectMeta.isJsonObject(patch) && ObjectMeta.isJsonObject(patch.metadata) && patch.metadata.uid !== undefined

/** What a call sent, as a ledger has it. A status that was put whole is sent as what it changes. */
const sentOf = (
  verb: Verb,
  { requestBody, verb: asked }: AuditEntry,
  before: ObjectMeta.KubernetesObject | undefined
): unknown => {
  if (!ObjectMeta.isJsonObject(requestBody)) return requestBody
  if (verb === "delete") return requestBody.preconditions
  if (verb !== "patchStatus") return requestBody
  const { status } = requestBody
  return asked === "update" && ObjectMeta.isJsonObject(status) && before !== undefined
    ? MergePatch.diff(ObjectMeta.statusOf(before), status)
    : status
}

const resultOf = (code: number): CallResult => {
  if (code < 300) return "ok"
  if (code === 409) return "conflict"
  return code === 429 || code >= 500 ? "unavailable" : "rejected"
}

const TAGS: { readonly [status: string]: string } = { running: "Running", completed: "Completed", failed: "Failed" }

/** What an agent said of a task; nothing when it does not know it. */
const answerOf = ({ run, status }: ReceivedCall["body"]) => {
  const tag = typeof status === "string" ? TAGS[status] : undefined
  return tag === undefined ? {} : { answer: { _tag: tag, run } }
}

const ofAgent = (
  { address, at, auditId, body, code, id, type, verb }: ReceivedCall,
  pass: Call["pass"]
): Omit<Call, "index"> => ({
  verb,
  target: address,
  at,
  pass,
  process: processOf(auditId),
  sent: verb === "poll" ? id : { id, type },
  result: resultOf(code === 404 ? 200 : code),
  ...answerOf(body)
})
