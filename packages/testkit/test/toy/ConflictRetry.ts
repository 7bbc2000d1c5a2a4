/**
 * A widget controller with a mistake: after a conflict it repeats its status write on the version that is stored now.
 */
import { type KubernetesApi, ObjectCache, Reconcile, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ClusterControllers, type ControllerUnderTest, type Simulator, Sometimes } from "../../src/index.ts"
import { kind, reconciler, widgets } from "./Widgets.ts"

const isConflict = ({ reason }: KubernetesApi.KubernetesError): boolean => reason._tag === "Conflict"

const retryConflicts = Effect.fnUntraced(function* (writer: StatusWriter.StatusWriter["Service"]) {
  const cache = yield* ObjectCache.ObjectCache
  return StatusWriter.StatusWriter.of({
    ...writer,
    patchStatus: (key, expected, patch) =>
      writer.patchStatus(key, expected, patch).pipe(
        Effect.catchIf(isConflict, (error) =>
          Effect.flatMap(
            cache.get(key),
            Option.match({
              onNone: () => Effect.fail(error),
              onSome: ({ metadata }) => writer.patchStatus(key, metadata.resourceVersion, patch)
            })
          )
        )
      )
  })
})

const controllerUnderTest: ControllerUnderTest.ControllerUnderTest = {
  ...widgets,
  harness: ({ server }) => ({
    clusterControllers: ClusterControllers.make(server),
    start: Effect.map(
      Reconcile.make(reconciler),
      (reconcile) => (key) =>
        Effect.flatMap(StatusWriter.StatusWriter, retryConflicts).pipe(
          Effect.flatMap((writer) => Effect.provideService(reconcile(key), StatusWriter.StatusWriter, writer))
        )
    )
  })
}

/** Creates and edits a widget. Fails when another client writes between the read and the write of a pass. */
export const simulation: Simulator.Simulation = {
  name: "widgets with retried conflicts",
  controllerUnderTest,
  setup: [{ verb: "create", kind, body: { metadata: { name: "w" }, spec: { size: 1 } } }],
  userActions: (random) => ({ verb: "merge", kind, name: "w", body: { spec: { size: 1 + random.below(5) } } })
}

/** The same simulation with the correct controller. */
export const correct: Simulator.Simulation = { ...simulation, name: "widgets", controllerUnderTest: widgets }

/** The correct controller, whose plans are completed and never superseded. */
export const unreached: Simulator.Simulation = {
  ...correct,
  sometimes: [Sometimes.planCompleted, Sometimes.planSuperseded],
  sometimesAfter: 2
}
