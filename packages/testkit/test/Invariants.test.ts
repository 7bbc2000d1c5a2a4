import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { type CallLog, Invariants } from "../src/index.ts"
import { broken, callLog, pass, plan, stored } from "./call-log/HandMade.ts"

const TIME = "2026-01-01T00:00:00Z"
const [empty, begun] = [stored("1", {}), stored("2", plan({}, {}))]

describe("Invariants", () => {
  it("find nothing in a turn that only records its plan", () => {
    assert.deepStrictEqual(broken(callLog({ verb: "patchStatus", before: empty, after: begun })), [])
  })

  it("INV-1: find an effect beside the recording of its plan, and one without a stored intent", () => {
    const write = { verb: "patchStatus", before: empty, after: begun } as const
    assert.deepStrictEqual(broken(callLog({ verb: "apply" }, write)), ["INV-1"])
    assert.deepStrictEqual(broken(callLog({ verb: "apply", pass: pass(2, "1") }, { ...write, pass: pass(3, "1") })), [
      "INV-1"
    ])
  })

  it("INV-2: find a second status write in a turn", () => {
    const first = { verb: "patchStatus", before: empty, after: begun } as const
    const second = { verb: "patchStatus", result: "conflict" } as const
    assert.include(broken(callLog(first, second)), "INV-2")
  })

  it("INV-3: find a write on a version that nobody saw, and a loser that goes on", () => {
    const late = { verb: "patchStatus", before: stored("5", {}), after: stored("6", { x: 1 }) } as const
    assert.deepStrictEqual(broken(callLog(late)), ["INV-3"])
    assert.deepStrictEqual(broken(callLog({ verb: "patchStatus", result: "conflict" }, { verb: "event" })), ["INV-3"])
  })

  it("INV-4: find a failure that moves the phase, one that nobody shows, and a rebuild that comes too early", () => {
    const before = stored("1", { phase: "Running", ...plan({}, {}) })
    const failed = plan({ phase: "Failed", failedAt: "2026-01-01T00:00:00Z" }, {})
    const shown = {
      conditions: [
        {
          type: "Degraded",
          status: "True",
          reason: "PlanRetrying",
          message: "",
          lastTransitionTime: "",
          observedGeneration: 1
        }
      ]
    }
    const fails = (status: ObjectMeta.JsonObject) =>
      broken(callLog({ verb: "patchStatus", before, after: stored("2", { ...failed, ...status }) }))
    assert.deepStrictEqual(fails({ phase: "Running", ...shown }), [])
    assert.deepStrictEqual(fails({ phase: "Failed", ...shown }), ["INV-4"])
    assert.deepStrictEqual(fails({ phase: "Running" }), ["INV-4"])
    const rebuilt = {
      verb: "patchStatus",
      before: stored("1", { ...failed, ...shown }),
      after: stored("2", { ...plan({ id: "q", attempt: 1 }, {}), ...shown })
    } as const
    const at = Date.parse("2026-01-01T00:00:04Z")
    assert.deepStrictEqual(broken(callLog({ ...rebuilt, at })), ["INV-4"])
    assert.deepStrictEqual(broken(callLog({ ...rebuilt, at: at + 1000 })), [])
  })

  it("INV-5: find a write that changed nothing, and any write after all had settled", () => {
    assert.deepStrictEqual(broken(callLog({ verb: "patchStatus", before: empty, after: empty })), ["INV-5"])
    assert.lengthOf(Invariants.converged(callLog({ verb: "poll" }, { verb: "get" })), 0)
    assert.lengthOf(Invariants.converged(callLog({ verb: "apply" })), 1)
  })

  it("INV-8: find a submission that repeats, that nobody asked about, and that has no claim before it", () => {
    const ask = { verb: "poll", sent: "t", target: "agent" } as const
    const send = { verb: "submit", sent: { id: "t" }, target: "agent" } as const
    const claim = {
      verb: "patchStatus",
      before: stored("1", plan({}, {})),
      after: stored("2", { ...plan({}, { submittedAt: "x" }), waiting: { for: "t", since: TIME, until: TIME } })
    } as const
    assert.deepStrictEqual(broken(callLog(ask, claim, send)), [])
    assert.deepStrictEqual(broken(callLog(claim, send)), ["INV-8"])
    assert.deepStrictEqual(broken(callLog(ask, send, claim)), ["INV-8"])
    const unwritten = { verb: "patchStatus", result: "unavailable" } as const
    assert.deepStrictEqual(broken(callLog(ask, unwritten, send)), ["INV-8"])
    assert.deepStrictEqual(broken(callLog(ask, send, unwritten)), [])
    const again = pass(2, "2")
    const second = [
      { ...ask, pass: again, answer: { _tag: "Running", run: 1 } },
      { ...send, pass: again }
    ]
    assert.deepStrictEqual(broken(callLog(ask, claim, send, ...second)), ["INV-8"])
    const forgotten = { ...ask, pass: again }
    assert.deepStrictEqual(broken(callLog(ask, claim, send, forgotten, { ...send, pass: again })), [])
  })

  it("INV-9: find a submission after a failure that nobody stored", () => {
    const ask = { verb: "poll", sent: "t", target: "agent", answer: { _tag: "Failed", run: 1 } } as const
    const other = { verb: "poll", sent: "u", target: "agent" } as const
    const send = { verb: "submit", sent: { id: "u" }, target: "agent" } as const
    const claim = {
      verb: "patchStatus",
      before: stored("1", plan({}, {})),
      after: stored("2", plan({}, { retryCount: 1 }))
    } as const
    const silent = { ...claim, after: stored("2", plan({}, { error: "?" })) }
    assert.deepStrictEqual(broken(callLog(ask, other, silent, send)), ["INV-9"])
    assert.deepStrictEqual(broken(callLog(ask, other, claim, send)), [])
  })

  it("INV-11: find a delete without a uid, and one of what belongs to somebody else", () => {
    const owner = (name: string, uid = "widget-uid") => ({
      ownerReferences: [{ apiVersion: "example.dev/v1", kind: "Widget", name, uid, controller: true }]
    })
    const child = (name: string, uid?: string) => ({
      ...stored("9", {}, { name: "c", uid: "child-uid", ...owner(name, uid) }),
      kind: "Pod"
    })
    const intent = {
      verb: "get",
      before: stored("1", { phase: "Terminating" }),
      after: stored("1", { phase: "Terminating" })
    } as const
    const remove = { verb: "delete", target: "Pod default/c" } as const
    const check = (call: Partial<CallLog.Call>) => broken(callLog(intent, { ...remove, ...call }))
    assert.deepStrictEqual(check({ sent: {}, before: child("w") }), ["INV-11"])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("w") }), [])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("v") }), ["INV-11"])
    assert.deepStrictEqual(check({ sent: { uid: "child-uid" }, before: child("w", "former") }), ["INV-11"])
    assert.deepStrictEqual(
      check({ sent: { uid: "child-uid", resourceVersion: "9" }, before: child("w", "former") }),
      []
    )
  })
})
