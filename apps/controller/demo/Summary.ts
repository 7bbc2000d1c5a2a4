/** Sums up a run from the API server's audit log: the controller's requests, every status write, and the invariants. */
import { Identity, SeiNode } from "@portolan/sei"
import { intents } from "@portolan/sei/testing/Intents"
import { AuditCalls, type AuditLog, Invariants } from "@portolan/testkit"

type Entries = ReadonlyArray<AuditLog.AuditEntry>

export interface Summary {
  readonly lines: ReadonlyArray<string>
  /** Of the process: 1 when an invariant is violated. */
  readonly exitCode: 0 | 1
}

const GENERATED_KINDS = [
  Identity.StatefulSet,
  Identity.Pod,
  Identity.Service,
  Identity.ConfigMap,
  Identity.PersistentVolumeClaim,
  Identity.Job
]

/**
 * Counts requests made in a reconcile; those of users and of informer caches are left out. Status writes are counted whoever
 * made them. An invariant is held only if the run shows it.
 */
export const make = (entries: Entries, agentCalls: ReadonlyArray<AuditCalls.AgentCall>): Summary => {
  const requests = entries.filter(({ pass }) => pass !== undefined)
  const calls = AuditCalls.fromAudit(entries, agentCalls, { kind: SeiNode.resource, kinds: GENERATED_KINDS })
  const verdicts = Invariants.evaluate(calls, { intents })
  const count = (tag: Invariants.Verdict["_tag"]) => verdicts.filter(({ _tag }) => _tag === tag).length
  return {
    exitCode: count("Violated") > 0 ? 1 : 0,
    lines: [
      `requests to the API server: ${requests.length}`,
      ...[...countByVerbAndResource(requests)].map(([name, count]) => `  ${String(count).padStart(3)}  ${name}`),
      `tasks submitted to sidecars: ${calls.filter(({ verb }) => verb === "submit").length}`,
      statusWrites(entries),
      `invariants: ${count("Held")} held, ${count("Violated")} violated, ${count("NotJudged")} not judged`,
      ...verdicts.flatMap(verdictLines)
    ]
  }
}

const verdictLines = (verdict: Invariants.Verdict): ReadonlyArray<string> => {
  const { name, statement } = verdict.invariant
  const row = (result: string, text: string) => `  ${name.padEnd(6)}  ${result.padEnd(10)}  ${text}`
  switch (verdict._tag) {
    case "Held":
      return [row("held", statement)]
    case "NotJudged":
      return [row("not judged", verdict.reason)]
    case "Violated":
      return [
        row("VIOLATED", statement),
        ...verdict.violations.flatMap(({ evidence, message }) =>
          [message, ...evidence.map((call) => `  ${call}`)].map((line) => `${" ".repeat(22)}${line}`)
        )
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

/** Requests that write the status of a SeiNode, whoever sends them. */
const statusWrites = (entries: Entries): string => {
  const writes = entries.filter(
    ({ resource, verb }) => resource === `${SeiNode.resource.plural}/status` && verb !== "get"
  )
  const passes = [...Map.groupBy(writes, ({ pass }) => pass)].flatMap(([pass, { length }]) =>
    pass === undefined ? [] : [length]
  )
  const outside = writes.filter(({ pass }) => pass === undefined)
  const users = [...new Set(outside.map(({ user }) => user))].join(", ")
  const others = outside.length === 0 ? "none" : `${outside.length} by ${users}`
  return `status writes: ${writes.length}, at most ${Math.max(0, ...passes)} per reconcile, outside of reconciles: ${others}`
}
