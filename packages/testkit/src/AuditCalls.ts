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
 * The calls of one log in order, each with its turn where its audit id tells one. The key of a turn is the object whose
 * status the turn wrote; turns that wrote none are about the last object that was written before them.
 *
 * An object's state before a write is its state after the last write in the log, so a log that begins in the middle
 * knows less, and finds less.
 */
export const fromAudit = (
  entries: ReadonlyArray<AuditEntry>,
  agents: ReadonlyArray<Placed>,
  options: Options
): ReadonlyArray<Call> => {
  const keys = turnKeys(entries, options)
  const states = new Map<string, ObjectMeta.KubernetesObject>()
  const calls: Array<Call> = []
  const add = (call: Omit<Call, "index">) => calls.push({ ...call, index: calls.length })
  const seen = new Map<string, ObjectMeta.ResourceVersion>()
  const turnOf = (auditId: string) => {
    const found = /^([\da-z]+)-(\d+)-\d+$/iu.exec(auditId)
    const key = found === null ? undefined : (keys.get(Number(found[2])) ?? undefined)
    if (found === null || key === undefined) return undefined
    const number = Number(found[2])
    const version = seen.get(auditId) ?? states.get(ObjectMeta.keyText(key))?.metadata.resourceVersion
    const first = seen.get(`turn ${number}`) ?? version ?? ObjectMeta.ResourceVersion.make("")
    seen.set(`turn ${number}`, first)
    return { key, number, seen: first }
  }
  const flush = (position: number) => {
    for (const { heard, position: at } of agents) if (at === position) add(ofAgent(heard, turnOf(heard.auditId)))
  }
  entries.forEach((entry, index) => {
    flush(index)
    const verb = verbOf(entry)
    if (verb === undefined) return
    const target = ObjectMeta.keyText(keyOf(entry, options))
    const turn = turnOf(entry.auditId)
    const before = states.get(target)
    const after = ObjectMeta.isKubernetesObject(entry.responseBody) ? entry.responseBody : undefined
    if (after !== undefined && entry.code < 300) states.set(target, after)
    add({
      verb,
      target,
      at: entry.at,
      turn,
      process: turn === undefined ? entry.user : "controller",
      sent: sentOf(verb, entry),
      result: resultOf(entry.code),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after })
    })
  })
  flush(entries.length)
  return calls
}

/** The object of each turn, by the number of the turn. */
const turnKeys = (entries: ReadonlyArray<AuditEntry>, options: Options) => {
  const keys = new Map<number, ObjectMeta.ObjectKey>()
  for (const entry of entries) {
    const number = /^[\da-z]+-(\d+)-\d+$/iu.exec(entry.auditId)?.[1]
    if (number === undefined || entry.resource.split("/")[0] !== options.kind.plural) continue
    keys.set(Number(number), ObjectMeta.key(options.kind, entry.namespace, entry.name))
  }
  return keys
}

const keyOf = (entry: AuditEntry, { kind, kinds = [] }: Options): ObjectMeta.ObjectKey => {
  const plural = entry.resource.split("/")[0] ?? ""
  const found = [kind, ...kinds].find((each) => each.plural === plural)
  const unnamed = { apiVersion: `${entry.group}/${entry.version}`, kind: plural, plural, scope: "Namespaced" } as const
  return ObjectMeta.key(found ?? unnamed, entry.namespace, entry.name)
}

const verbOf = ({ patchFormat, resource, verb }: AuditEntry): Verb | undefined => {
  if (verb === "watch" || verb === "update" || verb === "deletecollection") return undefined
  if (verb !== "patch") return verb === "create" && resource === "events" ? "event" : verb
  if (patchFormat === "apply") return "apply"
  return resource.endsWith("/status") ? "patchStatus" : "setFinalizers"
}

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

const ofAgent = ({ address, at, body, code, id, type, verb }: Heard, turn: Call["turn"]): Omit<Call, "index"> => ({
  verb,
  target: address,
  at,
  turn,
  process: "controller",
  sent: verb === "poll" ? id : { id, type },
  result: resultOf(code === 404 ? 200 : code),
  ...(body.status === "failed" ? { answer: { _tag: "Failed", run: body.run } } : {})
})
