/** The SeiNode controller: its reconciler and its watches, and the syncer file as another source of keys. */
import { ObjectCache, Reconcile } from "@portolan/planner"
import { NodeReconciler, NodeWatches, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as SyncerFile from "../SyncerFile.ts"
import type { KindController, Options } from "./KindController.ts"

export const controller = ({ platform, platformFile }: Options): KindController => ({
  kind: SeiNode.resource,
  fieldManager: "seinode-controller",
  ...NodeWatches.watches,
  reconcile: Reconcile.make(NodeReconciler.make(platform)),
  externalSource: ({ enqueue }) =>
    SyncerFile.onChange(
      platformFile,
      Effect.gen(function* () {
        const cache = yield* ObjectCache.ObjectCache
        const keys = NodeWatches.nodesAwaitingSyncers(yield* cache.list(SeiNode.resource))
        yield* Effect.forEach(keys, enqueue, { discard: true })
      })
    )
})
