/** The whole process but its signals: who keeps which promise, and what wakes a backup. */
import { Client, Controller, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { ObjectMeta, Reconcile } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Agent from "./Agent.ts"
import { kind } from "./Backup.ts"
import * as Reconciler from "./Reconciler.ts"
import { type AgentOf, Job } from "./Tasks.ts"

/** Under which name fields are owned and events are told. It must never change. */
const NAME = "backup-controller"

/** A job wakes the backup that controls it. */
const jobs: Controller.Watch = {
  kind: Job,
  map: ({ object }) => {
    const owner = ObjectMeta.controllerOf(object)
    return owner?.kind === kind.kind ? [ObjectMeta.key(kind, object.metadata.namespace ?? "", owner.name)] : []
  }
}
const own = { kind, watches: [jobs] }

/** Controls backups until the scope closes; returns once it has seen them all. */
export const run = (cluster: Client.DefaultOptions, agentOf?: AgentOf) =>
  Effect.gen(function* () {
    const services = Layer.mergeAll(
      LiveKubernetes.layer({ fieldManager: NAME }),
      InformerCache.layer({ watched: Controller.watched([own]) }),
      LiveEvents.layer({ component: NAME }),
      Agent.layer
    ).pipe(Layer.provide(WriteTracker.layer), Layer.provide(Client.layerDefault(cluster)))
    const context = yield* Layer.build(services)
    const reconcile = yield* Reconcile.make(Reconciler.make(agentOf))
    return yield* Effect.provideContext(Controller.start({ ...own, reconcile }), context)
  })
