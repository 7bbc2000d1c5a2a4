import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { ReconcileLoop, TestCluster } from "../src/index.ts"
import { ConfigMap, kind, widgets } from "./toy/Widgets.ts"

const keyOf = (name: string) => ObjectMeta.key(kind, "default", name)
const widget = (name: string) => ({ metadata: { name }, spec: { size: 1 } })
const phaseOf = (cluster: TestCluster.TestCluster, name: string) => Object(cluster.find(name)?.status).phase

describe("TestCluster", () => {
  it.effect("runs one pass of one object and returns its requeue", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      yield* cluster.create(widget("w"))
      const { requeue, wrote } = yield* cluster.reconcileKey(keyOf("w"))
      assert.deepStrictEqual([requeue._tag, wrote], ["Now", true])
    })
  )

  it.effect("converges the selected objects alone, or until something holds", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      yield* cluster.create(widget("w"))
      yield* cluster.create(widget("other"))
      yield* cluster.converge({ keys: [] })
      assert.deepStrictEqual(yield* cluster.callLog.calls, [])
      yield* cluster.converge({ keys: [keyOf("w")] })
      assert.deepStrictEqual([phaseOf(cluster, "w"), phaseOf(cluster, "other")], ["Painted", undefined])
      yield* cluster.converge({ until: () => phaseOf(cluster, "other") === "Wet" })
      assert.strictEqual(phaseOf(cluster, "other"), "Wet")
      assert.strictEqual(cluster.list(kind).length, 2)
    })
  )

  it.effect("INV-10: fails when the selected objects do not converge", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      cluster.agents.script("paint", { durationMs: Number.POSITIVE_INFINITY })
      yield* cluster.create(widget("w"))
      const error = yield* Effect.flip(cluster.converge({ keys: [keyOf("w")], maxTime: "1 minute" }))
      assert.instanceOf(error, ReconcileLoop.NotConverged)
    })
  )

  it.effect("runs passes in a new process after a restart", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      yield* cluster.create(widget("w"))
      yield* cluster.reconcileKey(keyOf("w"))
      yield* cluster.restart
      yield* cluster.converge()
      const processes = new Set((yield* cluster.callLog.calls).map(({ process }) => process))
      assert.deepStrictEqual([...processes], ["process-1", "process-2"])
    })
  )

  it.effect("applies as another user, who owns the fields", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: "b" } }
      yield* cluster.act({ verb: "apply", as: "alice", kind: ConfigMap, name: "c", body })
      const { managedFields } = Object(cluster.find("c", ConfigMap)?.metadata)
      assert.deepInclude(managedFields[0], { manager: "alice", operation: "Apply" })
    })
  )

  it.effect("deletes with a propagation policy", () =>
    Effect.gen(function* () {
      const cluster = yield* TestCluster.make(widgets)
      yield* cluster.create(widget("w"))
      yield* cluster.act({ verb: "delete", kind, name: "w", propagationPolicy: "Foreground" })
      assert.deepInclude(cluster.find("w")?.metadata.finalizers ?? [], "foregroundDeletion")
    })
  )
})
