/** What is under test: a kind, whoever controls it, and what else there is in its world. */
import type { EventRecorder, KubernetesApi, ObjectCache, ObjectMeta, StatusWriter, TaskAgent } from "@portolan/planner"
import { Protocol, type Reconciler } from "@portolan/planner"
import type * as Effect from "effect/Effect"
import * as Actors from "./Actors.ts"
import type { ApiServer } from "./apiserver/ApiServer.ts"
import type { InMemoryAgent } from "./InMemoryAgent.ts"
import type * as TurnLoop from "./TurnLoop.ts"

/** The promises that a process may use. */
export type Promises =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | ObjectCache.ObjectCache
  | TaskAgent.TaskAgent
  | EventRecorder.EventRecorder

/** What a new world is made of. */
export interface Parts {
  readonly server: ApiServer
  readonly agents: InMemoryAgent["Service"]
}

/** Who lives in one world. */
export interface Cast {
  /** Another process of the controller: its turns. */
  readonly boot: Effect.Effect<(key: ObjectMeta.ObjectKey) => Effect.Effect<TurnLoop.Turned, never, Promises>>
  /** The rest of the cluster; nobody unless told. */
  readonly rest?: TurnLoop.Actors
  /** What must never be and is, one sentence each; asked when all is over. */
  readonly faults?: () => ReadonlyArray<string>
}

export interface Subject {
  /** The kind whose objects are controlled. */
  readonly kind: ObjectMeta.ObjectKind
  /** CustomResourceDefinitions. */
  readonly definitions: ReadonlyArray<object>
  /** Where its objects live: `default` unless told. */
  readonly namespace?: string
  /** Types of conditions that are an intent by themselves (INV-1). */
  readonly intents?: ReadonlyArray<string>
  /** Asked once for every world. */
  readonly cast: (parts: Parts) => Cast
  /**
   * Whether an object with an active plan may rest: one that its user has paused, for example. None may unless told; a
   * plan that nobody drives is INV-10 broken.
   */
  readonly mayRest?: (object: ObjectMeta.KubernetesObject) => boolean
}

/** A reconciler, with a cluster of StatefulSet and Job controllers, kubelet, volumes and garbage collection around it. */
export const of = <Seen, RSee extends Promises, R extends Promises>(
  reconciler: Reconciler.Reconciler<Seen, RSee, R>,
  options: Omit<Subject, "kind" | "cast"> & { readonly cluster?: Actors.Options }
): Subject => ({
  ...options,
  kind: reconciler.kind,
  cast: ({ server }) => ({ boot: Protocol.make(reconciler), rest: Actors.make(server, options.cluster) })
})
