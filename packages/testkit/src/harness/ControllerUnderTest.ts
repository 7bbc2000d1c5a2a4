/** The controller that a test exercises: its kind, its processes, and the cluster around it. */

import type { ApiServer } from "@portolan/cluster-emulator/apiserver/ApiServer"
import * as ClusterControllers from "@portolan/cluster-emulator/controllers/ClusterControllers"
import type {
  EventRecorder,
  KubernetesApi,
  ObjectCache,
  ObjectMeta,
  StatusWriter,
  TaskAgent,
  Watches
} from "@portolan/planner"
import { Reconcile, type Reconciler } from "@portolan/planner"
import type * as Effect from "effect/Effect"
import type * as Invariants from "../invariants/Invariants.ts"
import type { InMemoryAgent } from "../services/InMemoryAgent.ts"
import type * as ReconcileLoop from "./ReconcileLoop.ts"

/** The services that a process may use. */
export type ControllerServices =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | ObjectCache.ObjectCache
  | TaskAgent.TaskAgent
  | EventRecorder.EventRecorder

/** What a new test cluster consists of. */
export interface Parts {
  readonly server: ApiServer
  readonly agents: InMemoryAgent["Service"]
}

/** What runs in one test cluster. */
export interface Harness {
  /** Starts a process of the controller. Returns its reconcile function. */
  readonly start: Effect.Effect<
    (key: ObjectMeta.ObjectKey) => Effect.Effect<ReconcileLoop.PassResult, never, ControllerServices>
  >
  /** The other controllers of the cluster. Default: none. */
  readonly clusterControllers?: ReconcileLoop.ClusterControllers
  /** Violations of invariants of the controller's own, one sentence each. Checked at the end of a run. */
  readonly violations?: () => ReadonlyArray<string>
}

/**
 * The kind that the controller reconciles, with the watches and references of its process, by the same value. The cache
 * of a test has only what they select, and a change reconciles only the objects that they map it to. A read of anything
 * else fails the test with the watch to add.
 */
export interface ControllerUnderTest extends Watches.Controlled {
  /** CustomResourceDefinitions to install. */
  readonly definitions: ReadonlyArray<object>
  /** The namespace of the objects. Default: `default`. */
  readonly namespace?: string
  /** The field manager of the controller's writes. Default: `controller`. */
  readonly fieldManager?: string
  /** What passes may do without a plan, because a condition asks for it (INV-1). */
  readonly intents?: ReadonlyArray<Invariants.Intent>
  /** Finalizers that the controller may remove from objects of others (INV-17). */
  readonly releases?: ReadonlyArray<string>
  /** Kinds of objects that the controller creates and leaves behind on purpose (INV-18). */
  readonly keeps?: ReadonlyArray<string>
  /** Called once for every test cluster. */
  readonly harness: (parts: Parts) => Harness
  /**
   * Whether the controller may leave an object alone while its plan is active, for example because its user paused it.
   * Default: it may not; an active plan that no pass will drive violates INV-10.
   */
  readonly mayStop?: (object: ObjectMeta.KubernetesObject) => boolean
}

/** A reconciler in a cluster with StatefulSet and Job controllers, a kubelet, volumes and garbage collection. */
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
