/** The example of the README, run. `tests/tidy` checks that the README shows this code. */

import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { KubernetesApi, ObjectMeta, Owned, PlanBuilder, Reconcile, Reconciler, Task } from "../src/index.ts"

const Greeting = ObjectMeta.namespaced("example.dev/v1", "Greeting", "greetings")
const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")

/** Applies a ConfigMap that the greeting owns. It may run again after a crash: a second run changes nothing. */
const applyConfigMap = Effect.fnUntraced(function* (owner: ObjectMeta.KubernetesObject, text: string) {
  const api = yield* KubernetesApi.KubernetesApi
  const key = ObjectMeta.keyOf(ConfigMap, owner)
  const existing = Option.getOrUndefined(yield* Effect.mapError(api.get(key), Task.fromKubernetes))
  return yield* Owned.ensure({ owner, key, existing }, { data: { text } })
})

/** A task: its parameters are stored in the plan, and decoded when it runs. */
const Params = Schema.Struct({ text: Schema.String })
const publish = Task.local({
  params: Params,
  perform: (greeting: ObjectMeta.KubernetesObject, { text }: typeof Params.Type) => applyConfigMap(greeting, text)
})

/** A plan: stored in `.status.plan` before its first task runs. */
const greet: PlanBuilder.PlanTemplate<"publish"> = {
  name: "greet",
  reason: "the greeting is not published",
  tasks: [{ type: "publish", params: { text: "hello" } }],
  targetPhase: "Published",
  onFailure: PlanBuilder.retry
}

/** What the kind implements. Everything but `observe`, `cleanup` and the tasks is pure. */
export const reconciler = Reconciler.make<ObjectMeta.KubernetesObject, never, KubernetesApi.KubernetesApi>({
  kind: Greeting,
  finalizer: "example.dev/greeting",
  observe: (object) => Effect.succeed(object),
  override: () => ({ paused: false, repair: Option.none() }),
  decide: (object) =>
    Result.succeed(
      ObjectMeta.statusOf(object).phase === "Published"
        ? Reconciler.nothing
        : Reconciler.createPlan(greet, "Publishing")
    ),
  supersede: () => Reconciler.keep,
  buildStatus: (_, status) => status,
  events: () => [],
  cleanup: () => Effect.succeed(Task.done),
  tasks: { publish }
})

/** One pass per call: `reconcile(key)` reads, decides, acts and writes status at most once. */
export const makeReconcile = Reconcile.make(reconciler)

it.effect("the example of the README has a reconcile function", () =>
  Effect.gen(function* () {
    assert.isFunction(yield* makeReconcile)
    assert.strictEqual(reconciler.kind.kind, "Greeting")
  })
)
