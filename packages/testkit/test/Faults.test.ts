import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { type CallLog, Faults, TestCluster } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

/** Creates a widget and converges with one fault at one call. Returns the calls, and the one with the fault. */
const runWithFault = (fault: Faults.Fault, call: number) =>
  TestCluster.run(Widgets.widgets, (cluster) =>
    Effect.gen(function* () {
      cluster.inject(fault, call)
      yield* Effect.orDie(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }))
      yield* Effect.orDie(cluster.converge())
      const calls = yield* cluster.callLog.calls
      const at = cluster.faultableCalls().findIndex((faultable) => faultable.fault === fault)
      assert.strictEqual(at, call, `${fault.name} was injected into call ${at}`)
      assert.strictEqual(Object(cluster.find("w")?.status).phase, "Painted")
      return { calls, call: calls[call], processes: new Set(calls.map(({ process }) => process)).size }
    })
  )

/** The first status write, and the submission of the task. */
const [WRITE, SUBMIT] = [1, 4]

/** What a refusal is in the call log and to its caller, where it is one, and whether agents give it too. */
const REFUSALS = [
  {
    fault: Faults.unauthorized,
    result: "rejected",
    failure: "Rejected 401 Unauthorized",
    atAgents: true,
    isForWrites: false
  },
  {
    fault: Faults.forbidden,
    result: "rejected",
    failure: "Rejected 403 Forbidden",
    atAgents: true,
    isForWrites: false
  },
  { fault: Faults.notFound, result: "rejected", failure: "Rejected 404 NotFound", atAgents: false, isForWrites: false },
  { fault: Faults.spuriousConflict, result: "conflict", failure: "Conflict", atAgents: false, isForWrites: true },
  { fault: Faults.invalid, result: "rejected", failure: "Rejected 422 Invalid", atAgents: false, isForWrites: true },
  { fault: Faults.throttled, result: "unavailable", failure: "Unavailable", atAgents: true, isForWrites: false },
  { fault: Faults.serverError, result: "unavailable", failure: "Unavailable", atAgents: true, isForWrites: false },
  { fault: Faults.unavailable, result: "unavailable", failure: "Unavailable", atAgents: true, isForWrites: false }
] as const

const VERBS: ReadonlyArray<CallLog.Verb> = [
  "get",
  "list",
  "create",
  "apply",
  "delete",
  "removeFinalizer",
  "patchStatus",
  "setFinalizers"
]
const refused = () => ({ error: "refused", result: "rejected" as const })
const toAgent: Faults.CallSite<unknown> = { verb: "submit", target: "http://painter", sent: {}, refused }
const toApiServer = { ...toAgent, key: ObjectMeta.key(Widgets.kind, "default", "w") }

/** The failures of calls, as the process got them, of a run with one fault at one call. */
const failuresOf = (fault: Faults.Fault, call: number) => {
  const failures: Array<string> = []
  const watched: Faults.Fault = {
    ...fault,
    around: (perform, site, context) =>
      Effect.tapError(fault.around(perform, site, context), (error) =>
        Effect.sync(() => void failures.push(textOf(error)))
      )
  }
  return Effect.as(runWithFault(watched, call), failures)
}

const textOf = (error: unknown): string => {
  const isKnown = error instanceof KubernetesApi.KubernetesError || error instanceof TaskAgent.AgentError
  if (!isKnown) return "no failure"
  const { reason } = error
  return reason._tag === "Rejected" ? `Rejected ${reason.status} ${reason.code}` : reason._tag
}

describe("a fault around a call", () => {
  it.effect("kills the process before or after the call, and another process continues", () =>
    Effect.gen(function* () {
      const [before, after] = [
        yield* runWithFault(Faults.killedBefore, WRITE),
        yield* runWithFault(Faults.killedAfter, WRITE)
      ]
      assert.deepStrictEqual([before.processes, after.processes], [2, 2])
      assert.strictEqual(before.call?.process, "process-2")
      assert.strictEqual(after.call?.process, "process-1")
    })
  )

  it.effect("loses the response of a call that took effect", () =>
    Effect.gen(function* () {
      for (const fault of [Faults.answerLost, Faults.timedOut]) {
        const { call } = yield* runWithFault(fault, WRITE)
        assert.deepInclude(call, { verb: "patchStatus", result: "ok", isLost: true })
      }
      const { calls } = yield* runWithFault(Faults.answerLost, SUBMIT)
      assert.strictEqual(calls.filter(({ verb }) => verb === "submit").length, 1)
    })
  )

  it.effect("rejects the call: it takes no effect and is in the call log as unavailable", () =>
    Effect.gen(function* () {
      const { call, calls } = yield* runWithFault(Faults.refused, WRITE)
      assert.deepInclude(call, { verb: "patchStatus", result: "unavailable" })
      assert.notProperty(call, "after")
      assert.deepInclude(calls[WRITE + 1], { verb: "patchStatus", result: "ok" })
    })
  )

  it.effect("refuses the call with an HTTP status: it takes no effect and is in the call log with its result", () =>
    Effect.gen(function* () {
      for (const { fault, result } of REFUSALS) {
        const { call, calls } = yield* runWithFault(fault, WRITE)
        assert.deepInclude(call, { verb: "patchStatus", result })
        assert.notProperty(call, "after")
        assert.deepInclude(calls[WRITE + 1], { verb: "patchStatus", result: "ok" })
      }
    })
  )

  it.effect(
    "refuses the call with the failure that its caller would get from a real API server, or from an agent",
    () =>
      Effect.gen(function* () {
        for (const { atAgents, failure, fault } of REFUSALS) {
          assert.deepStrictEqual(yield* failuresOf(fault, WRITE), [failure], fault.name)
          assert.strictEqual(fault.appliesTo(toAgent), atAgents, fault.name)
          if (atAgents) assert.deepStrictEqual(yield* failuresOf(fault, SUBMIT), ["AgentUnreachable"], fault.name)
        }
        assert.sameMembers(
          REFUSALS.map(({ fault }) => fault),
          [...Faults.refusals]
        )
      })
  )

  it("refuses every call to the API server with every status, except that a read is never invalid or in conflict", () => {
    const { key } = toApiServer
    for (const verb of VERBS) {
      for (const { fault, isForWrites } of REFUSALS) {
        const isRead = verb === "get" || verb === "list"
        assert.strictEqual(fault.appliesTo({ ...toApiServer, key, verb }), !(isRead && isForWrites), fault.name)
      }
    }
  })

  it.effect("goes on for ten minutes at every call with the verb and kind of the first, and no longer", () =>
    Effect.gen(function* () {
      for (const fault of Faults.lastingRefusals) {
        const { calls } = yield* runWithFault(fault, WRITE)
        const writes = calls.filter(({ verb }) => verb === "patchStatus")
        const refused = writes.filter(({ result }) => result === "rejected")
        const [first, last] = [refused[0]?.at ?? 0, refused.at(-1)?.at ?? 0]
        assert.isAbove(refused.length, 100)
        assert.isBelow(last - first, 600_000)
        assert.isAtLeast((writes.find(({ result }) => result === "ok")?.at ?? 0) - first, 600_000)
        assert.isTrue(calls.every(({ result, verb }) => result === "ok" || verb === "patchStatus"))
      }
    })
  )

  it.effect("ends a fault that goes on when faults are cleared, and injects no other one into the same calls", () =>
    TestCluster.run(Widgets.widgets, (cluster) =>
      Effect.gen(function* () {
        cluster.inject(Faults.forbiddenLasting, WRITE)
        cluster.inject(Faults.answerLost, WRITE + 1)
        yield* Effect.orDie(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }))
        yield* cluster.reconcile(5)
        cluster.clearFaults()
        yield* cluster.reconcile(1)
        const calls = yield* cluster.callLog.calls
        assert.deepStrictEqual(
          calls.filter(({ verb }) => verb === "patchStatus").map(({ isLost, result }) => isLost ?? result),
          ["rejected", "rejected", "rejected", "rejected", "rejected", "ok"]
        )
      })
    )
  )

  it.effect("happens as often as it was injected, also when it waits for the same call more than once", () =>
    TestCluster.run(Widgets.widgets, (cluster) =>
      Effect.gen(function* () {
        const fault = Faults.taskFailing("paint")
        for (const call of [0, 1]) cluster.inject(fault, call)
        yield* Effect.orDie(cluster.create({ metadata: { name: "w" }, spec: { size: 1 } }))
        yield* Effect.orDie(cluster.converge())
        const faulted = cluster.faultableCalls().filter((call) => call.fault === fault)
        assert.deepStrictEqual(
          faulted.map(({ boundary }) => boundary),
          ["submit", "submit"]
        )
        assert.strictEqual(Object(cluster.find("w")?.status).phase, "Painted")
      })
    )
  )

  it.effect("changes the object before the call, which then conflicts", () =>
    Effect.gen(function* () {
      const { call } = yield* runWithFault(Faults.conflict, WRITE)
      assert.deepInclude(call, { verb: "patchStatus", result: "conflict" })
    })
  )

  it.effect("pauses the process while another one reconciles", () =>
    Effect.gen(function* () {
      const { calls, processes } = yield* runWithFault(Faults.leaseLost, WRITE)
      assert.strictEqual(processes, 2)
      assert.deepInclude(
        calls.find(({ process, verb }) => process === "process-1" && verb === "patchStatus"),
        {
          result: "conflict"
        }
      )
    })
  )

  it.effect("moves the clock forward and back", () =>
    Effect.gen(function* () {
      const forward = yield* runWithFault(Faults.clockForward, WRITE)
      assert.isAtLeast(forward.calls[WRITE + 1]?.at ?? 0, (forward.call?.at ?? 0) + 3_600_000)
      const back = yield* runWithFault(Faults.clockBack, 0)
      assert.isBelow(back.calls[1]?.at ?? 0, back.call?.at ?? 0)
    })
  )

  it.effect("restarts an agent, whose forgotten task is submitted again", () =>
    Effect.gen(function* () {
      const submissions = (calls: Effect.Success<ReturnType<typeof runWithFault>>["calls"]) =>
        calls.filter(({ verb }) => verb === "submit").length
      const [kept, forgotten] = [
        yield* runWithFault(Faults.agentRestarted, SUBMIT + 1),
        yield* runWithFault(Faults.agentForgot, SUBMIT + 1)
      ]
      assert.deepStrictEqual([submissions(kept.calls), submissions(forgotten.calls)], [1, 2])
    })
  )

  it.effect("makes the cache of the process fall behind for a while", () =>
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

  it("has a unique name and a description", () => {
    assert.strictEqual(new Set(Faults.all.map(({ name }) => name)).size, Faults.all.length)
    for (const { description, name } of Faults.all) {
      assert.strictEqual(Faults.named(name)?.name, name)
      assert.isAbove(description.length, 20)
    }
  })
})
