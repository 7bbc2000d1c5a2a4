import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Faults, TestCluster } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** A widget's life with one fault at one of its calls, and what the ledger knows of that call. */
const injected = (fault: Faults.Fault, call: number) =>
  TestCluster.run(Widgets.widgets, (cluster) =>
    Effect.gen(function* () {
      cluster.inject(fault, call)
      yield* Effect.orDie(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }))
      yield* Effect.orDie(cluster.converge())
      const calls = yield* cluster.callLog.calls
      const at = cluster.faultableCalls().findIndex((each) => each.fault === fault)
      assert.strictEqual(at, call, `${fault.name} struck call ${at}`)
      assert.strictEqual(Object(cluster.find("w")?.status).phase, "Painted")
      return { calls, call: calls[call], processes: new Set(calls.map(({ process }) => process)).size }
    })
  )

/** The first status write, and the submission of the task. */
const [WRITE, SUBMIT] = [1, 4]

describe("a fault around a call", () => {
  it.effect("kills the process before or after it, and another one goes on", () =>
    Effect.gen(function* () {
      const [before, after] = [yield* injected(Faults.killedBefore, WRITE), yield* injected(Faults.killedAfter, WRITE)]
      assert.deepStrictEqual([before.processes, after.processes], [2, 2])
      assert.strictEqual(before.call?.process, "process-2")
      assert.strictEqual(after.call?.process, "process-1")
    })
  )

  it.effect("loses its answer: it took effect, and its caller does not know", () =>
    Effect.gen(function* () {
      for (const fault of [Faults.answerLost, Faults.timedOut]) {
        const { call } = yield* injected(fault, WRITE)
        assert.deepInclude(call, { verb: "patchStatus", result: "ok", isLost: true })
      }
      const { calls } = yield* injected(Faults.answerLost, SUBMIT)
      assert.strictEqual(calls.filter(({ verb }) => verb === "submit").length, 1)
    })
  )

  it.effect("refuses it: nothing took effect, and the ledger knows that it was tried", () =>
    Effect.gen(function* () {
      for (const fault of [Faults.refused, Faults.throttled, Faults.serverError]) {
        const { call, calls } = yield* injected(fault, WRITE)
        assert.deepInclude(call, { verb: "patchStatus", result: "unavailable" })
        assert.notProperty(call, "after")
        assert.deepInclude(calls[WRITE + 1], { verb: "patchStatus", result: "ok" })
      }
    })
  )

  it.effect("has somebody write first, so that it conflicts", () =>
    Effect.gen(function* () {
      const { call } = yield* injected(Faults.conflict, WRITE)
      assert.deepInclude(call, { verb: "patchStatus", result: "conflict" })
    })
  )

  it.effect("pauses its process while another one takes over", () =>
    Effect.gen(function* () {
      const { calls, processes } = yield* injected(Faults.leaseLost, WRITE)
      assert.strictEqual(processes, 2)
      assert.deepInclude(
        calls.find(({ process, verb }) => process === "process-1" && verb === "patchStatus"),
        {
          result: "conflict"
        }
      )
    })
  )

  it.effect("steps the clock, forward and back", () =>
    Effect.gen(function* () {
      const forward = yield* injected(Faults.clockForward, WRITE)
      assert.isAtLeast(forward.calls[WRITE + 1]?.at ?? 0, (forward.call?.at ?? 0) + 3_600_000)
      const back = yield* injected(Faults.clockBack, 0)
      assert.isBelow(back.calls[1]?.at ?? 0, back.call?.at ?? 0)
    })
  )

  it.effect("makes an agent forget its task, which is then submitted again", () =>
    Effect.gen(function* () {
      const submissions = (calls: Effect.Success<ReturnType<typeof injected>>["calls"]) =>
        calls.filter(({ verb }) => verb === "submit").length
      const [kept, forgot] = [
        yield* injected(Faults.agentRestarted, SUBMIT + 1),
        yield* injected(Faults.agentForgot, SUBMIT + 1)
      ]
      assert.deepStrictEqual([submissions(kept.calls), submissions(forgot.calls)], [1, 2])
    })
  )

  it.effect("leaves the view of its process behind for a while", () =>
    Effect.forEach([Faults.cacheFrozen, Faults.cacheOlder, Faults.deletedLost], (fault) =>
      TestCluster.run(Widgets.widgets, (cluster) =>
        Effect.gen(function* () {
          yield* Effect.orDie(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }))
          cluster.inject(fault, WRITE)
          yield* cluster.reconcile(1)
          yield* Effect.orDie(cluster.edit("w", { spec: { size: 2 } }))
          const edited = Number(cluster.find("w")?.metadata.resourceVersion)
          yield* cluster.reconcile(1)
          const late = (yield* cluster.callLog.calls).at(-1)
          assert.isBelow(Number(late?.pass?.observedVersion), edited, fault.name)
          yield* Effect.orDie(cluster.converge())
          const last = (yield* cluster.callLog.calls).at(-1)
          assert.isAbove(Number(last?.pass?.observedVersion), edited, fault.name)
        })
      )
    )
  )

  it("has a name of its own, and says what it stands for", () => {
    assert.strictEqual(new Set(Faults.all.map(({ name }) => name)).size, Faults.all.length)
    for (const { name, description: standsFor } of Faults.all) {
      assert.strictEqual(Faults.named(name)?.name, name)
      assert.isAbove(standsFor.length, 20)
    }
  })
})
