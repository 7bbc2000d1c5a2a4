/** Sums up a run from the API server's audit log: the controller's requests, its status writes, and the invariants. */
import { Identity, SeiNode } from "@portolan/sei"
import { intents } from "@portolan/sei/testing/Intents"
import { AuditCalls, type AuditLog, Invariants } from "@portolan/testkit"

type Entries = ReadonlyArray<AuditLog.AuditEntry>

export interface Summary {
  readonly lines: ReadonlyArray<string>
  readonly invariantsHold: boolean
}

const GENERATED_KINDS = [
  Identity.StatefulSet,
  Identity.Pod,
  Identity.Service,
  Identity.ConfigMap,
  Identity.PersistentVolumeClaim,
  Identity.Job
]

/** Counts requests made in a reconcile; those of users and of informer caches are left out. */
export const make = (entries: Entries, agentCalls: ReadonlyArray<AuditCalls.AgentCall>): Summary => {
  const requests = entries.filter(({ pass }) => pass !== undefined)
  const calls = AuditCalls.fromAudit(entries, agentCalls, { kind: SeiNode.resource, kinds: GENERATED_KINDS })
  const violations = Invariants.check(calls, { intents })
  const violated = new Set(violations.map(({ invariant }) => invariant))
  const writes = statusWritesPerReconcile(requests)
  const total = [...writes.values()].reduce((sum, count) => sum + count, 0)
  return {
    invariantsHold: violations.length === 0,
    lines: [
      `requests to the API server: ${requests.length}`,
      ...[...countByVerbAndResource(requests)].map(([name, count]) => `  ${String(count).padStart(3)}  ${name}`),
      `tasks submitted to sidecars: ${calls.filter(({ verb }) => verb === "submit").length}`,
      `status writes: ${total}, at most ${Math.max(0, ...writes.values())} per reconcile`,
      `invariants: ${Invariants.invariants.length - violated.size} of ${Invariants.invariants.length} held`,
      ...Invariants.invariants.flatMap(({ name, statement }) => {
        const found = violations.filter(({ invariant }) => invariant === name)
        const verdict = violated.has(name) ? "VIOLATED" : "held"
        return [`  ${name.padEnd(6)}  ${verdict}  ${statement}`, ...found.map(({ message }) => `          ${message}`)]
      })
    ]
  }
}

const countByVerbAndResource = (entries: Entries): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { patchFormat, resource, verb } of entries) {
    const name = `${patchFormat === "apply" ? "apply" : verb} ${resource}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Map([...counts].sort(([left], [right]) => left.localeCompare(right)))
}

const statusWritesPerReconcile = (entries: Entries): ReadonlyMap<string, number> => {
  const writes = new Map<string, number>()
  for (const { resource, pass, verb } of entries) {
    if (pass === undefined || verb !== "patch" || !resource.endsWith("/status")) continue
    writes.set(pass, (writes.get(pass) ?? 0) + 1)
  }
  return writes
}
