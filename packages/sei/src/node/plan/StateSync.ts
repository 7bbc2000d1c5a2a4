/**
 * Whether a node with a snapshot source may start: it needs at least two state syncers to verify the state with.
 * Pure.
 */
import type { Condition } from "@portolan/planner"
import * as Result from "effect/Result"
import { type SeiNodeSpec, snapshotSource } from "../kinds/SeiNode.ts"

/** A light client cannot cross-check the answer of a single syncer. */
const SYNCERS_MIN = 2

/** The tags are the reasons of the condition `StateSyncReady`. */
export type StateSync =
  /** The node syncs from genesis. */
  | { readonly _tag: "NotApplicable" }
  /** The syncers are sorted, without duplicates. */
  | { readonly _tag: "Ready"; readonly syncers: ReadonlyArray<string>; readonly from: "spec" | "registry" }
  | { readonly _tag: "NoSyncersConfigured"; readonly found: number }
  | { readonly _tag: "SyncerSourceError"; readonly error: string }

/** The syncers of `rpcServers`; `undefined` when they are too few, and the registry has to be read. */
export const declaredSyncers = (spec: SeiNodeSpec): ReadonlyArray<string> | undefined => {
  const servers = sortedUnique(snapshotSource(spec)?.rpcServers ?? [])
  return servers.length >= SYNCERS_MIN ? servers : undefined
}

/** @param registered the entries of the registry, each with one or several syncers, or why it cannot be read */
export const check = (spec: SeiNodeSpec, registered: Result.Result<ReadonlyArray<string>, string>): StateSync => {
  if (snapshotSource(spec) === undefined) return { _tag: "NotApplicable" }
  const declared = declaredSyncers(spec)
  if (declared !== undefined) return { _tag: "Ready", syncers: declared, from: "spec" }
  return Result.match(registered, {
    onFailure: (error): StateSync => ({ _tag: "SyncerSourceError", error }),
    onSuccess: (entries): StateSync => {
      const syncers = sortedUnique(entries.flatMap((entry) => entry.split(/[\s,]+/u)).filter((text) => text !== ""))
      return syncers.length >= SYNCERS_MIN
        ? { _tag: "Ready", syncers, from: "registry" }
        : { _tag: "NoSyncersConfigured", found: syncers.length }
    }
  })
}

/** The condition `StateSyncReady`. */
export const condition = (stateSync: StateSync, { chainId }: SeiNodeSpec): Condition.ConditionUpdate => ({
  type: "StateSyncReady",
  status: STATUSES[stateSync._tag],
  reason: stateSync._tag,
  message: message(stateSync, chainId)
})

const STATUSES: { readonly [Reason in StateSync["_tag"]]: Condition.ConditionUpdate["status"] } = {
  NotApplicable: "False",
  Ready: "True",
  NoSyncersConfigured: "False",
  SyncerSourceError: "Unknown"
}

const message = (stateSync: StateSync, chainId: string): string => {
  switch (stateSync._tag) {
    case "NotApplicable":
      return "the node has no snapshot source and syncs from genesis"
    case "Ready":
      return stateSync.from === "spec"
        ? `${stateSync.syncers.length} witnesses declared on spec`
        : `${stateSync.syncers.length} canonical syncers configured for ${chainId}`
    case "NoSyncersConfigured":
      return `at least ${SYNCERS_MIN} state syncers are required for chain ${chainId}, ${stateSync.found} configured`
    case "SyncerSourceError":
      return `failed to read the registry of state syncers: ${stateSync.error}`
  }
}

const sortedUnique = (texts: ReadonlyArray<string>): ReadonlyArray<string> => [...new Set(texts)].sort()
