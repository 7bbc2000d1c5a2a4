/** A kind of nobody's: a widget that is painted by an agent, and then announced by a config map. */
import { KubernetesApi, ObjectMeta, PlanBuilder, Reconciler, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Conformance from "../../src/Conformance.ts"
import { type Scenario, Subject } from "../../src/index.ts"

export const kind = Conformance.widget
export const ConfigMap: ObjectMeta.ObjectKind = {
  apiVersion: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  scope: "Namespaced"
}
export const Nothing = Schema.Struct({})

interface Seen {
  readonly widget: ObjectMeta.KubernetesObject
}

const tell = Effect.fnUntraced(function* ({ widget }: Seen) {
  const api = yield* KubernetesApi.KubernetesApi
  const metadata = { name: "w", namespace: "default", ownerReferences: [ObjectMeta.controllerReference(widget)] }
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { painted: "yes" } }
  yield* api.apply(ObjectMeta.key(ConfigMap, "default", "w"), body).pipe(Effect.mapError(Task.fromKubernetes))
  return Task.done
})

export const painting: PlanBuilder.Blueprint = {
  name: "paint",
  because: "a widget without paint",
  targetPhase: "Painted",
  onFailure: PlanBuilder.retry,
  steps: [{ type: "paint", maxRetries: 1 }, { type: "announce" }]
}

export const reconciler: Reconciler.Reconciler<Seen, never, KubernetesApi.KubernetesApi> = Reconciler.make({
  kind,
  finalizer: "example.dev/widget",
  observe: (widget) => Effect.succeed({ widget }),
  posture: () => ({ held: false, correct: Option.none() }),
  decide: ({ widget }) =>
    Result.succeed(Object(widget.status).phase === "Painted" ? Reconciler.nothing : Reconciler.begin(painting, "Wet")),
  supersede: () => Reconciler.keep,
  present: (_, status) => status,
  announce: () => [],
  release: () => Effect.succeed(Task.done),
  tasks: {
    paint: Task.remote({
      params: Nothing,
      address: () => TaskAgent.AgentAddress.make("http://painter"),
      order: () => ({ type: "paint" })
    }),
    announce: Task.local({ params: Nothing, perform: (seen: Seen) => tell(seen) })
  }
})

export const definitions = [Conformance.widgetDefinition]

export const widgets = Subject.of(reconciler, { definitions })

/** A widget is made and settles. */
export const scenario: Scenario.Scenario = {
  name: "a widget is painted",
  subject: widgets,
  script: (world) => Effect.andThen(world.create({ metadata: { name: "w" }, spec: { size: 1 } }), world.settle())
}
