/** Which kinds this process controls, and what wakes them. */
import { Controller } from "@portolan/k8s-adapter"
import { ObjectCache, Reconcile } from "@portolan/planner"
import { NodeReconciler, type Platform, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as SyncerFile from "./SyncerFile.ts"
import * as WatchMappings from "./WatchMappings.ts"

/** What the node controller watches, for its cache and for its wake rules. */
export const nodes = { kind: SeiNode.resource, watches: WatchMappings.watches, references: WatchMappings.references }

export interface Options {
  readonly platform: Platform.Platform
  /** Where state syncers are registered; empty for nowhere. */
  readonly platformFile: string
}

/** Starts every controller of this process; they run until the scope closes. */
export const start = ({ platform, platformFile }: Options) =>
  Effect.gen(function* () {
    const reconcile = yield* Reconcile.make(NodeReconciler.make(platform))
    const controller = yield* Controller.start({ ...nodes, reconcile })
    const cache = yield* ObjectCache.ObjectCache
    const enqueue = Effect.gen(function* () {
      const waiting = WatchMappings.awaitSyncers(yield* cache.list(SeiNode.resource))
      yield* Effect.forEach(waiting, controller.enqueue, { discard: true })
    })
    yield* SyncerFile.onChange(platformFile, enqueue)
    return controller
  })
