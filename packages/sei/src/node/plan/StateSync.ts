/** Whether a node that begins from state may begin: it needs two witnesses whom it can hold against each other. Pure. */
import type { Condition } from "@portolan/planner"
import * as Result from "effect/Result"
import { type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"

/** Fewer would be taken at their word. */
const FLOOR = 2

export type StateSync =
  /** The node begins from genesis. */
  | { readonly _tag: "NotApplicable" }
  /** Sorted, each once. */
  | { readonly _tag: "Open"; readonly syncers: ReadonlyArray<string>; readonly from: "spec" | "registry" }
  | { readonly _tag: "Blocked"; readonly found: number }
  | { readonly _tag: "Unknown"; readonly error: string }

/** The witnesses that the spec names, when they are enough: the registry is not asked then. */
export const declared = (spec: SeiNodeSpec): ReadonlyArray<string> | undefined => {
  const servers = distinct(snapshotSource(spec)?.rpcServers ?? [])
  return servers.length >= FLOOR ? servers : undefined
}

/** @param registered what the registry says of the chain: each entry may hold several, or why it cannot be read */
export const check = (spec: SeiNodeSpec, registered: Result.Result<ReadonlyArray<string>, string>): StateSync => {
  if (snapshotSource(spec) === undefined) return { _tag: "NotApplicable" }
  const own = declared(spec)
  if (own !== undefined) return { _tag: "Open", syncers: own, from: "spec" }
  return Result.match(registered, {
    onFailure: (error): StateSync => ({ _tag: "Unknown", error }),
    onSuccess: (entries): StateSync => {
      const syncers = distinct(entries.flatMap((entry) => entry.split(/[\s,]+/u)).filter((text) => text !== ""))
      return syncers.length >= FLOOR
        ? { _tag: "Open", syncers, from: "registry" }
        : { _tag: "Blocked", found: syncers.length }
    }
  })
}

/** What the condition `StateSyncReady` says. */
export const condition = (gate: StateSync, { chainId }: SeiNodeSpec): Condition.ConditionUpdate => {
  const says = (status: Condition.ConditionUpdate["status"], reason: string, message: string) => ({
    type: "StateSyncReady",
    status,
    reason,
    message
  })
  switch (gate._tag) {
    case "NotApplicable":
      return says("False", "NotApplicable", "the node syncs from genesis and has no snapshot source")
    case "Open":
      return gate.from === "spec"
        ? says("True", "Ready", `${gate.syncers.length} witnesses declared on spec`)
        : says("True", "Ready", `${gate.syncers.length} canonical syncers configured for ${chainId}`)
    case "Blocked":
      return says(
        "False",
        "NoSyncersConfigured",
        `at least ${FLOOR} state syncers are needed for chain ${chainId}, and ${gate.found} are configured`
      )
    case "Unknown":
      return says("Unknown", "SyncerSourceError", `the registry of state syncers cannot be read: ${gate.error}`)
  }
}

const distinct = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)].sort()
