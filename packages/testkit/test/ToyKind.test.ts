/** The testkit on a toy kind: a widget that an agent paints and a ConfigMap publishes. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, Reconcile } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { CallLog, Faults, InMemoryAgent, InMemoryKubernetes, Invariants, ReconcileLoop } from "../src/index.ts"
import { definitions, kind, reconciler } from "./toy/Widgets.ts"

const key = ObjectMeta.key(kind, "default", "w")

const cluster = Layer.mergeAll(
  InMemoryKubernetes.layerNoDepsWith({ definitions }),
  InMemoryAgent.layerNoDepsWith()
).pipe(Layer.provideMerge(CallLog.layer))

/**
 * Creates the widget and reconciles until it converges. The first process may be killed; a second one then continues.
 */
const converge = (crash: Layer.Layer<Faults.Services, never, Faults.Services>) =>
  Effect.gen(function* () {
    const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
    const agents = yield* InMemoryAgent.InMemoryAgent
    agents.script("paint", { failures: 1, error: "the brush is dry" })
    const body = { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 1 } }
    ask(kind, { verb: "create", namespace: "default", body })
    const context = yield* Layer.build(crash)
    const [first, second] = [yield* Reconcile.make(reconciler), yield* Reconcile.make(reconciler)]
    const reconcile = (at: ObjectMeta.ObjectKey) => first(at).pipe(Effect.provideContext(context))
    if (yield* Faults.wasKilled(ReconcileLoop.converge({ reconcile, key }))) {
      const restarted = Effect.provideService(CallLog.CurrentProcess, "process-2")
      yield* ReconcileLoop.converge({ reconcile: (at) => restarted(second(at)), key })
    }
    yield* Invariants.expectInvariants()
    const widget = server.peek({ group: "example.dev", version: "v1", plural: "widgets" }, "default", "w")
    return { status: widget?.status, paints: agents.at("http://painter").all.map(({ run }) => run) }
  }).pipe(Effect.scoped, Effect.provide(cluster))

describe("a kind of your own", () => {
  it.effect("converges, retries a failed task, and violates no invariant", () =>
    Effect.gen(function* () {
      const { paints, status } = yield* converge(Faults.counting().layer)
      assert.strictEqual(Object(status).phase, "Painted")
      assert.notProperty(status, "plan")
      assert.deepStrictEqual(paints, [2])
    })
  )

  it.effect("converges to the same phase whichever call its process is killed at", () =>
    Effect.gen(function* () {
      const counter = Faults.counting()
      const undisturbed = yield* converge(counter.layer)
      for (let call = 0; call < counter.calls(); call++) {
        for (const when of ["before", "after"] as const) {
          const { status } = yield* converge(Faults.crashing({ call, when }))
          assert.strictEqual(Object(status).phase, Object(undisturbed.status).phase, `killed ${when} call ${call}`)
        }
      }
    })
  )
})
