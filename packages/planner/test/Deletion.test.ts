/** The turns of an object that is to go. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Condition from "../src/model/Condition.ts"
import type { JsonObject } from "../src/model/ObjectMeta.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import { Conflict } from "../src/services/KubernetesApi.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { type TestCluster, take } from "./pass.ts"
import * as Toy from "./toy.ts"

const HOLDS = "what the object holds to be given back"
const since = { for: HOLDS, since: "2026-01-01T11:00:00Z" }
const terminating = { phase: "Terminating", waiting: { ...since, until: "2026-01-01T13:00:00Z" } }

/** A turn of a widget that is being deleted, guarded by us and by somebody else. */
const end = (
  status: JsonObject,
  release: Toy.Toy["cleanup"] = () => Effect.die("released"),
  {
    guards = { finalizers: ["theirs", Toy.FINALIZER] },
    ...more
  }: Partial<TestCluster> & { readonly guards?: JsonObject } = {}
) => {
  const metadata = { deletionTimestamp: "2026-01-01T11:59:00Z", ...guards }
  const observe = () => Effect.die("observed")
  return take({ objects: [Fixtures.widget(status, { metadata })], toy: { cleanup: release, observe }, ...more })
}

describe("an object that is to go", () => {
  it.effect("says so before anything is given back", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded } = yield* end({ phase: "Painted" })
      const waiting = { for: HOLDS, since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:10:00Z" }
      assert.deepStrictEqual<unknown>(recorded, [{ patchStatus: { phase: "Terminating", waiting }, at: "1" }])
      assert.deepStrictEqual(requeue, Requeue.now)
      assert.deepInclude(reports[0], { action: { _tag: "Terminate" } })
    })
  )

  it.effect("is let go once all is given back, and only by us", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded } = yield* end(terminating, () => Effect.succeed(Task.done))
      assert.deepStrictEqual<unknown>(recorded, [{ setFinalizers: ["theirs"], at: "1" }])
      assert.deepStrictEqual(requeue, Requeue.awaitChange)
      assert.deepInclude(reports[0], { action: { _tag: "Cleanup" }, patch: {} })
    })
  )

  it.effect("that is no longer ours to guard is left alone", () =>
    Effect.gen(function* () {
      for (const guards of [{ finalizers: ["theirs"] }, {}]) {
        const { reports, requeue, recorded } = yield* end({ phase: "Painted" }, undefined, { guards })
        assert.deepStrictEqual([recorded, requeue], [[], Requeue.awaitChange])
        assert.deepInclude(reports[0], { action: { _tag: "Cleanup" } })
      }
    })
  )

  it.effect("INV-12: waits for what it holds, and tells once what exactly that is", () =>
    Effect.gen(function* () {
      const { reports, requeue, recorded } = yield* end(terminating, () =>
        Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "its disk" }))
      )
      assert.deepInclude(reports[0], { action: { _tag: "Cleanup" } })
      assert.deepStrictEqual<unknown>(recorded, [{ patchStatus: { waiting: { detail: "its disk" } }, at: "1" }])
      assert.deepStrictEqual(requeue, Requeue.poll(HOLDS, "its disk"))
    })
  )

  it.effect("INV-12: says when that lasts too long", () =>
    Effect.gen(function* () {
      const status = { phase: "Terminating", waiting: { ...since, until: "2026-01-01T11:10:00Z" } }
      const { recorded } = yield* end(status, () =>
        Effect.succeed(Task.waiting({ reason: "PaintNotDry", message: "its disk" }))
      )
      const [first] = recorded
      const patch = first !== undefined && "patchStatus" in first ? first.patchStatus : {}
      assert.deepInclude(Condition.find(patch, "Degraded"), { reason: "WaitOverdue", observedGeneration: 1 })
    })
  )

  it.effect("stays while giving back or letting go fails, and shows why", () =>
    Effect.gen(function* () {
      const impossible = yield* end(
        terminating,
        () => new Task.TaskImpossible({ reason: "Unpaintable", message: "not allowed" })
      )
      assert.deepStrictEqual(impossible.requeue, Requeue.poll(HOLDS, "not allowed"))
      const lost = yield* end(terminating, () => Effect.succeed(Task.done), {
        refuses: new Conflict({ message: "changed" })
      })
      assert.strictEqual(lost.requeue._tag, "Poll")
    })
  )
})
