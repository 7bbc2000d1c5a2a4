/** Keeps a store up to date with the API server, like client-go's `Reflector`. */
import type { ObjectMeta } from "@portolan/planner"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Client } from "../client/Client.ts"
import type * as ResourcePath from "../client/ResourcePath.ts"
import { Store, type StoreChange } from "./Store.ts"
import type { OnChange } from "./StoreIndex.ts"
import * as Watcher from "./Watcher.ts"

export interface Reflector {
  readonly kind: ObjectMeta.ObjectKind
  readonly selection: ResourcePath.Selection
  readonly store: Store
  /** Done after the first list, like `HasSynced`. */
  readonly synced: Deferred.Deferred<void>
}

export const make = (
  kind: ObjectMeta.ObjectKind,
  selection: ResourcePath.Selection,
  onChange?: OnChange
): Reflector => ({
  kind,
  selection,
  store: new Store(kind, selection.labels, onChange),
  synced: Deferred.makeUnsafe()
})

/** Lists and watches forever, and reports the changes of the store. A defect is logged and followed by a new list. */
export const run = (
  { kind, selection, store, synced }: Reflector,
  timing: Watcher.Timing,
  notify: (changes: ReadonlyArray<StoreChange>) => Effect.Effect<void>
): Effect.Effect<never, never, Client> => {
  const receive = (event: Watcher.Event): ReadonlyArray<StoreChange> => {
    switch (event._tag) {
      case "Applied":
        return store.update(event.object)
      case "Deleted":
        return store.delete(event.object)
      case "Relisted":
        return store.replace(event.objects, event.resourceVersion)
    }
  }
  return Watcher.events({ kind, selection, timing }).pipe(
    Stream.runForEach((event) =>
      Effect.andThen(
        Effect.suspend(() => notify(receive(event))),
        event._tag === "Relisted" ? Deferred.succeed(synced, undefined) : Effect.void
      )
    ),
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`reflector of ${kind.kind} failed, listing again in 1 s`, defect),
        Effect.sleep("1 second")
      )
    ),
    Effect.forever
  )
}
