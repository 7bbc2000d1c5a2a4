/**
 * Reports the writes of this process to caches, so that a cache applies a write before the watch delivers it.
 *
 * `LiveKubernetes` sends every write through the tracker; `InformerCache` subscribes to it. A write returns to its
 * caller only after every listener has processed its result. That is why a read from the cache after a write returns
 * that write or something newer, and never the state before it.
 */
import { CurrentReconcile, type ObjectMeta } from "@portolan/planner"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/** The state of an object on the API server after a write. */
export type WriteResult =
  | {
      readonly _tag: "Stored"
      readonly object: ObjectMeta.KubernetesObject
      /**
       * True when no other writer contributed to this resourceVersion: the write created the object, or was conditional
       * on the version before. Otherwise the response may include changes of other writers that no reconcile has seen.
       */
      readonly isOwnVersion: boolean
    }
  /** The object with this uid does not exist any more. */
  | { readonly _tag: "Deleted"; readonly uid: string }

export interface Listener {
  /** Called before the write is sent. */
  readonly begin: (key: ObjectMeta.ObjectKey) => void
  /**
   * Called when the write has ended. `result` is `undefined` when the write failed, was interrupted, or has no usable
   * response. `writer` is the object whose reconcile wrote; `undefined` outside of a reconcile.
   */
  readonly end: (
    key: ObjectMeta.ObjectKey,
    result: WriteResult | undefined,
    writer: ObjectMeta.ObjectKey | undefined
  ) => Effect.Effect<void>
}

export class WriteTracker extends Context.Service<
  WriteTracker,
  {
    /** Runs a write to the object of a key. Calls `begin` and `end` of every listener, whether it succeeds or not. */
    readonly track: <A, E, R>(
      key: ObjectMeta.ObjectKey,
      write: Effect.Effect<A, E, R>,
      resultOf: (response: A) => WriteResult
    ) => Effect.Effect<A, E, R>

    /** Adds a listener until the scope closes. */
    readonly subscribe: (listener: Listener) => Effect.Effect<void, never, Scope.Scope>
  }
>()("@portolan/k8s-adapter/WriteTracker") {}

export const layer: Layer.Layer<WriteTracker> = Layer.sync(WriteTracker, () => {
  const listeners = new Set<Listener>()
  return WriteTracker.of({
    track: (key, write, resultOf) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(CurrentReconcile.CurrentReconcile, (pass) => {
          const notified = [...listeners]
          for (const listener of notified) listener.begin(key)
          return Effect.onExit(restore(write), (exit) => {
            const result = Exit.isSuccess(exit) ? resultOf(exit.value) : undefined
            return Effect.forEach(notified, (listener) => listener.end(key, result, pass?.key), { discard: true })
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
