/** A toy kind: a widget that an agent paints and a ConfigMap publishes. */
import { type KubernetesApi, ObjectMeta, Owned, PlanBuilder, Reconciler, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Conformance from "../../src/conformance/Conformance.ts"
import { ControllerUnderTest, type Scenario } from "../../src/index.ts"

export const kind = Conformance.widget
export const ConfigMap: ObjectMeta.ObjectKind = {
  apiVersion: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced"
}
export const Nothing = Schema.Struct({})

interface Observation {
  readonly widget: ObjectMeta.KubernetesObject
}

const publish = Effect.fnUntraced(function* ({ widget }: Observation) {
  const key = ObjectMeta.keyOf(ConfigMap, widget)
  return yield* Owned.ensure({ owner: widget, key, existing: undefined }, { data: { painted: "yes" } })
})

export const painting: PlanBuilder.PlanTemplate = {
  name: "paint",
  reason: "the widget is not painted",
  targetPhase: "Painted",
  onFailure: PlanBuilder.retry,
  tasks: [{ type: "paint", maxRetries: 1 }, { type: "publish" }]
}

export const reconciler: Reconciler.Reconciler<Observation, never, KubernetesApi.KubernetesApi> = Reconciler.make({
  kind,
  finalizer: "example.dev/widget",
  observe: (widget) => Effect.succeed({ widget }),
  override: () => ({ paused: false, repair: Option.none() }),
  decide: ({ widget }) =>
    Result.succeed(
      Object(widget.status).phase === "Painted" ? Reconciler.nothing : Reconciler.createPlan(painting, "Wet")
    ),
  supersede: () => Reconciler.keep,
  buildStatus: (_, status) => status,
  events: () => [],
  cleanup: () => Effect.succeed(Task.done),
  tasks: {
    paint: Task.remote({
      params: Nothing,
      address: () => TaskAgent.AgentAddress.make("http://painter"),
      submission: () => ({ type: "paint" })
    }),
    publish: Task.local({ params: Nothing, perform: (observation: Observation) => publish(observation) })
  }
})

export const definitions = [Conformance.widgetDefinition]

export const widgets = ControllerUnderTest.of(reconciler, { watches: [], definitions })

/** A widget is created and converges. */
export const scenario: Scenario.Scenario = {
  name: "a widget is painted",
  controllerUnderTest: widgets,
  script: (cluster) =>
    Effect.andThen(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }), cluster.converge())
}

/** The same, with a boundary that it does not reach. */
export const unreachable: Scenario.Scenario = { ...scenario, reaches: ["poll", "delete Widget"] }
