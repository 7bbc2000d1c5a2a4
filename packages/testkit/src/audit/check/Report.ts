/** What an audit log says of each law. */

import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import * as Result from "effect/Result"
import * as Evidence from "../../invariants/Evidence.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as PlanKind from "../../invariants/PlanKind.ts"
import type { Call } from "../../services/CallLog.ts"
import * as AuditCalls from "../AuditCalls.ts"
import type { Content, Noted } from "../AuditFile.ts"
import { type Arguments, BadInput } from "./Arguments.ts"

/** A request that shows how a law was broken. */
export interface Shown {
  readonly line: number
  /** When it was received, in ISO 8601. */
  readonly at: string
  readonly user: string
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly code: number
  readonly pass?: string
}

export interface Ruling {
  readonly invariant: Invariants.InvariantName
  readonly text: string
  readonly verdict: "held" | "broke" | "not checked"
  /** Why it was not checked. */
  readonly reason?: string
  readonly violations: ReadonlyArray<{ readonly message: string; readonly requests: ReadonlyArray<Shown> }>
}

export interface Report {
  readonly file: string
  readonly kinds: ReadonlyArray<{ readonly kind: string; readonly apiVersion: string; readonly plan: string }>
  /** Whose requests were judged. */
  readonly users: ReadonlyArray<string>
  /** How many requests of those users the log holds, and in how many turns of the kinds. */
  readonly requests: number
  readonly passes: number
  readonly remarks: ReadonlyArray<string>
  readonly invariants: ReadonlyArray<Ruling>
}

/** Judges the requests of the controller's users. Everybody else's tell how objects stood. */
export const make = (
  { entries, remarks }: Content,
  kinds: ReadonlyArray<PlanKind.PlanKind>,
  { file, users: named }: Pick<Arguments, "file" | "users">
): Result.Result<Report, BadInput> =>
  Result.gen(function* () {
    const users = named.length > 0 ? named : naming(entries)
    if (users.length === 0)
      return yield* bad("no request names its turn, so nobody knows whose the controller is: name its --user")
    const stranger = users.find((user) => !entries.some((entry) => entry.user === user))
    if (stranger !== undefined) {
      return yield* bad(
        `--user ${stranger} asked for nothing in the log; those who did: ${namesOf(entries).join(", ")}`
      )
    }
    const notified = AuditCalls.reconstruct(entries, [], { kind: kinds.map(({ kind }) => kind), users })
    const sources = new Map<AuditEntry, Shown>(entries.map((entry) => [entry, shown(entry)]))
    const requestsOf = (calls: ReadonlyArray<number>) =>
      calls.flatMap((index) => {
        const entry = notified[index]?.entry
        return entry === undefined ? [] : (sources.get(entry) ?? [])
      })
    const calls = notified.map(({ call }) => call)
    const verdicts = Invariants.evaluate(calls, { kinds })
    const blind = blindness(verdicts, calls, kinds)
    if (blind !== undefined) return yield* bad(`nothing was checked: ${blind}`)
    return {
      file,
      kinds: kinds.map(({ kind, plan }) => ({ kind: kind.kind, apiVersion: kind.apiVersion, plan })),
      users,
      requests: entries.filter(({ user }) => users.includes(user)).length,
      passes: new Set(calls.flatMap(({ process, pass }) => (pass === undefined ? [] : [`${process}-${pass.number}`])))
        .size,
      remarks,
      invariants: verdicts.map((verdict) => ruling(verdict, requestsOf))
    }
  })

const bad = (message: string) => Result.fail(new BadInput({ message }))

/** Users whose requests name turns. */
const naming = (entries: ReadonlyArray<Noted>) => namesOf(entries.filter(({ pass }) => pass !== undefined))

const namesOf = (entries: ReadonlyArray<Noted>): ReadonlyArray<string> => [...new Set(entries.map(({ user }) => user))]

const shown = ({ at, code, line, name, namespace, resource, pass, user, verb }: Noted): Shown => ({
  line,
  at: new Date(at).toISOString(),
  user,
  verb,
  resource,
  namespace,
  name,
  code,
  ...(pass === undefined ? {} : { pass })
})

/** Why a report would say nothing: no law could be checked, or a kind has its plan elsewhere. A broken law is always told. */
const blindness = (
  verdicts: ReadonlyArray<Invariants.Verdict>,
  calls: ReadonlyArray<Call>,
  kinds: ReadonlyArray<PlanKind.PlanKind>
): string | undefined => {
  if (verdicts.some(({ _tag }) => _tag === "Violated")) return undefined
  const reasons = verdicts.flatMap((verdict) => (verdict._tag === "NotChecked" ? [verdict.reason] : []))
  return reasons.length === verdicts.length
    ? reasons[0]
    : Evidence.planNotFound(PlanKind.canonical(calls, kinds), kinds)
}

const ruling = (
  verdict: Invariants.Verdict,
  requestsOf: (calls: ReadonlyArray<number>) => ReadonlyArray<Shown>
): Ruling => {
  const { name: invariant, statement: text } = verdict.invariant
  if (verdict._tag === "Held") return { invariant, text, verdict: "held", violations: [] }
  if (verdict._tag === "NotChecked")
    return { invariant, text, verdict: "not checked", reason: verdict.reason, violations: [] }
  const violations = verdict.violations.map(({ calls, message }) => ({ message, requests: requestsOf(calls) }))
  return { invariant, text, verdict: "broke", violations }
}
