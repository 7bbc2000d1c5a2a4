/** Some objects of one kind, and the watch that keeps them stocked. */
import type { ObjectMeta } from "@portolan/planner"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Client } from "../client/Client.ts"
import type * as ResourcePath from "../client/ResourcePath.ts"
import { Store, type StoreChange } from "./Store.ts"
import type { Changed } from "./StoreIndex.ts"
import * as Watcher from "./Watcher.ts"

export interface Reflector {
  readonly kind: ObjectMeta.ObjectKind
  readonly selection: ResourcePath.Selection
  readonly store: Store
  /** Done once all were listed. */
  readonly synced: Deferred.Deferred<void>
}

export const make = (kind: ObjectMeta.ObjectKind, selection: ResourcePath.Selection, changed?: Changed): Reflector => ({
  kind,
  selection,
  store: new Store(kind, selection.labels, changed),
  synced: Deferred.makeUnsafe()
})

/** Watches for ever, and tells what was news. */
export const run = (
  { kind, selection, store, synced }: Reflector,
  timing: Watcher.Timing,
  notify: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
): Effect.Effect<never, never, Client> => {
  const receive = (change: Watcher.Change): ReadonlyArray<StoreChange> => {
    switch (change._tag) {
      case "Applied":
        return store.applied(change.object)
      case "Deleted":
        return store.deleted(change.object)
      case "Relisted":
        return store.relisted(change.objects, change.resourceVersion)
    }
  }
  return Watcher.events({ kind, selection, timing }).pipe(
    Stream.runForEach((change) =>
      Effect.andThen(
        Effect.suspend(() => notify(receive(change))),
        change._tag === "Relisted" ? Deferred.succeed(synced, undefined) : Effect.void
      )
    ),
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`the informer of ${kind.kind} broke and starts over`, defect),
        Effect.sleep("1 second")
      )
    ),
    Effect.forever
  )
}
