/** The instruments on a kind of nobody's: a widget that is painted by an agent, and then announced by a config map. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, Protocol } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Faults, InMemoryAgent, InMemoryKubernetes, Invariants, Ledger, TurnLoop } from "../src/index.ts"
import { definitions, kind, reconciler } from "./toy/Widgets.ts"

const key = ObjectMeta.key(kind, "default", "w")

const world = Layer.mergeAll(InMemoryKubernetes.layerNoDepsWith({ definitions }), InMemoryAgent.layerNoDepsWith()).pipe(
  Layer.provideMerge(Ledger.layer)
)

/** Makes the widget and settles it; the first process may be killed at a call. */
const settle = (crash: Layer.Layer<Faults.Promises, never, Faults.Promises>) =>
  Effect.gen(function* () {
    const { ask, server } = yield* InMemoryKubernetes.InMemoryKubernetes
    const agents = yield* InMemoryAgent.InMemoryAgent
    agents.script("paint", { failures: 1, error: "the brush is dry" })
    const body = { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 1 } }
    ask(kind, { verb: "create", namespace: "default", body })
    const context = yield* Layer.build(crash)
    const [first, second] = [yield* Protocol.make(reconciler), yield* Protocol.make(reconciler)]
    const turn = (at: ObjectMeta.ObjectKey) => first(at).pipe(Effect.provideContext(context))
    if (yield* Faults.survives(TurnLoop.settle({ turn, key }))) {
      const restarted = Effect.provideService(Ledger.CurrentProcess, "process-2")
      yield* TurnLoop.settle({ turn: (at) => restarted(second(at)), key })
    }
    yield* Invariants.hold()
    const widget = server.peek({ group: "example.dev", version: "v1", plural: "widgets" }, "default", "w")
    return { status: widget?.status, paints: agents.at("http://painter").all.map(({ run }) => run) }
  }).pipe(Effect.scoped, Effect.provide(world))

describe("a kind of your own", () => {
  it.effect("settles, retries what failed, and keeps every law", () =>
    Effect.gen(function* () {
      const { paints, status } = yield* settle(Faults.counting().layer)
      assert.strictEqual(Object(status).phase, "Painted")
      assert.notProperty(status, "plan")
      assert.deepStrictEqual(paints, [2])
    })
  )

  it.effect("does so wherever its process is killed", () =>
    Effect.gen(function* () {
      const counter = Faults.counting()
      const undisturbed = yield* settle(counter.layer)
      for (let call = 0; call < counter.made(); call++) {
        for (const when of ["before", "after"] as const) {
          const { status } = yield* settle(Faults.crashing({ call, when }))
          assert.strictEqual(Object(status).phase, Object(undisturbed.status).phase, `killed ${when} call ${call}`)
        }
      }
    })
  )
})
