/** The controller process without flags and signals: composes the layers and starts every controller. */
import { Client, Controller, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Address } from "./AppConfig.ts"
import * as Controllers from "./Controllers.ts"
import * as Health from "./Health.ts"
import type * as KindController from "./kinds/KindController.ts"
import * as LivePeerDiscovery from "./LivePeerDiscovery.ts"
import * as SyncerFile from "./SyncerFile.ts"
import * as SidecarAgent from "./sidecar/SidecarAgent.ts"
import * as SidecarClient from "./sidecar/SidecarClient.ts"

export interface Options extends KindController.Options {
  readonly cluster: Client.DefaultOptions
  /** Address of the health probes; `undefined` serves none. */
  readonly health: Address | undefined
  readonly sidecars: SidecarClient.Options
  /** The controllers to start. Default: those of `Controllers`. */
  readonly controllers?: ReadonlyArray<KindController.KindController>
}

/**
 * Connects to the cluster, fills the informer caches and starts the controllers, which run until the scope closes.
 * Returns once the caches are synced and every object is queued.
 *
 * **Errors** `ClientConfigError` when the kubeconfig cannot be used, `ConfigInvalid` when the health port is taken.
 */
export const run = Effect.fn("Run.run")(function* (options: Options) {
  const { cluster, controllers = Controllers.make(options), health, platformFile } = options
  const isReady = yield* Ref.make(false)
  if (health !== undefined) yield* Layer.build(Health.layer(health, Ref.get(isReady)))
  const sidecars = Layer.merge(SidecarAgent.layer, LivePeerDiscovery.layer).pipe(
    Layer.provide(SidecarClient.layer(options.sidecars))
  )
  const cache = InformerCache.layer({ watched: Controller.watched(controllers) })
  const services = Layer.mergeAll(cache, SyncerFile.layer(platformFile), sidecars).pipe(
    Layer.provideMerge(WriteTracker.layer),
    Layer.provideMerge(Client.layerDefault(cluster))
  )
  const context = yield* Layer.build(services)
  const started = yield* Effect.forEach(controllers, start).pipe(Effect.provideContext(context))
  yield* Ref.set(isReady, true)
  yield* Effect.logInfo("caches synced, controllers started")
  return started
})

const start = Effect.fnUntraced(function* (definition: KindController.KindController) {
  const { externalSource, fieldManager } = definition
  const writers = yield* Layer.build(
    Layer.merge(LiveKubernetes.layer({ fieldManager }), LiveEvents.layer({ component: fieldManager }))
  )
  const reconcile = yield* definition.reconcile
  const controller = yield* Controller.start({ ...definition, reconcile }).pipe(Effect.provideContext(writers))
  if (externalSource !== undefined) yield* externalSource(controller)
  return controller
})
