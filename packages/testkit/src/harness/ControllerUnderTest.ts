/** What is under test: a kind, whoever controls it, and what else there is in its world. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import * as ClusterControllers from "@portolan/cluster-emulator/controllers/ClusterControllers"
import type { EventRecorder, KubernetesApi, ObjectCache, ObjectMeta, StatusWriter, TaskAgent } from "@portolan/planner"
import { Reconcile, type Reconciler } from "@portolan/planner"
import type * as Effect from "effect/Effect"
import type { InMemoryAgent } from "../services/InMemoryAgent.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"

/** The promises that a process may use. */
export type ControllerServices =
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
export interface Harness {
  /** Another process of the controller: its turns. */
  readonly start: Effect.Effect<
    (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult, never, ControllerServices>
  >
  /** The rest of the cluster; nobody unless told. */
  readonly clusterControllers?: ReconcileLoop.ClusterControllers
  /** What must never be and is, one sentence each; asked when all is over. */
  readonly violations?: () => ReadonlyArray<string>
}

export interface ControllerUnderTest {
  /** The kind whose objects are controlled. */
  readonly kind: ObjectMeta.ObjectKind
  /** CustomResourceDefinitions. */
  readonly definitions: ReadonlyArray<object>
  /** Where its objects live: `default` unless told. */
  readonly namespace?: string
  /** The field manager of the controller's writes: `controller` by default. */
  readonly fieldManager?: string
  /** Types of conditions that are an intent by themselves (INV-1). */
  readonly intents?: ReadonlyArray<string>
  /** Asked once for every world. */
  readonly harness: (parts: Parts) => Harness
  /**
   * Whether an object with an active plan may rest: one that its user has paused, for example. None may unless told; a
   * plan that nobody drives is INV-10 broken.
   */
  readonly mayStop?: (object: ObjectMeta.KubernetesObject) => boolean
}

/** A reconciler, with a cluster of StatefulSet and Job controllers, kubelet, volumes and garbage collection around it. */
export const of = <Observation, RObserve extends ControllerServices, R extends ControllerServices>(
  reconciler: Reconciler.Reconciler<Observation, RObserve, R>,
  options: Omit<ControllerUnderTest, "kind" | "harness"> & { readonly cluster?: ClusterControllers.Options }
): ControllerUnderTest => ({
  ...options,
  kind: reconciler.kind,
  harness: ({ server }) => ({
    start: Reconcile.make(reconciler),
    clusterControllers: ClusterControllers.make(server, options.cluster)
  })
})
