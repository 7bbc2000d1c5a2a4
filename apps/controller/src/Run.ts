/** The whole process, without its argv and its signals: who keeps which promise. */
import { Client, Controller, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import type { Platform } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Address } from "./AppConfig.ts"
import * as Controllers from "./Controllers.ts"
import * as Health from "./Health.ts"
import * as Peers from "./Peers.ts"
import * as SidecarHttp from "./SidecarHttp.ts"
import * as Sidecars from "./Sidecars.ts"
import * as SyncerFile from "./SyncerFile.ts"

export interface Options {
  readonly cluster: Client.DefaultOptions
  readonly platform: Platform.Platform
  /** The file that the platform was read from, for what is read of it again and again; empty for none. */
  readonly platformFile: string
  /** Where probes are answered; `undefined` for nowhere. */
  readonly health: Address | undefined
  readonly sidecars: Sidecars.Options
}

/** The name under which fields are owned and events are told. It is in clusters already and must not change. */
const MANAGER = "seinode-controller"

/**
 * Connects, fills the caches, and controls until the scope closes. Returns once the caches are filled.
 *
 * **Errors** `ClientConfigError` for a kubeconfig that cannot be used, `ConfigInvalid` for a port that is taken.
 */
export const run = Effect.fn("Run.run")(function* (options: Options) {
  const { cluster, health, platformFile } = options
  const isReady = yield* Ref.make(false)
  if (health !== undefined) yield* Layer.build(Health.layer(health, Ref.get(isReady)))
  const services = Layer.mergeAll(
    LiveKubernetes.layer({ fieldManager: MANAGER }),
    InformerCache.layer({ watched: Controller.watched([Controllers.nodes]) }),
    LiveEvents.layer({ component: MANAGER }),
    SyncerFile.layer(platformFile),
    Layer.merge(SidecarHttp.layer, Peers.layer).pipe(Layer.provide(Sidecars.layer(options.sidecars)))
  ).pipe(Layer.provide(WriteTracker.layer), Layer.provide(Client.layerDefault(cluster)))
  const context = yield* Layer.build(services)
  const controller = yield* Controllers.start(options).pipe(Effect.provideContext(context))
  yield* Ref.set(isReady, true)
  yield* Effect.logInfo("ready")
  return controller
})
