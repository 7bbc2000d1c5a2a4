/** What a kind brings to this process to be controlled. */
import type { Controller } from "@portolan/k8s-adapter"
import type { EventRecorder, KubernetesApi, ObjectCache, StatusWriter, TaskAgent } from "@portolan/planner"
import type { PeerDiscovery, Platform, SyncerRegistry } from "@portolan/sei"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface Options {
  readonly platform: Platform.Platform
  /** The file that the platform was read from; empty when there is none. */
  readonly platformFile: string
}

/** The services that `Run` provides to every reconcile. */
type Services =
  | KubernetesApi.KubernetesApi
  | StatusWriter.StatusWriter
  | EventRecorder.EventRecorder
  | ObjectCache.ObjectCache
  | TaskAgent.TaskAgent
  | PeerDiscovery.PeerDiscovery
  | SyncerRegistry.SyncerRegistry

type ControllerOptions = Controller.Options<never, Services>

export interface KindController extends Pick<ControllerOptions, "kind" | "watches" | "references"> {
  /** Field manager of applied objects and component of events. Stored in clusters: it must never change. */
  readonly fieldManager: string
  readonly reconcile: Effect.Effect<ControllerOptions["reconcile"]>
  /** Enqueues keys for events that do not come from the API server, like controller-runtime's `source.Channel`. */
  readonly externalSource?: (
    controller: Controller.Controller
  ) => Effect.Effect<void, never, ObjectCache.ObjectCache | Scope.Scope>
}
