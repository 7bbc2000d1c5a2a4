/** Checks every invariant on an audit log. */

import type { AuditEntry } from "@portolan/cluster-emulator/http/AuditLog"
import * as Result from "effect/Result"
import * as Evidence from "../../invariants/Evidence.ts"
import * as Invariants from "../../invariants/Invariants.ts"
import * as PlanKind from "../../invariants/PlanKind.ts"
import type { Call } from "../../services/CallLog.ts"
import * as AuditCalls from "../AuditCalls.ts"
import type { Content, Entry } from "../AuditFile.ts"
import { type Arguments, BadInput } from "./Arguments.ts"

/** A request that shows a violation. */
export interface Request {
  /** Its line in the log, from 1. */
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

export interface InvariantResult {
  readonly invariant: Invariants.InvariantName
  readonly statement: string
  readonly verdict: "Held" | "Violated" | "NotJudged"
  /** Why it was not judged. */
  readonly reason?: string
  readonly violations: ReadonlyArray<{ readonly message: string; readonly requests: ReadonlyArray<Request> }>
}

export interface Report {
  readonly file: string
  readonly kinds: ReadonlyArray<{ readonly kind: string; readonly apiVersion: string; readonly plan: string }>
  /** The users whose requests were checked. */
  readonly users: ReadonlyArray<string>
  /** How many requests of these users the log contains, and how many reconcile passes of the kinds. */
  readonly requests: number
  readonly passes: number
  readonly warnings: ReadonlyArray<string>
  readonly invariants: ReadonlyArray<InvariantResult>
}

/** Checks the requests of the controller's users. Those of other users only tell how objects changed. */
export const make = (
  { entries, warnings }: Content,
  kinds: ReadonlyArray<PlanKind.PlanKind>,
  options: Pick<Arguments, "file" | "users" | "otherWriters">
): Result.Result<Report, BadInput> =>
  Result.gen(function* () {
    const users = yield* usersOf(entries, options.users)
    const reconstructed = AuditCalls.reconstruct(entries, [], { kind: kinds.map(({ kind }) => kind), users })
    const requests = new Map<AuditEntry, Request>(entries.map((entry) => [entry, requestOf(entry)]))
    const requestsOf = (calls: ReadonlyArray<number>) =>
      calls.flatMap((index) => {
        const entry = reconstructed[index]?.entry
        return entry === undefined ? [] : (requests.get(entry) ?? [])
      })
    const calls = reconstructed.map(({ call }) => call)
    const verdicts = Invariants.evaluate(calls, { kinds, otherWriters: options.otherWriters })
    const reason = whyNothingChecked(verdicts, calls, kinds)
    if (reason !== undefined) return yield* bad(`nothing was checked: ${reason}`)
    return {
      file: options.file,
      kinds: kinds.map(({ kind, plan }) => ({ kind: kind.kind, apiVersion: kind.apiVersion, plan })),
      users,
      requests: entries.filter(({ user }) => users.includes(user)).length,
      passes: new Set(calls.flatMap(({ process, pass }) => (pass === undefined ? [] : [`${process}-${pass.number}`])))
        .size,
      warnings,
      invariants: verdicts.map((verdict) => resultOf(verdict, requestsOf))
    }
  })

const bad = (message: string) => Result.fail(new BadInput({ message }))

/** The users of --user, or else those whose requests have the audit id of a reconcile pass. */
const usersOf = (
  entries: ReadonlyArray<Entry>,
  named: ReadonlyArray<string>
): Result.Result<ReadonlyArray<string>, BadInput> => {
  const users = named.length > 0 ? named : namesOf(entries.filter(({ pass }) => pass !== undefined))
  if (users.length === 0) {
    return bad("no request has the Audit-ID of a reconcile pass; name the controller's user with --user")
  }
  const absent = users.find((user) => !entries.some((entry) => entry.user === user))
  if (absent === undefined) return Result.succeed(users)
  return bad(
    `--user "${absent}": no request in the log is from this user; users in the log: ${namesOf(entries).join(", ")}`
  )
}

const namesOf = (entries: ReadonlyArray<Entry>): ReadonlyArray<string> => [...new Set(entries.map(({ user }) => user))]

const requestOf = ({ at, code, line, name, namespace, resource, pass, user, verb }: Entry): Request => ({
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

/** Why the report would be empty: no invariant could be checked, or the plan of a kind is at another path. */
const whyNothingChecked = (
  verdicts: ReadonlyArray<Invariants.Verdict>,
  calls: ReadonlyArray<Call>,
  kinds: ReadonlyArray<PlanKind.PlanKind>
): string | undefined => {
  if (verdicts.some(({ _tag }) => _tag === "Violated")) return undefined
  const reasons = verdicts.flatMap((verdict) => (verdict._tag === "NotJudged" ? [verdict.reason] : []))
  return reasons.length === verdicts.length
    ? reasons[0]
    : Evidence.planNotFound(PlanKind.canonical(calls, kinds), kinds)
}

const resultOf = (
  verdict: Invariants.Verdict,
  requestsOf: (calls: ReadonlyArray<number>) => ReadonlyArray<Request>
): InvariantResult => {
  const { name: invariant, statement } = verdict.invariant
  if (verdict._tag === "Held") return { invariant, statement, verdict: "Held", violations: [] }
  if (verdict._tag === "NotJudged")
    return { invariant, statement, verdict: "NotJudged", reason: verdict.reason, violations: [] }
  const violations = verdict.violations.map(({ calls, message }) => ({ message, requests: requestsOf(calls) }))
  return { invariant, statement, verdict: "Violated", violations }
}
