/** What a controller may cost: requests by verb, bytes and connections, held against a ledger. */

import type * as Loopback from "@portolan/cluster-emulator/http/Loopback"
import * as Data from "effect/Data"
import type { Call, Verb } from "../services/CallLog.ts"
import * as History from "./History.ts"

/** At most so many of each; what is not named is not limited. */
export type Limits = { readonly [verb in Verb]?: number } & {
  /** Requests to the API server, of all verbs. */
  readonly requests?: number
  /** Bytes that were sent, as JSON and without headers. */
  readonly bytes?: number
  /** Connections that were opened; only a server over HTTP knows, so hand its `traffic()` over. */
  readonly connections?: number
}

/** What a server over HTTP counted: `KubernetesServer`'s `traffic()`. */
export type Traffic = Pick<Loopback.Traffic, "connections">

/** More was spent than was allowed. */
export class Overspent extends Data.Error<{ readonly lines: ReadonlyArray<string> }> {
  override get message(): string {
    return this.lines.join("\n")
  }
}

/** Verbs that ask an agent, not the API server. */
const AGENTS: ReadonlyArray<Verb> = ["submit", "poll", "health"]

const isRequest = ({ verb }: Call): boolean => !AGENTS.includes(verb)

const bytesOf = ({ sent }: Call): number => (sent === undefined ? 0 : Buffer.byteLength(JSON.stringify(sent)))

/** What was spent, by verb and in all. */
export const spent = (calls: ReadonlyArray<Call>): Required<Pick<Limits, "requests" | "bytes">> & Limits => {
  const verbs = Map.groupBy(calls, ({ verb }) => verb)
  return {
    ...Object.fromEntries([...verbs].map(([verb, each]) => [verb, each.length])),
    requests: calls.filter(isRequest).length,
    bytes: calls.reduce((sum, call) => sum + bytesOf(call), 0)
  }
}

/** A line for each limit that was passed, with the turn that passed it, and what every turn spent of it. */
export const check = (
  calls: ReadonlyArray<Call>,
  { connections, ...limits }: Limits,
  traffic?: Traffic
): ReadonlyArray<string> => [...passed(calls, limits), ...connected(connections, traffic)]

const connected = (limit: number | undefined, traffic: Traffic | undefined): ReadonlyArray<string> => {
  if (limit === undefined) return []
  if (traffic === undefined) return ["connections: a ledger knows of none; hand over the traffic() of the server"]
  return traffic.connections > limit ? [`connections: ${traffic.connections} of ${limit}`] : []
}

const passed = (calls: ReadonlyArray<Call>, limits: Limits): ReadonlyArray<string> =>
  Object.entries(limits).flatMap(([name, limit]) => {
    const weigh = weightOf(name)
    let sum = 0
    const passing = calls.find((call) => {
      sum += weigh(call)
      return sum > limit
    })
    return passing === undefined ? [] : [lineOf(calls, name, limit, weigh, passing)]
  })

/** Throws {@link Overspent} when a limit was passed. */
export const expectBudget = (calls: ReadonlyArray<Call>, limits: Limits, traffic?: Traffic): void => {
  const lines = check(calls, limits, traffic)
  if (lines.length > 0) throw new Overspent({ lines })
}

const weightOf = (name: string): ((call: Call) => number) => {
  if (name === "bytes") return bytesOf
  return (call) => Number(name === "requests" ? isRequest(call) : call.verb === name)
}

const lineOf = (
  calls: ReadonlyArray<Call>,
  name: string,
  limit: number,
  weigh: (call: Call) => number,
  passing: Call
): string => {
  const total = (each: ReadonlyArray<Call>) => each.reduce((sum, call) => sum + weigh(call), 0)
  const passes = History.passes(calls)
  const guilty = passes.find((pass) => pass.calls.includes(passing))
  const who = guilty === undefined ? "outside of any turn" : `in ${History.nameOf(guilty)}`
  const each = passes.map((pass) => `${pass.number}: ${total(pass.calls)}`).join(", ")
  return `${name}: ${total(calls)} of ${limit}; passed by ${passing.verb} ${passing.target} ${who}; by turn ${each}`
}
