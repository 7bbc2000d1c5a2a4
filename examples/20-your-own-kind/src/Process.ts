/** The process without its signals: the layers that implement the planner's services, and the controller. */
import { Client, Controller, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { Reconcile } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Agent from "./Agent.ts"
import { kind } from "./Backup.ts"
import * as Reconciler from "./Reconciler.ts"
import type { AgentOf } from "./Tasks.ts"
import { watches } from "./Watches.ts"

/** Field manager of applied objects and component of events. Stored in clusters: it must never change. */
const NAME = "backup-controller"

const backups = { kind, ...watches }

/** Starts the controller, which runs until the scope closes. Returns once the cache is synced. */
export const run = (cluster: Client.DefaultOptions, agentOf?: AgentOf) =>
  Effect.gen(function* () {
    const services = Layer.mergeAll(
      LiveKubernetes.layer({ fieldManager: NAME }),
      InformerCache.layer({ watched: Controller.watched([backups]) }),
      LiveEvents.layer({ component: NAME }),
      Agent.layer
    ).pipe(Layer.provide(WriteTracker.layer), Layer.provide(Client.layerDefault(cluster)))
    const context = yield* Layer.build(services)
    const reconcile = yield* Reconcile.make(Reconciler.make(agentOf))
    return yield* Effect.provideContext(Controller.start({ ...backups, reconcile }), context)
  })
