import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { type CallLog, Invariants } from "../src/index.ts"
import { callLog, pass, plan, stored, violated } from "./call-log/HandMade.ts"

type Json = ObjectMeta.JsonObject

const TIME = "2026-01-01T00:00:00Z"
const LATER = "2026-01-01T01:00:00Z"

/** A status write from one status to another. */
const write = (before: Json, after: Json, more: Partial<CallLog.Call> = {}) => ({
  verb: "patchStatus" as const,
  before: stored("1", before),
  after: stored("2", after),
  ...more
})

const condition = (more: Json = {}): Json => ({
  type: "Ready",
  status: "True",
  reason: "AsExpected",
  message: "fine",
  lastTransitionTime: TIME,
  observedGeneration: 1,
  ...more
})

const from = (before: Json, after: Json, metadata: object = {}) =>
  violated(
    callLog({
      verb: "patchStatus",
      before: stored("1", { conditions: [before] }, metadata),
      after: stored("2", { conditions: [after] }, metadata)
    })
  )

describe("INV-6", () => {
  const other = (more: Json = {}) => plan({ id: "q", ...more }, {})

  it("finds an active plan that is removed, and one that is replaced without supersession", () => {
    assert.deepStrictEqual(violated(callLog(write(plan({}, {}), {}))), ["INV-6"])
    assert.deepStrictEqual(violated(callLog(write(plan({}, {}), other()))), ["INV-6"])
    assert.deepStrictEqual(violated(callLog(write(plan({}, {}), other({ supersedes: "p" })))), [])
  })

  it("finds a plan or a task that goes back to an earlier state", () => {
    assert.deepStrictEqual(violated(callLog(write(plan({ phase: "Complete" }, {}), plan({}, {})))), ["INV-6"])
    assert.deepStrictEqual(violated(callLog(write(plan({}, { status: "Complete" }), plan({}, {})))), ["INV-6"])
  })

  it("finds a plan that is removed and stored again", () => {
    const remove = write(plan({ phase: "Complete" }, {}), {})
    const restore = write({}, plan({}, {}), { pass: pass(2, "1") })
    assert.deepStrictEqual(violated(callLog(remove)), [])
    assert.deepStrictEqual(violated(callLog(remove, restore)), ["INV-6"])
  })
})

describe("INV-7", () => {
  it("finds a removed condition", () => {
    assert.deepStrictEqual(violated(callLog(write({ conditions: [condition()] }, { conditions: [] }))), ["INV-7"])
  })

  it("finds a lastTransitionTime that moves without a change of status, and a reason that is not CamelCase", () => {
    assert.deepStrictEqual(from(condition(), condition({ message: "still" })), [])
    assert.deepStrictEqual(from(condition(), condition({ lastTransitionTime: LATER })), ["INV-7"])
    assert.deepStrictEqual(from(condition(), condition({ status: "False", lastTransitionTime: LATER })), [])
    assert.deepStrictEqual(from(condition(), condition({ reason: "because of that" })), ["INV-7"])
  })

  it("finds a change of status that keeps lastTransitionTime, unless it follows another change at once", () => {
    const [before, after] = [{ conditions: [condition()] }, { conditions: [condition({ status: "False" })] }]
    const flipAt = (at: string) => violated(callLog(write(before, after, { at: Date.parse(at) })))
    assert.deepStrictEqual(flipAt(LATER), ["INV-7"])
    assert.deepStrictEqual(flipAt(TIME), [])
  })

  it("finds an observedGeneration that does not exist yet, and an old one on a changed condition", () => {
    assert.deepStrictEqual(from(condition(), condition({ observedGeneration: 2 })), ["INV-7"])
    const edited = { generation: 2 }
    assert.deepStrictEqual(from(condition(), condition({ message: "other" }), edited), ["INV-7"])
    assert.deepStrictEqual(from(condition(), condition({ message: "other", observedGeneration: 2 }), edited), [])
  })
})

describe("INV-10", () => {
  const writes = (count: number, apartMs: number, status: (index: number) => readonly [Json, Json]) =>
    violated(
      callLog(
        ...Array.from({ length: count }, (_, index) => {
          const [before, after] = status(index)
          const [seen, next] = [`${index}`, `${index + 1}`]
          return {
            ...write(before, after, { pass: pass(index, seen), at: index * apartMs }),
            before: stored(seen, before),
            after: stored(next, after)
          }
        })
      )
    )
  const plans = (index: number) => [{}, plan({ id: `p${index}` }, {})] as const
  const words = (index: number) => [{ say: "a" }, { say: `${index}` }] as const

  it("finds plans that are created over and over", () => {
    assert.deepStrictEqual(writes(Invariants.MAX_PLANS_PER_MINUTE + 1, 100, plans), ["INV-10"])
    assert.deepStrictEqual(writes(Invariants.MAX_PLANS_PER_MINUTE, 100, plans), [])
    assert.deepStrictEqual(writes(Invariants.MAX_PLANS_PER_MINUTE + 1, 30_000, plans), [])
  })

  it("finds status writes without progress that do not end", () => {
    assert.deepStrictEqual(writes(Invariants.MAX_WRITES_PER_MINUTE + 1, 100, words), ["INV-10"])
    assert.deepStrictEqual(writes(Invariants.MAX_WRITES_PER_MINUTE, 100, words), [])
  })
})

describe("INV-12", () => {
  const waiting = (more: Json = {}): Json => ({ waiting: { for: "x", since: TIME, until: LATER, ...more } })
  const claimed = plan({}, { submittedAt: TIME })

  it("finds a claimed task without a wait, and a wait that ends before it starts", () => {
    assert.deepStrictEqual(violated(callLog(write(plan({}, {}), claimed))), ["INV-12"])
    assert.deepStrictEqual(violated(callLog(write(plan({}, {}), { ...claimed, ...waiting() }))), [])
    assert.deepStrictEqual(
      violated(callLog(write(plan({}, {}), { ...claimed, ...waiting({ since: "2027-01-01T00:00:00Z" }) }))),
      ["INV-12"]
    )
  })

  it("finds a wait that changes its start time", () => {
    assert.deepStrictEqual(violated(callLog(write(waiting(), waiting({ since: LATER })))), ["INV-12"])
    assert.deepStrictEqual(violated(callLog(write(waiting(), waiting({ for: "y", since: LATER })))), [])
    const running = { reason: "TaskRunning", task: "paint" }
    const renamed = waiting({ ...running, for: "y", since: LATER })
    assert.deepStrictEqual(violated(callLog(write(waiting(running), renamed))), ["INV-12"])
    assert.deepStrictEqual(violated(callLog(write(waiting(running), waiting({ ...running, task: "dry" })))), [])
  })

  it("finds an overdue wait without condition Degraded", () => {
    const degraded = { conditions: [condition({ type: "Degraded", reason: "WaitOverdue" })] }
    const [soon, late] = ["2026-01-01T01:00:30Z", "2026-01-01T01:02:00Z"]
    const pollAt = (
      more: Json,
      at: string,
      ...then: ReadonlyArray<Partial<CallLog.Call> & Pick<CallLog.Call, "verb">>
    ) =>
      violated(
        callLog(
          { ...write({}, { ...claimed, ...waiting(), ...more }), pass: pass(1, "1") },
          { verb: "poll", sent: "t", target: "agent", pass: pass(2, "2"), at: Date.parse(at) },
          ...then
        )
      )
    const nextPass = { verb: "get", pass: pass(3, "2") } as const
    const writesStatus = (status: Json, result: CallLog.CallResult = "ok") => ({
      verb: "patchStatus" as const,
      pass: pass(2, "2"),
      before: stored("2", { ...claimed, ...waiting() }),
      after: stored("3", status),
      result
    })
    assert.deepStrictEqual(pollAt({}, late, nextPass), ["INV-12"])
    assert.deepStrictEqual(pollAt({}, soon, nextPass), [])
    assert.deepStrictEqual(pollAt(degraded, late, nextPass), [])
    assert.deepStrictEqual(pollAt({}, late, writesStatus({ ...claimed, ...waiting(), error: "x" })), ["INV-12"])
    assert.deepStrictEqual(pollAt({}, late, writesStatus({ ...claimed, ...waiting(), ...degraded })), [])
    assert.deepStrictEqual(pollAt({}, late, writesStatus({ ...claimed, ...waiting() }, "conflict")), [])
    assert.deepStrictEqual(pollAt({}, late), [], "the process may have been killed")
  })

  it("accepts an overdue wait in the pass that removes the finalizer of a deleted object", () => {
    const startsWait = (metadata: object) => ({
      verb: "patchStatus" as const,
      before: stored("1", {}, metadata),
      after: stored("2", waiting(), metadata)
    })
    const late = Date.parse("2026-01-01T01:02:00Z")
    const removesFinalizer = (metadata: object) =>
      violated(
        callLog(
          startsWait(metadata),
          { verb: "poll", sent: "t", target: "agent", pass: pass(2, "2"), at: late },
          { verb: "setFinalizers", pass: pass(2, "2"), at: late },
          { verb: "get", pass: pass(3, "2") }
        )
      )
    assert.deepStrictEqual(removesFinalizer({ deletionTimestamp: LATER, finalizers: ["example.dev/f"] }), [])
    assert.deepStrictEqual(removesFinalizer({}), ["INV-12"])
  })
})

describe("INV-13", () => {
  it("finds lost unknown fields of the status, of a plan, of a task and of a condition", () => {
    const lost = (before: Json, after: Json) =>
      violated(callLog(write(before, after, { sent: { plan: {}, conditions: [] } })))
    assert.deepStrictEqual(lost({ theirs: 1 }, {}), ["INV-13"])
    assert.deepStrictEqual(lost(plan({ theirs: 1 }, {}), plan({}, {})), ["INV-13"])
    assert.deepStrictEqual(lost(plan({}, { theirs: 1 }), plan({}, {})), ["INV-13"])
    assert.deepStrictEqual(lost({ conditions: [condition({ theirs: 1 })] }, { conditions: [condition()] }), ["INV-13"])
    assert.deepStrictEqual(lost(plan({ theirs: 1 }, { theirs: 2 }), plan({ theirs: 1 }, { theirs: 2 })), [])
  })

  it("finds a status write that changes labels", () => {
    const call = {
      verb: "patchStatus" as const,
      before: stored("1", {}, { labels: { a: "b" } }),
      after: stored("2", { phase: "x" }, {})
    }
    assert.deepStrictEqual(violated(callLog(call)), ["INV-13"])
  })
})

describe("INV-14", () => {
  const creates = (id: string, version: string, process: string) =>
    write({}, plan({ id }, {}), { sent: plan({ id }, {}), pass: pass(1, version), process, result: "conflict" })

  it("finds two passes that read one version and built plans with different ids", () => {
    assert.deepStrictEqual(violated(callLog(creates("p", "1", "a"), creates("q", "1", "b"))), ["INV-14"])
    assert.deepStrictEqual(violated(callLog(creates("p", "1", "a"), creates("p", "1", "b"))), [])
    assert.deepStrictEqual(violated(callLog(creates("p", "1", "a"), creates("q", "7", "b"))), [])
  })

  it("finds them when a patch names only what differs from the plan before", () => {
    const before = plan({ phase: "Failed", failedPhase: "Failed" }, {})
    const replaces = (id: string, process: string) =>
      write(before, plan({ id }, {}), {
        sent: { plan: { id, phase: "Active", failedPhase: null } },
        pass: pass(1, "1"),
        process
      })
    assert.deepStrictEqual(violated(callLog(replaces("q", "a"), { ...replaces("r", "b"), result: "conflict" })), [
      "INV-14"
    ])
    assert.deepStrictEqual(violated(callLog(replaces("q", "a"), { ...replaces("q", "b"), result: "conflict" })), [])
  })
})
