/** Converts an API server's audit log to a call log, so that invariants can be checked on it. */

import { parseApiVersion } from "@portolan/cluster-emulator/apiserver/Kinds"
import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import { MergePatch, ObjectMeta } from "@portolan/planner"
import type { ReceivedCall } from "../services/AgentServer.ts"
import type { Call, CallResult, Verb } from "../services/CallLog.ts"

/** A request to an agent, and how many entries the audit log had when the agent responded. */
export interface AgentCall {
  readonly received: ReceivedCall
  readonly position: number
}

export interface Options {
  /** The kinds whose reconcile passes are reconstructed. */
  readonly kind: ObjectMeta.ObjectKind | ReadonlyArray<ObjectMeta.ObjectKind>
  /** Other kinds, whose names appear in targets. The target of an unknown kind has its plural instead. */
  readonly kinds?: ReadonlyArray<ObjectMeta.ObjectKind>
  /**
   * The users of the controller. Default: every user. Passes of other users are not reconstructed, and their writes only tell
   * how an object changed.
   */
  readonly users?: ReadonlyArray<string>
}

/** A call, and its entry in the audit log; a request to an agent has none. */
export interface ReconstructedCall {
  readonly call: Call
  readonly entry?: AuditEntry
}

/**
 * The calls of a log in order, each with its reconcile pass if its audit id has one. The key of a pass is the object
 * whose status it wrote, or else an object of one of the kinds that it wrote or read, or else the object of another pass that
 * called the same agent. Calls of a pass without such an object are calls outside of any pass.
 *
 * The state before a write is the one at the version that the write was conditional on, or else the one after the last
 * write in the log. States that the log does not contain, because it starts later or lacks users, are not judged.
 * Requests with code 401 are left out.
 */
export const fromAudit = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<AgentCall>,
  options: Options
): ReadonlyArray<Call> => reconstruct(entries, agents, options).map(({ call }) => call)

/** The user of such a request is unknown; the client repeats it in the same pass with renewed credentials. */
const UNAUTHORIZED = 401

/** {@link fromAudit}, with the entry of each call. */
export const reconstruct = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<AgentCall>,
  options: Options
): ReadonlyArray<ReconstructedCall> => {
  const reader = new Reader(entries, agents, options)
  for (const request of inOrder(entries, agents)) {
    if ("received" in request) reader.readAgent(request.received)
    else if (request.entry.code !== UNAUTHORIZED) reader.read(request.entry)
  }
  return reader.calls
}

/**
 * All requests in the order in which they took effect. A request to an agent comes after the entries that precede it.
 */
const inOrder = (entries: ReadonlyArray<AuditEntry>, agents: ReadonlyArray<AgentCall>) => {
  const times = timesOf(entries)
  let latest = 0
  const latestBefore = [latest, ...times.map((time) => (latest = Math.max(latest, time)))]
  const ofServer = entries.map((entry, index) => ({ entry, index, time: times[index] ?? 0 }))
  const ofAgents = agents.map(({ received, position }) => ({
    received,
    index: position - 0.5,
    time: latestBefore[position] ?? latest
  }))
  return [...ofServer, ...ofAgents].toSorted((left, right) => left.time - right.time || left.index - right.index)
}

/**
 * When each entry took effect. A server logs a write when it ends, which may be after a request that the write caused,
 * since a watch event can be faster. So entries are ordered by when they were received, and those of one object by its
 * versions.
 */
const timesOf = (entries: ReadonlyArray<AuditEntry>): ReadonlyArray<number> => {
  const times = entries.map(({ received = 0 }) => received)
  const writes = entries.flatMap((entry, index) => {
    const { resourceVersion, uid = "" } = afterOf(entry)?.metadata ?? {}
    const version = Number(resourceVersion)
    return entry.received === undefined || Number.isNaN(version) ? [] : [{ index, uid, version }]
  })
  const latest = new Map<string, number>()
  for (const { index, uid } of writes.toSorted((left, right) => left.version - right.version)) {
    const time = Math.max(times[index] ?? 0, (latest.get(uid) ?? 0) + 1)
    latest.set(uid, time)
    times[index] = time
  }
  return times
}

/** Whether a write that succeeded was of another object than this one, with the same name. */
const isOtherObject = ({ metadata }: ObjectMeta.KubernetesObject, entry: AuditEntry): boolean => {
  const uid = afterOf(entry)?.metadata.uid ?? uidIn(entry.requestBody)
  return entry.code < 300 && uid !== undefined && uid !== metadata.uid
}

/** The uid that a delete requires. */
const uidIn = (body: AuditEntry["requestBody"]) => {
  const preconditions = ObjectMeta.isJsonObject(body) ? body.preconditions : undefined
  return ObjectMeta.isJsonObject(preconditions) ? preconditions.uid : undefined
}

/** The object that a delete responds with. */
const deleted = (entry: AuditEntry) => (entry.verb === "delete" ? afterOf(entry) : undefined)

/** The object after a write, from the response. */
const afterOf = ({ code, responseBody }: AuditEntry): ObjectMeta.KubernetesObject | undefined =>
  code < 300 && ObjectMeta.isKubernetesObject(responseBody) ? responseBody : undefined

/** Reads a log once and keeps the state of every object. */
class Reader {
  readonly calls: Array<ReconstructedCall> = []
  readonly #options: Options
  readonly #passes: ReadonlyMap<string, PassKey>
  /** The last state of every object. */
  readonly #states = new Map<string, ObjectMeta.KubernetesObject>()
  /** Every state so far, by object and version. */
  readonly #versions = new Map<string, ObjectMeta.KubernetesObject>()
  /**
   * The version that each pass read: the one that its status write was conditional on, if the log contains it by then.
   */
  readonly #observed = new Map<string, ObjectMeta.ResourceVersion>()

  constructor(entries: ReadonlyArray<AuditEntry>, agents: ReadonlyArray<AgentCall>, options: Options) {
    this.#options = options
    this.#passes = withAgents(passesOf(entries, options), agents)
  }

  read(entry: AuditEntry): void {
    const isForeign = this.#options.users?.includes(entry.user) === false
    const verb = verbOf(entry, this.#options)
    if (verb === undefined) return
    const target = ObjectMeta.keyText(keyOf(entry, this.#options))
    const pass = isForeign ? undefined : this.#passOf(entry.auditId)
    const version = versionOf(entry)
    const known = version === undefined ? this.#states.get(target) : this.#versions.get(`${target} ${version}`)
    const after = afterOf(entry)
    const before = known === undefined || isOtherObject(known, entry) ? deleted(entry) : known
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
      ...(isForeign ? { isForeign } : {}),
      sent: sentOf(verb, entry, before, after),
      ...preconditionOf(entry),
      result: resultOf(entry.code),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after })
    }
    this.#add(call, entry)
  }

  readAgent(received: ReceivedCall): void {
    this.#add(agentCall(received, this.#passOf(received.auditId)))
  }

  #add(call: Omit<Call, "index">, entry?: AuditEntry): void {
    this.calls.push({ call: { ...call, index: this.calls.length }, ...(entry === undefined ? {} : { entry }) })
  }

  #passOf(auditId: string): Call["pass"] {
    const found = passIn(auditId)
    const pass = found === undefined ? undefined : this.#passes.get(found.id)
    if (found === undefined || pass === undefined) return undefined
    const { key, version } = pass
    const target = ObjectMeta.keyText(key)
    const object = this.#versions.get(`${target} ${version}`) ?? this.#states.get(target)
    const observedVersion =
      this.#observed.get(found.id) ?? object?.metadata.resourceVersion ?? ObjectMeta.ResourceVersion.make("")
    this.#observed.set(found.id, observedVersion)
    return { key, process: found.process, number: found.number, observedVersion }
  }
}

/** The pass in the audit id `<process>-<pass>-<n>`. */
const passIn = (auditId: string) => {
  const [, id, process, number] = /^(([\da-z]+)-(\d+))-\d+$/iu.exec(auditId) ?? []
  return id === undefined || process === undefined ? undefined : { id, process, number: Number(number) }
}

/** The process in an audit id; `controller` for a request outside of any pass. */
const processOf = (auditId: string): string => passIn(auditId)?.process ?? "controller"

/** The object of a pass, and the version that its status write was conditional on. */
interface PassKey {
  readonly key: ObjectMeta.ObjectKey
  readonly version: string | undefined
}

const passesOf = (entries: ReadonlyArray<AuditEntry>, { kind, users }: Options): ReadonlyMap<string, PassKey> => {
  const passes = new Map<string, PassKey>()
  const wroteStatus = new Set<string>()
  for (const entry of entries) {
    const id = passIn(entry.auditId)?.id
    const found = [kind].flat().find((candidate) => isOf(candidate, entry))
    if (id === undefined || found === undefined || wroteStatus.has(id) || users?.includes(entry.user) === false)
      continue
    const verb = verbOf(entry, { kind })
    if (verb === "removeFinalizer") continue
    const key = ObjectMeta.key(found, entry.namespace, entry.name)
    const isStatusWrite = verb === "patchStatus"
    passes.set(id, { key, version: isStatusWrite ? versionOf(entry) : undefined })
    if (isStatusWrite) wroteStatus.add(id)
  }
  return passes
}

/**
 * The same passes, and those that only called an agent: about the object for which another pass called the same agent.
 */
const withAgents = (
  passes: ReadonlyMap<string, PassKey>,
  agents: ReadonlyArray<AgentCall>
): ReadonlyMap<string, PassKey> => {
  const all = new Map(passes)
  const idOf = ({ received }: AgentCall) => passIn(received.auditId)?.id ?? ""
  const keys = new Map(
    agents.flatMap((call) => {
      const pass = passes.get(idOf(call))
      return pass === undefined ? [] : [[call.received.address, pass.key] as const]
    })
  )
  for (const call of agents) {
    const key = keys.get(call.received.address)
    if (key !== undefined && idOf(call) !== "" && !all.has(idOf(call))) all.set(idOf(call), { key, version: undefined })
  }
  return all
}

const isOf = ({ apiVersion, plural }: ObjectMeta.ObjectKind, { group, resource }: AuditEntry): boolean =>
  plural === pluralOf(resource) && parseApiVersion(apiVersion).group === group

/** `pods` of `pods/status`. */
const pluralOf = (resource: string): string => resource.split("/")[0] ?? ""

const keyOf = (entry: AuditEntry, { kind, kinds = [] }: Options): ObjectMeta.ObjectKey => {
  const plural = pluralOf(entry.resource)
  const found = [kind, kinds].flat().find((candidate) => isOf(candidate, entry))
  const unknown = { apiVersion: `${entry.group}/${entry.version}`, kind: plural, plural, scope: "Namespaced" } as const
  return ObjectMeta.key(found ?? unknown, entry.namespace, entry.name)
}

/**
 * The verb of planner's services that a request corresponds to, by its resource and body. A request to `/status` of a
 * reconciled kind is a `patchStatus`, in whatever format; a patch of anything but finalizers is an `apply`.
 */
const verbOf = (entry: AuditEntry, { kind }: Pick<Options, "kind">): Verb | undefined => {
  const { patchFormat, requestBody, resource, verb } = entry
  if (verb === "watch") return undefined
  if (verb === "deletecollection") return "delete"
  if (verb !== "update" && verb !== "patch") return verb === "create" && resource === "events" ? "event" : verb
  const isReconciled = [kind].flat().some((candidate) => isOf(candidate, entry))
  if (resource.endsWith("/status") && isReconciled) return "patchStatus"
  if (verb === "update" || patchFormat === "apply" || !hasOnlyFinalizers(requestBody)) return "apply"
  return namesUid(requestBody) ? "removeFinalizer" : "setFinalizers"
}

/** Whether a patch changes nothing but the list of finalizers. A patch that was not logged counts as one. */
const hasOnlyFinalizers = (patch: AuditEntry["requestBody"]): boolean => {
  if (patch === undefined) return true
  if (!ObjectMeta.isJsonObject(patch) || !ObjectMeta.isJsonObject(patch.metadata)) return false
  const metadata = Object.keys(patch.metadata)
  return (
    Object.keys(patch).every((field) => field === "metadata" || field === "apiVersion" || field === "kind") &&
    metadata.includes("finalizers") &&
    metadata.every((field) => ["finalizers", "uid", "resourceVersion", "name", "namespace"].includes(field))
  )
}

/** What a write of an existing object requires, as far as the log shows its body. */
const preconditionOf = (entry: AuditEntry): Pick<Call, "precondition"> => {
  if ((entry.verb !== "patch" && entry.verb !== "update") || entry.requestBody === undefined) return {}
  const version = versionOf(entry)
  return { precondition: version === undefined ? "None" : ObjectMeta.ResourceVersion.make(version) }
}

/** The version that a write was conditional on, if it was. */
const versionOf = ({ requestBody, verb }: AuditEntry): string | undefined => {
  const isConditional = verb === "patch" || verb === "update"
  if (!isConditional || !ObjectMeta.isJsonObject(requestBody)) return undefined
  const { metadata } = requestBody
  const version = ObjectMeta.isJsonObject(metadata) ? metadata.resourceVersion : undefined
  return typeof version === "string" ? version : undefined
}

/** Only `removeFinalizer` sends a uid; `setFinalizers` does not. */
const namesUid = (patch: AuditEntry["requestBody"]): boolean =>
  ObjectMeta.isJsonObject(patch) && ObjectMeta.isJsonObject(patch.metadata) && patch.metadata.uid !== undefined

/** What a call sent, as in a call log: of a status that was updated or applied as a whole, the merge patch. */
const sentOf = (
  verb: Verb,
  { patchFormat, requestBody, verb: httpVerb }: AuditEntry,
  before: ObjectMeta.KubernetesObject | undefined,
  after: ObjectMeta.KubernetesObject | undefined
): unknown => {
  if (!ObjectMeta.isJsonObject(requestBody)) return requestBody
  if (verb === "delete") return requestBody.preconditions
  if (verb !== "patchStatus") return requestBody
  const { status } = requestBody
  const isWhole = httpVerb === "update" || patchFormat === "apply"
  return isWhole && before !== undefined && after !== undefined
    ? MergePatch.diff(ObjectMeta.statusOf(before), ObjectMeta.statusOf(after))
    : status
}

const resultOf = (code: number): CallResult => {
  if (code < 300) return "ok"
  if (code === 409) return "conflict"
  return code === 429 || code >= 500 ? "unavailable" : "rejected"
}

const TAGS: { readonly [status: string]: string } = { running: "Running", completed: "Completed", failed: "Failed" }

/** The state of a task in a response of an agent; nothing if the agent does not know the task. */
const answerOf = ({ run, status }: ReceivedCall["body"]) => {
  const tag = typeof status === "string" ? TAGS[status] : undefined
  return tag === undefined ? {} : { answer: { _tag: tag, run } }
}

const agentCall = (
  { address, at, auditId, body, code, id, params, type, verb }: ReceivedCall,
  pass: Call["pass"]
): Omit<Call, "index"> => ({
  verb,
  target: address,
  at,
  pass,
  process: processOf(auditId),
  sent: verb === "poll" ? id : { id, type, ...(params === undefined ? {} : { params }) },
  result: resultOf(code === 404 ? 200 : code),
  ...answerOf(body)
})
