/**
 * Where the writes of this process are announced, so that a cache can know them before a watch tells. Who writes and
 * who listens do not know each other.
 */
import { CurrentReconcile, type ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/** What a write left on the server. */
export type Written =
  | {
      readonly _tag: "Stored"
      readonly object: ObjectMeta.KubernetesObject
      /**
       * The version is known to be this write and nothing else: it created the object, or was conditional on the
       * version before. Otherwise the answer may hold what others wrote, which nobody has acted on yet.
       */
      readonly ours: boolean
    }
  /** The object with this uid does not exist any more. */
  | { readonly _tag: "Gone"; readonly uid: string }

export interface Listener {
  /** A write is about to be sent. */
  readonly begin: (key: ObjectMeta.ObjectKey) => void
  /**
   * It came back; `written` is `undefined` when it did nothing, or when nobody knows. `by` is the object whose turn
   * wrote, if it was a turn.
   */
  readonly end: (
    key: ObjectMeta.ObjectKey,
    written: Written | undefined,
    by: ObjectMeta.ObjectKey | undefined
  ) => Effect.Effect<void>
}

export class WriteTracker extends Context.Service<
  WriteTracker,
  {
    /** Announces a write to every listener before it returns; also when it fails or is interrupted. */
    readonly during: <A, E, R>(
      key: ObjectMeta.ObjectKey,
      write: Effect.Effect<A, E, R>,
      written: (response: A) => Written
    ) => Effect.Effect<A, E, R>

    /** Listens until the scope closes. */
    readonly subscribe: (listener: Listener) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@portolan/k8s-adapter/WriteTracker") {}

export const layer: Layer.Layer<WriteTracker> = Layer.sync(WriteTracker, () => {
  const listeners = new Set<Listener>()
  return WriteTracker.of({
    during: (key, write, written) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(CurrentReconcile.CurrentReconcile, (pass) => {
          const notified = [...listeners]
          for (const listener of notified) listener.begin(key)
          return Effect.onExit(restore(write), (exit) => {
            const left = Exit.isSuccess(exit) ? written(exit.value) : undefined
            return Effect.forEach(notified, (listener) => listener.end(key, left, pass?.key), { discard: true })
          })
        })
      ),
    subscribe: (listener) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => listeners.add(listener)),
          () => Effect.sync(() => listeners.delete(listener))
        )
      )
  })
})
