import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { ControllerUnderTest, Race } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

const key = ObjectMeta.key(Widgets.kind, "default", "w")
const pass = (player: Race.Player) => player.reconcile(key)
const made: Pick<Race.Race, "controllerUnderTest" | "before"> = {
  controllerUnderTest: Widgets.widgets,
  before: (cluster) =>
    Effect.andThen(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }), cluster.reconcile(1))
}

/** Writes that won on one version, by the version. */
const winners: Race.Race["wrong"] = ({ callLog }) =>
  Effect.map(callLog.calls, (calls) => {
    const won = calls.filter(({ result, verb }) => verb === "patchStatus" && result === "ok")
    const versions = won.map(({ pass }) => pass?.observedVersion)
    return versions.filter((version, index) => versions.indexOf(version) < index).map((version) => `two on ${version}`)
  })

describe("a race", () => {
  it.effect("INV-3: of two workers on one object: in every order one of them writes", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({ ...made, name: "two workers", left: pass, right: pass, wrong: winners })
      assert.deepStrictEqual(Race.describeFailures(report), [])
      assert.isFalse(report.isSample)
      assert.isAbove(report.orders.length, 10)
      assert.strictEqual(new Set(report.orders.map((order) => order.join())).size, report.orders.length)
    })
  )

  it.effect("INV-3: of two leaders, each of whom takes itself for the only one", () =>
    Effect.gen(function* () {
      const passes = (player: Race.Player) => Effect.repeat(pass(player), { times: 2 })
      const report = yield* Race.run({
        ...made,
        name: "two leaders",
        left: passes,
        right: passes,
        wrong: winners,
        limit: 60
      })
      assert.deepStrictEqual(Race.describeFailures(report), [])
    })
  )

  it.effect("of a turn and a user who edits and deletes meanwhile", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({
        ...made,
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

  it.effect("is a sample where there are more orders than may be run, and always the same one", () =>
    Effect.gen(function* () {
      const contest: Race.Race = { ...made, name: "sample", left: pass, right: pass, limit: 5 }
      const [first, second] = [yield* Race.run(contest), yield* Race.run(contest)]
      assert.isTrue(first.isSample)
      assert.strictEqual(first.orders.length, 5)
      assert.deepStrictEqual(first.orders, second.orders)
    })
  )

  it.effect("INV-11: finds the one order in which a delete hits what was made since it was looked at", () =>
    Effect.gen(function* () {
      const announcement = ObjectMeta.key(Widgets.ConfigMap, "default", "w")
      const careless = Effect.gen(function* () {
        const api = yield* KubernetesApi.KubernetesApi
        const found = yield* api.get(announcement)
        const now = yield* api.get(announcement)
        if (found._tag === "Some" && now._tag === "Some")
          yield* api.delete(announcement, { uid: now.value.metadata.uid })
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
          { definitions: Widgets.definitions }
        ),
        before: (cluster) =>
          Effect.gen(function* () {
            cluster.agents.script("paint", { durationMs: 0 })
            yield* cluster.create({ metadata: { name: "w" }, spec: { size: 1 } })
            yield* cluster.reconcile(2)
          }),
        left: (player) => Effect.repeat(pass(player), { times: 2 }),
        right: ({ act }) =>
          act({
            verb: "create",
            kind: Widgets.ConfigMap,
            body: { metadata: { name: "w" }, data: { whose: "not yours" } }
          })
      })
      assert.include(
        Race.describeFailures(report).join("\n"),
        "INV-11: delete ConfigMap default/w: it belongs to nobody"
      )
    })
  )
})
