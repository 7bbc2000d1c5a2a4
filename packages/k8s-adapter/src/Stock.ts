/** Some objects of one kind, and the watch that keeps them stocked. */
import type { ObjectMeta } from "@portolan/planner"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Client } from "./Client.ts"
import * as Informer from "./Informer.ts"
import type * as ResourcePath from "./ResourcePath.ts"
import { type News, Shelf } from "./Shelf.ts"
import type { Changed } from "./ShelfIndex.ts"

export interface Stock {
  readonly kind: ObjectMeta.ObjectKind
  readonly selection: ResourcePath.Selection
  readonly shelf: Shelf
  /** Done once all were listed. */
  readonly synced: Deferred.Deferred<void>
}

export const make = (kind: ObjectMeta.ObjectKind, selection: ResourcePath.Selection, changed?: Changed): Stock => ({
  kind,
  selection,
  shelf: new Shelf(kind, selection.labels, changed),
  synced: Deferred.makeUnsafe()
})

/** Watches for ever, and tells what was news. */
export const feed = (
  { kind, selection, shelf, synced }: Stock,
  timing: Informer.Timing,
  tell: (news: ReadonlyArray<News>) => Effect.Effect<void>
): Effect.Effect<never, never, Client> => {
  const hear = (change: Informer.Change): ReadonlyArray<News> => {
    switch (change._tag) {
      case "Applied":
        return shelf.applied(change.object)
      case "Deleted":
        return shelf.deleted(change.object)
      case "Relisted":
        return shelf.relisted(change.objects, change.resourceVersion)
    }
  }
  return Informer.changes({ kind, selection, timing }).pipe(
    Stream.runForEach((change) =>
      Effect.andThen(
        Effect.suspend(() => tell(hear(change))),
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
