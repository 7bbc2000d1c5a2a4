import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { ControllerUnderTest, Race } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

const key = ObjectMeta.key(Widgets.kind, "default", "w")
const pass = ({ reconcile }: Race.Participant) => reconcile(key)
const planned: Pick<Race.Race, "controllerUnderTest" | "setup"> = {
  controllerUnderTest: Widgets.widgets,
  setup: (cluster) =>
    Effect.andThen(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }), cluster.reconcile(1))
}

/** Versions on which two status writes succeeded. */
const doubleWrites: Race.Race["violations"] = ({ callLog }) =>
  Effect.map(callLog.calls, (calls) => {
    const writes = calls.filter(({ result, verb }) => verb === "patchStatus" && result === "ok")
    const versions = writes.map(({ pass }) => pass?.observedVersion)
    return versions
      .filter((version, index) => versions.indexOf(version) < index)
      .map((version) => `two writes on ${version}`)
  })

describe("Race", () => {
  it.effect("INV-3: of two workers on one object, exactly one writes in every order", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({
        ...planned,
        name: "two workers",
        left: pass,
        right: pass,
        violations: doubleWrites
      })
      assert.deepStrictEqual(Race.describeFailures(report), [])
      assert.isFalse(report.isSample)
      assert.isAbove(report.orders.length, 10)
      assert.strictEqual(new Set(report.orders.map((order) => order.join())).size, report.orders.length)
    })
  )

  it.effect("INV-3: of two leaders that both believe to be the only one, one writes on each version", () =>
    Effect.gen(function* () {
      const passes = (participant: Race.Participant) => Effect.repeat(pass(participant), { times: 2 })
      const report = yield* Race.run({
        ...planned,
        name: "two leaders",
        left: passes,
        right: passes,
        violations: doubleWrites,
        maxOrders: 60
      })
      assert.deepStrictEqual(Race.describeFailures(report), [])
    })
  )

  it.effect("holds the invariants for a pass and a user who edits and deletes meanwhile", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({
        ...planned,
        name: "an edit and a deletion",
        left: pass,
        right: ({ act }) =>
          Effect.andThen(
            act({ verb: "merge", kind: Widgets.kind, name: "w", body: { spec: { size: 2 } } }),
            act({ verb: "delete", kind: Widgets.kind, name: "w" })
          )
      })
      assert.deepStrictEqual(Race.describeFailures(report), [])
    })
  )

  it.effect("runs the same sample every time when there are more orders than the limit", () =>
    Effect.gen(function* () {
      const race: Race.Race = { ...planned, name: "sample", left: pass, right: pass, maxOrders: 5 }
      const [first, second] = [yield* Race.run(race), yield* Race.run(race)]
      assert.isTrue(first.isSample)
      assert.strictEqual(first.orders.length, 5)
      assert.deepStrictEqual(first.orders, second.orders)
    })
  )

  it.effect("INV-11: finds the one order in which a delete hits an object that was created after the read", () =>
    Effect.gen(function* () {
      const configMap = ObjectMeta.key(Widgets.ConfigMap, "default", "w")
      const careless = Effect.gen(function* () {
        const api = yield* KubernetesApi.KubernetesApi
        const found = yield* api.get(configMap)
        const current = yield* api.get(configMap)
        if (found._tag === "Some" && current._tag === "Some")
          yield* api.delete(configMap, { uid: current.value.metadata.uid })
        return Task.done
      }).pipe(Effect.mapError(Task.fromKubernetes))
      const tasks = {
        ...Widgets.reconciler.tasks,
        publish: Task.local({ params: Widgets.Nothing, perform: () => careless })
      }
      const report = yield* Race.run({
        name: "a careless delete",
        controllerUnderTest: ControllerUnderTest.of(
          { ...Widgets.reconciler, tasks },
          { watches: [], definitions: Widgets.definitions }
        ),
        setup: (cluster) =>
          Effect.gen(function* () {
            cluster.agents.script("paint", { durationMs: 0 })
            yield* cluster.create({ metadata: { name: "w" }, spec: { size: 1 } })
            yield* cluster.reconcile(2)
          }),
        left: (participant) => Effect.repeat(pass(participant), { times: 2 }),
        right: ({ act }) =>
          act({
            verb: "create",
            kind: Widgets.ConfigMap,
            body: { metadata: { name: "w" }, data: { whose: "not yours" } }
          })
      })
      assert.include(
        Race.describeFailures(report).join("\n"),
        "INV-11: delete ConfigMap default/w: the object has no owner"
      )
    })
  )
})
