/** Passes over an object that is being deleted. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Condition from "../src/model/Condition.ts"
import type { JsonObject } from "../src/model/ObjectMeta.ts"
import * as Requeue from "../src/plan/Requeue.ts"
import { Conflict, Rejected } from "../src/services/KubernetesApi.ts"
import * as Task from "../src/tasks/Task.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"
import { type Setup, takePass } from "./pass.ts"
import * as Toy from "./toy.ts"

const cleanupWait = { reason: "FinalizerCleanup", message: "finalizer cleanup" }
const since = { reason: "FinalizerCleanup", for: "finalizer cleanup", since: "2026-01-01T11:00:00Z" }
const terminating = { phase: "Terminating", waiting: { ...since, until: "2026-01-01T13:00:00Z" } }

/** A pass over a widget that is being deleted, with its finalizer and another controller's. */
const reconcileDeleted = (
  status: JsonObject,
  cleanup: Toy.Toy["cleanup"] = () => Effect.die("cleaned up"),
  {
    metadata = { finalizers: ["example.dev/other", Toy.FINALIZER] },
    ...more
  }: Partial<Setup> & { readonly metadata?: JsonObject } = {}
) => {
  const object = Fixtures.widget(status, { metadata: { deletionTimestamp: "2026-01-01T11:59:00Z", ...metadata } })
  return takePass({ objects: [object], toy: { cleanup, observe: () => Effect.die("observed") }, ...more })
}

const deletingDisk = () => Effect.succeed(Task.waiting({ reason: "DiskTerminating", message: "deleting the disk" }))

describe("an object that is being deleted", () => {
  it.effect("stores the phase Terminating before any cleanup", () =>
    Effect.gen(function* () {
      const { recorded, reports, requeue } = yield* reconcileDeleted({ phase: "Painted" })
      const waiting = { ...since, since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:10:00Z" }
      assert.deepStrictEqual<unknown>(recorded, [{ patchStatus: { phase: "Terminating", waiting }, at: "1" }])
      assert.deepStrictEqual(requeue, Requeue.now)
      assert.deepInclude(reports[0], { action: { _tag: "Terminate" } })
    })
  )

  it.effect("loses the finalizer once the cleanup is done, and keeps the finalizers of other controllers", () =>
    Effect.gen(function* () {
      const { recorded, reports, requeue } = yield* reconcileDeleted(terminating, () => Effect.succeed(Task.done))
      assert.deepStrictEqual<unknown>(recorded, [{ setFinalizers: ["example.dev/other"], at: "1" }])
      assert.deepStrictEqual(requeue, Requeue.awaitChange)
      assert.deepInclude(reports[0], { action: { _tag: "Cleanup" }, patch: {} })
    })
  )

  it.effect("is left alone when it does not carry the finalizer", () =>
    Effect.gen(function* () {
      for (const metadata of [{ finalizers: ["example.dev/other"] }, {}]) {
        const { recorded, reports, requeue } = yield* reconcileDeleted({ phase: "Painted" }, undefined, { metadata })
        assert.deepStrictEqual([recorded, requeue], [[], Requeue.awaitChange])
        assert.deepInclude(reports[0], { action: { _tag: "Cleanup" } })
      }
    })
  )

  it.effect("INV-12: shows once which object the cleanup waits for", () =>
    Effect.gen(function* () {
      const { recorded, reports, requeue } = yield* reconcileDeleted(terminating, deletingDisk)
      assert.deepInclude(reports[0], { action: { _tag: "Cleanup" } })
      assert.deepStrictEqual<unknown>(recorded, [
        { patchStatus: { waiting: { detail: "deleting the disk" } }, at: "1" }
      ])
      assert.deepStrictEqual(requeue, Requeue.poll({ ...cleanupWait, detail: "deleting the disk" }))
    })
  )

  it.effect("INV-12: is Degraded when the cleanup is overdue", () =>
    Effect.gen(function* () {
      const status = { phase: "Terminating", waiting: { ...since, until: "2026-01-01T11:10:00Z" } }
      const { recorded } = yield* reconcileDeleted(status, deletingDisk)
      const [first] = recorded
      const patch = first !== undefined && "patchStatus" in first ? first.patchStatus : {}
      assert.deepInclude(Condition.find(patch, "Degraded"), { reason: "WaitOverdue", observedGeneration: 1 })
    })
  )

  it.effect("keeps the finalizer while the cleanup fails or the finalizer is not written, and shows why", () =>
    Effect.gen(function* () {
      const impossible = yield* reconcileDeleted(
        terminating,
        () => new Task.TaskImpossible({ reason: "Invalid", message: "not allowed" })
      )
      assert.deepStrictEqual(impossible.requeue, Requeue.poll({ ...cleanupWait, detail: "not allowed" }))
      const deferred = yield* reconcileDeleted(
        terminating,
        () => new Task.TaskDeferred({ reason: "Forbidden", message: "permission denied", detail: "HTTP 403" })
      )
      assert.deepStrictEqual(deferred.requeue, Requeue.poll({ ...cleanupWait, detail: "HTTP 403" }))
      const conflict = yield* reconcileDeleted(terminating, () => Effect.succeed(Task.done), {
        writeError: new Conflict({ message: "changed" })
      })
      assert.strictEqual(conflict.requeue._tag, "Poll")
    })
  )

  it.effect("INV-10: polls when the removal of its finalizer or its status is rejected, whatever the cause", () =>
    Effect.gen(function* () {
      for (const status of [400, 401, 403, 404, 422]) {
        const writeError = new Rejected({ status, code: "Rejected", message: "no" })
        const released = yield* reconcileDeleted(terminating, () => Effect.succeed(Task.done), { writeError })
        assert.strictEqual(released.requeue._tag, "Poll", `${status}`)
        const marked = yield* reconcileDeleted({ phase: "Painted" }, undefined, { writeError })
        assert.strictEqual(marked.requeue._tag, "Poll", `${status}`)
      }
    })
  )
})
