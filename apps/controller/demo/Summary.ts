/** What the journey cost, by the server's audit log, and whether every law held. */

import { Identity, SeiNode } from "@portolan/sei"
import { type AuditCalls, type AuditLog, AuditCalls as Calls, Invariants } from "@portolan/testkit"

type Entries = ReadonlyArray<AuditLog.AuditEntry>

export interface Summary {
  readonly lines: ReadonlyArray<string>
  readonly invariantsHold: boolean
}

/** Requests of the controller's turns; what users and caches asked is not its cost. */
export const make = (entries: Entries, asked: ReadonlyArray<AuditCalls.Placed>): Summary => {
  const own = entries.filter(({ pass }) => pass !== undefined)
  const kinds = [
    Identity.StatefulSet,
    Identity.Pod,
    Identity.Service,
    Identity.ConfigMap,
    Identity.PersistentVolumeClaim,
    Identity.Job
  ]
  const calls = Calls.fromAudit(entries, asked, { kind: SeiNode.resource, kinds })
  const violations = Invariants.check(calls, { intents: ["Paused"] })
  const writes = statusWritesPerPass(own)
  return {
    invariantsHold: violations.length === 0,
    lines: [
      `requests: ${own.length}`,
      ...[...counted(own)].map(([name, count]) => `  ${String(count).padStart(3)}  ${name}`),
      `submissions to sidecars: ${calls.filter(({ verb }) => verb === "submit").length}`,
      `status writes per turn: at most ${Math.max(0, ...writes.values())}, in ${writes.size} turns`,
      ...Invariants.invariants.map(({ name, statement }) => {
        const broken = violations.filter(({ invariant }) => invariant === name)
        return `${name} ${broken.length === 0 ? "held" : `BROKEN ${broken.length} times`}: ${statement}`
      }),
      ...violations.map(({ invariant, message }) => `${invariant}: ${message}`)
    ]
  }
}

const counted = (entries: Entries): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { patchFormat, resource, verb } of entries) {
    const name = `${patchFormat === "apply" ? "apply" : verb} ${resource}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return new Map([...counts].sort(([left], [right]) => left.localeCompare(right)))
}

const statusWritesPerPass = (entries: Entries): ReadonlyMap<string, number> => {
  const writes = new Map<string, number>()
  for (const { resource, pass, verb } of entries) {
    if (pass === undefined || verb !== "patch" || !resource.endsWith("/status")) continue
    writes.set(pass, (writes.get(pass) ?? 0) + 1)
  }
  return writes
}
