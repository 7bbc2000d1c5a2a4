import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { type CallLog, Invariants } from "../src/index.ts"
import { callLog, pass, plan, stored, violated } from "./call-log/HandMade.ts"

const TIME = "2026-01-01T00:00:00Z"
const [empty, planned] = [stored("1", {}), stored("2", plan({}, {}))]

describe("Invariants", () => {
  it("accept a pass that only stores its plan", () => {
    assert.deepStrictEqual(violated(callLog({ verb: "patchStatus", before: empty, after: planned })), [])
  })

  it("INV-1: find a side effect in the pass that creates the plan, and one without a stored plan or intent", () => {
    const write = { verb: "patchStatus", before: empty, after: planned } as const
    assert.deepStrictEqual(violated(callLog({ verb: "apply" }, write)), ["INV-1"])
    assert.deepStrictEqual(violated(callLog({ verb: "apply", pass: pass(2, "1") }, { ...write, pass: pass(3, "1") })), [
      "INV-1"
    ])
  })

  it("INV-2: find a second status write in a pass", () => {
    const first = { verb: "patchStatus", before: empty, after: planned } as const
    const second = { verb: "patchStatus", result: "conflict" } as const
    assert.include(violated(callLog(first, second)), "INV-2")
  })

  it("INV-3: find a write on another version than the pass read, and a pass that continues after a conflict", () => {
    const late = { verb: "patchStatus", before: stored("5", {}), after: stored("6", { x: 1 }) } as const
    assert.deepStrictEqual(violated(callLog(late)), ["INV-3"])
    assert.deepStrictEqual(violated(callLog({ verb: "patchStatus", result: "conflict" }, { verb: "event" })), ["INV-3"])
  })

  it("INV-4: find a failure that changes the phase, one without condition Degraded, and a rebuild before the back-off is over", () => {
    const before = stored("1", { phase: "Running", ...plan({}, {}) })
    const failed = plan({ phase: "Failed", failedAt: "2026-01-01T00:00:00Z" }, {})
    const degraded = {
      conditions: [
        {
          type: "Degraded",
          status: "True",
          reason: "PlanRetrying",
          message: "next attempt at 2026-01-01T00:00:05Z",
          lastTransitionTime: "",
          observedGeneration: 1
        }
      ]
    }
    const fails = (status: ObjectMeta.JsonObject) =>
      violated(callLog({ verb: "patchStatus", before, after: stored("2", { ...failed, ...status }) }))
    assert.deepStrictEqual(fails({ phase: "Running", ...degraded }), [])
    assert.deepStrictEqual(fails({ phase: "Failed", ...degraded }), ["INV-4"])
    assert.deepStrictEqual(fails({ phase: "Running" }), ["INV-4"])
    const [condition] = degraded.conditions
    for (const wrong of [{ message: "soon" }, { reason: "PlanFailed" }, { status: "False" }]) {
      assert.deepStrictEqual(fails({ phase: "Running", conditions: [{ ...condition, ...wrong }] }), ["INV-4"])
    }
    const rebuilt = {
      verb: "patchStatus",
      before: stored("1", { ...failed, ...degraded }),
      after: stored("2", { ...plan({ id: "q", attempt: 1 }, {}), ...degraded })
    } as const
    const at = Date.parse("2026-01-01T00:00:04Z")
    assert.deepStrictEqual(violated(callLog({ ...rebuilt, at })), ["INV-4"])
    assert.deepStrictEqual(violated(callLog({ ...rebuilt, at: at + 1000 })), [])
  })

  it("INV-4: know the back-off of every attempt from 0 to 1,000: 5 s, doubled each time, at most 5 min", () => {
    let backOff = 5_000
    for (let attempt = 0; attempt <= 1_000; attempt++) {
      const due = Date.parse(TIME) + backOff
      const message = `next attempt at ${new Date(due).toISOString().slice(0, 19)}Z`
      const degraded = { type: "Degraded", status: "True", reason: "PlanRetrying", message, lastTransitionTime: "" }
      const conditions = { conditions: [{ ...degraded, observedGeneration: 1 }] }
      const failed = { ...plan({ phase: "Failed", failedPhase: "", failedAt: TIME, attempt }, {}), ...conditions }
      const rebuilt = { ...plan({ id: "q", attempt: attempt + 1 }, {}), ...conditions }
      const write = { verb: "patchStatus", before: stored("1", failed), after: stored("2", rebuilt) } as const
      assert.deepStrictEqual(violated(callLog({ ...write, at: due })), [], `attempt ${attempt}`)
      assert.deepStrictEqual(violated(callLog({ ...write, at: due - 1 })), ["INV-4"], `attempt ${attempt}`)
      const final = [{ ...degraded, reason: "PlanFailed", observedGeneration: 1 }]
      const givesUp = {
        ...write,
        before: stored("1", plan({}, {})),
        after: stored("2", { ...failed, conditions: final })
      }
      assert.deepStrictEqual(violated(callLog(givesUp)), ["INV-4"], `attempt ${attempt}`)
      backOff = Math.min(2 * backOff, 300_000)
    }
  })

  it("INV-5: find a write that changes nothing, and any write after every object has converged", () => {
    assert.deepStrictEqual(violated(callLog({ verb: "patchStatus", before: empty, after: empty })), ["INV-5"])
    assert.lengthOf(Invariants.checkConverged(callLog({ verb: "poll" }, { verb: "get" })), 0)
    assert.lengthOf(Invariants.checkConverged(callLog({ verb: "apply" })), 1)
  })

  it("INV-8: find a second submission, one without a poll before it, and one before its claim is stored", () => {
    const poll = { verb: "poll", sent: "t", target: "agent" } as const
    const submit = { verb: "submit", sent: { id: "t" }, target: "agent" } as const
    const claim = {
      verb: "patchStatus",
      before: stored("1", plan({}, {})),
      after: stored("2", { ...plan({}, { submittedAt: "x" }), waiting: { for: "t", since: TIME, until: TIME } })
    } as const
    assert.deepStrictEqual(violated(callLog(poll, claim, submit)), [])
    assert.deepStrictEqual(violated(callLog(claim, submit)), ["INV-8"])
    assert.deepStrictEqual(violated(callLog(poll, submit, claim)), ["INV-8"])
    const failedWrite = { verb: "patchStatus", result: "unavailable" } as const
    assert.deepStrictEqual(violated(callLog(poll, failedWrite, submit)), ["INV-8"])
    assert.deepStrictEqual(violated(callLog(poll, submit, failedWrite)), [])
    const secondPass = pass(2, "2")
    const second = [
      { ...poll, pass: secondPass, answer: { _tag: "Running", run: 1 } },
      { ...submit, pass: secondPass }
    ]
    assert.deepStrictEqual(violated(callLog(poll, claim, submit, ...second)), ["INV-8"])
    const forgotten = { ...poll, pass: secondPass }
    assert.deepStrictEqual(violated(callLog(poll, claim, submit, forgotten, { ...submit, pass: secondPass })), [])
  })

  it("INV-9: find a submission after an observed failure that was not stored", () => {
    const poll = { verb: "poll", sent: "t", target: "agent", answer: { _tag: "Failed", run: 1 } } as const
    const other = { verb: "poll", sent: "u", target: "agent" } as const
    const submit = { verb: "submit", sent: { id: "u", type: "b" }, target: "agent" } as const
    const second = { id: "u", type: "b", submittedAt: TIME }
    const waiting = { waiting: { for: "u", since: TIME, until: TIME } }
    const claim = {
      verb: "patchStatus",
      before: stored("1", plan({}, {}, second)),
      after: stored("2", { ...plan({}, { retryCount: 1 }, second), ...waiting })
    } as const
    const unrelated = { ...claim, after: stored("2", { ...plan({}, { error: "?" }, second), ...waiting }) }
    assert.deepStrictEqual(violated(callLog(poll, other, unrelated, submit)), ["INV-9"])
    assert.deepStrictEqual(violated(callLog(poll, other, claim, submit)), [])
  })

  it("INV-11: find a delete without a uid precondition, and one of an object with another owner", () => {
    const owner = (name: string, uid = "widget-uid") => ({
      ownerReferences: [{ apiVersion: "example.dev/v1", kind: "Widget", name, uid, controller: true }]
    })
    const child = (name: string, uid?: string) => ({
      ...stored("9", {}, { name: "c", uid: "child-uid", ...owner(name, uid) }),
      kind: "Pod"
    })
    const terminating = stored("1", { phase: "Terminating" }, { deletionTimestamp: TIME })
    const intent = { verb: "get", before: terminating, after: terminating } as const
    const remove = { verb: "delete", target: "Pod default/c" } as const
    const check = (call: Partial<CallLog.Call>) => violated(callLog(intent, { ...remove, ...call }))
    assert.deepStrictEqual(check({ sent: {}, before: child("w") }), ["INV-11"])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("w") }), [])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("v") }), ["INV-11"])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("w", "previous") }), ["INV-11"])
    assert.deepStrictEqual(
      check({ sent: { uid: "child-uid", resourceVersion: "9" }, before: child("w", "previous") }),
      []
    )
  })
})
