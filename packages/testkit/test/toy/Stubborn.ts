/** A widget controller with a bug: it repeats a status write that conflicted, on the version that is stored now. */
import { type KubernetesApi, ObjectCache, Reconcile, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ClusterControllers, type ControllerUnderTest, type Simulator } from "../../src/index.ts"
import { kind, reconciler, widgets } from "./Widgets.ts"

const isConflict = ({ reason }: KubernetesApi.KubernetesError): boolean => reason._tag === "Conflict"

const stubborn: ControllerUnderTest.ControllerUnderTest = {
  ...widgets,
  harness: ({ server }) => ({
    clusterControllers: ClusterControllers.make(server),
    start: Effect.map(Reconcile.make(reconciler), (reconcile) => (key) => {
      const retryingConflicts = Effect.fnUntraced(function* (writer: StatusWriter.StatusWriter["Service"]) {
        const cache = yield* ObjectCache.ObjectCache
        return StatusWriter.StatusWriter.of({
          ...writer,
          patchStatus: (of, expected, patch) =>
            writer.patchStatus(of, expected, patch).pipe(
              Effect.catchIf(isConflict, (error) =>
                Effect.flatMap(
                  cache.get(of),
                  Option.match({
                    onNone: () => Effect.fail(error),
                    onSome: ({ metadata }) => writer.patchStatus(of, metadata.resourceVersion, patch)
                  })
                )
              )
            )
        })
      })
      return Effect.flatMap(StatusWriter.StatusWriter, retryingConflicts).pipe(
        Effect.flatMap((writer) => Effect.provideService(reconcile(key), StatusWriter.StatusWriter, writer))
      )
    })
  })
}

const begin: Simulator.Simulation["begin"] = [
  { verb: "create", kind, body: { metadata: { name: "w" }, spec: { size: 1 } } }
]

const acts: Simulator.Simulation["acts"] = (random) => ({
  verb: "merge",
  kind,
  name: "w",
  body: { spec: { size: 1 + random.below(5) } }
})

/** Widgets that are created and edited. It fails when another writer changes a widget between a pass's read and its write. */
export const simulation: Simulator.Simulation = { name: "stubborn widgets", controllerUnderTest: stubborn, begin, acts }

/** The same simulation of the controller without the bug. */
export const sound: Simulator.Simulation = { ...simulation, name: "widgets", controllerUnderTest: widgets }
