import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, Requeue } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { InMemoryKubernetes, ReconcileLoop } from "../src/index.ts"
import { definitions, kind } from "./toy/Widgets.ts"

const key = ObjectMeta.key(kind, "default", "w")

/** Every pass changes its object, which enqueues it again, until another controller has acted at `dueMs`. */
const loopUntil = (dueMs: number) =>
  Effect.gen(function* () {
    const { ask } = yield* InMemoryKubernetes.InMemoryKubernetes
    const body = { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w" }, spec: { size: 1 } }
    ask(kind, { verb: "create", namespace: "default", body })
    let isOver = false
    let passes = 1
    const reconcile = () =>
      Effect.sync((): ReconcileLoop.PassResult => {
        passes += 1
        const patch = { spec: { size: passes } }
        if (!isOver) ask(kind, { verb: "patch", patchFormat: "merge", namespace: "default", name: "w", body: patch })
        return { requeue: Requeue.awaitChange, wrote: false }
      })
    const step = (now: number) => {
      isOver = now >= dueMs
      return { changed: false, nextDueMs: isOver ? undefined : dueMs }
    }
    return yield* ReconcileLoop.converge({ reconcile, key, clusterControllers: { step } })
  }).pipe(Effect.provide(InMemoryKubernetes.layerWith({ definitions })))

describe("reconcile passes that enqueue their own object", () => {
  it.effect("do not keep the clock from moving", () =>
    Effect.gen(function* () {
      const { millis, passes } = yield* loopUntil(20_000)
      assert.strictEqual(millis, 20_000)
      assert.isBelow(passes, 100)
    })
  )

  it.effect("INV-10: do not converge when nothing ends them", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(loopUntil(Number.POSITIVE_INFINITY))
      assert.match(message, /^INV-10: did not converge within 200 reconcile passes /u)
    })
  )
})
