/** Limits on what a controller costs, by verb, bytes and connections, checked against a call log. */

import type * as Loopback from "@portolan/cluster-emulator/http/Loopback"
import * as Data from "effect/Data"
import type { Call, Verb } from "../services/CallLog.ts"
import * as History from "./History.ts"

/** Upper limits. What is not named has no limit. */
export type Limits = { readonly [verb in Verb]?: number } & {
  /** Requests to the API server, of all verbs. */
  readonly requests?: number
  /** Bytes sent, as JSON and without headers. */
  readonly bytes?: number
  /** Connections opened. Only a server over HTTP counts them, so pass its `traffic()`. */
  readonly connections?: number
}

/** What a server over HTTP counted: `traffic()` of `KubernetesServer`. */
export type Traffic = Pick<Loopback.Traffic, "connections">

/** A limit was exceeded. One line per limit. */
export class BudgetExceeded extends Data.Error<{ readonly lines: ReadonlyArray<string> }> {
  override get message(): string {
    return this.lines.join("\n")
  }
}

/** Verbs that call an agent, not the API server. */
const AGENT_VERBS: ReadonlyArray<Verb> = ["submit", "poll", "health"]

const isRequest = ({ verb }: Call): boolean => !AGENT_VERBS.includes(verb)

const bytesOf = ({ sent }: Call): number => (sent === undefined ? 0 : Buffer.byteLength(JSON.stringify(sent)))

/** The cost of some calls, by verb and in total. */
export const spent = (calls: ReadonlyArray<Call>): Required<Pick<Limits, "requests" | "bytes">> & Limits => {
  const byVerb = Map.groupBy(calls, ({ verb }) => verb)
  return {
    ...Object.fromEntries([...byVerb].map(([verb, { length }]) => [verb, length])),
    requests: calls.filter(isRequest).length,
    bytes: calls.reduce((sum, call) => sum + bytesOf(call), 0)
  }
}

/** One line for each exceeded limit, with the call and pass that exceeded it and what each pass spent. */
export const check = (
  calls: ReadonlyArray<Call>,
  { connections, ...limits }: Limits,
  traffic?: Traffic
): ReadonlyArray<string> => [...exceededByCalls(calls, limits), ...exceededByConnections(connections, traffic)]

const exceededByConnections = (limit: number | undefined, traffic: Traffic | undefined): ReadonlyArray<string> => {
  if (limit === undefined) return []
  if (traffic === undefined) return ["connections: a call log does not count them; pass the traffic() of the server"]
  return traffic.connections > limit ? [`connections: ${traffic.connections} of ${limit}`] : []
}

const exceededByCalls = (calls: ReadonlyArray<Call>, limits: Limits): ReadonlyArray<string> =>
  Object.entries(limits).flatMap(([name, limit]) => {
    const costOf = costBy(name)
    let sum = 0
    const exceeding = calls.find((call) => {
      sum += costOf(call)
      return sum > limit
    })
    return exceeding === undefined ? [] : [describe(calls, name, limit, costOf, exceeding)]
  })

/** Throws {@link BudgetExceeded} when a limit was exceeded. */
export const expectBudget = (calls: ReadonlyArray<Call>, limits: Limits, traffic?: Traffic): void => {
  const lines = check(calls, limits, traffic)
  if (lines.length > 0) throw new BudgetExceeded({ lines })
}

const costBy = (name: string): ((call: Call) => number) => {
  if (name === "bytes") return bytesOf
  return (call) => Number(name === "requests" ? isRequest(call) : call.verb === name)
}

const describe = (
  calls: ReadonlyArray<Call>,
  name: string,
  limit: number,
  costOf: (call: Call) => number,
  exceeding: Call
): string => {
  const total = (of: ReadonlyArray<Call>) => of.reduce((sum, call) => sum + costOf(call), 0)
  const passes = History.passes(calls)
  const pass = passes.find((candidate) => candidate.calls.includes(exceeding))
  const where = pass === undefined ? "outside of any pass" : `in ${History.describePass(pass)}`
  const byPass = passes.map(({ calls, number }) => `${number}: ${total(calls)}`).join(", ")
  return `${name}: ${total(calls)} of ${limit}; exceeded by ${exceeding.verb} ${exceeding.target} ${where}; by pass ${byPass}`
}
