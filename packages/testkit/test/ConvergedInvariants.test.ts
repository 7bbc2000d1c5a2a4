import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { type CallLog, Invariants } from "../src/index.ts"
import { broken, callLog, pass, plan, stored } from "./call-log/HandMade.ts"

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
  broken(
    callLog({
      verb: "patchStatus",
      before: stored("1", { conditions: [before] }, metadata),
      after: stored("2", { conditions: [after] }, metadata)
    })
  )

describe("INV-6", () => {
  const other = (more: Json = {}) => plan({ id: "q", ...more }, {})

  it("finds an active plan that vanishes, and one that is replaced without a word", () => {
    assert.deepStrictEqual(broken(callLog(write(plan({}, {}), {}))), ["INV-6"])
    assert.deepStrictEqual(broken(callLog(write(plan({}, {}), other()))), ["INV-6"])
    assert.deepStrictEqual(broken(callLog(write(plan({}, {}), other({ supersedes: "p" })))), [])
  })

  it("finds a plan or a task that moves back", () => {
    assert.deepStrictEqual(broken(callLog(write(plan({ phase: "Complete" }, {}), plan({}, {})))), ["INV-6"])
    assert.deepStrictEqual(broken(callLog(write(plan({}, { status: "Complete" }), plan({}, {})))), ["INV-6"])
  })

  it("finds a plan that was cleared and comes back", () => {
    const clear = write(plan({ phase: "Complete" }, {}), {})
    const again = write({}, plan({}, {}), { pass: pass(2, "1") })
    assert.deepStrictEqual(broken(callLog(clear)), [])
    assert.deepStrictEqual(broken(callLog(clear, again)), ["INV-6"])
  })
})

describe("INV-7", () => {
  it("finds a condition that is gone", () => {
    assert.deepStrictEqual(broken(callLog(write({ conditions: [condition()] }, { conditions: [] }))), ["INV-7"])
  })

  it("finds a transition time that moves without a flip, and a reason that is none", () => {
    assert.deepStrictEqual(from(condition(), condition({ message: "still" })), [])
    assert.deepStrictEqual(from(condition(), condition({ lastTransitionTime: LATER })), ["INV-7"])
    assert.deepStrictEqual(from(condition(), condition({ status: "False", lastTransitionTime: LATER })), [])
    assert.deepStrictEqual(from(condition(), condition({ reason: "because of that" })), ["INV-7"])
  })

  it("finds a flip that keeps its transition time, unless it follows another at once", () => {
    const [before, after] = [{ conditions: [condition()] }, { conditions: [condition({ status: "False" })] }]
    const flips = (at: string) => broken(callLog(write(before, after, { at: Date.parse(at) })))
    assert.deepStrictEqual(flips(LATER), ["INV-7"])
    assert.deepStrictEqual(flips(TIME), [])
  })

  it("finds a claim about a generation that nobody saw, and an old one about something new", () => {
    assert.deepStrictEqual(from(condition(), condition({ observedGeneration: 2 })), ["INV-7"])
    const edited = { generation: 2 }
    assert.deepStrictEqual(from(condition(), condition({ message: "other" }), edited), ["INV-7"])
    assert.deepStrictEqual(from(condition(), condition({ message: "other", observedGeneration: 2 }), edited), [])
  })
})

describe("INV-10", () => {
  const times = (count: number, apartMs: number, status: (index: number) => readonly [Json, Json]) =>
    broken(
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

  it("finds plans that are begun again and again", () => {
    assert.deepStrictEqual(times(Invariants.PLANS_A_MINUTE + 1, 100, plans), ["INV-10"])
    assert.deepStrictEqual(times(Invariants.PLANS_A_MINUTE, 100, plans), [])
    assert.deepStrictEqual(times(Invariants.PLANS_A_MINUTE + 1, 30_000, plans), [])
  })

  it("finds writes that move nothing and do not end", () => {
    assert.deepStrictEqual(times(Invariants.WRITES_A_MINUTE + 1, 100, words), ["INV-10"])
    assert.deepStrictEqual(times(Invariants.WRITES_A_MINUTE, 100, words), [])
  })
})

describe("INV-12", () => {
  const waiting = (more: Json = {}): Json => ({ waiting: { for: "x", since: TIME, until: LATER, ...more } })
  const claimed = plan({}, { submittedAt: TIME })

  it("finds a claim without a wait, and a wait that ends before it began", () => {
    assert.deepStrictEqual(broken(callLog(write(plan({}, {}), claimed))), ["INV-12"])
    assert.deepStrictEqual(broken(callLog(write(plan({}, {}), { ...claimed, ...waiting() }))), [])
    assert.deepStrictEqual(
      broken(callLog(write(plan({}, {}), { ...claimed, ...waiting({ since: "2027-01-01T00:00:00Z" }) }))),
      ["INV-12"]
    )
  })

  it("finds a wait that forgets when it began", () => {
    assert.deepStrictEqual(broken(callLog(write(waiting(), waiting({ since: LATER })))), ["INV-12"])
    assert.deepStrictEqual(broken(callLog(write(waiting(), waiting({ for: "y", since: LATER })))), [])
  })

  it("finds an object that is silent about a wait that lasts too long", () => {
    const notified = { conditions: [condition({ type: "Degraded", reason: "WaitOverdue" })] }
    const [soon, late] = ["2026-01-01T01:00:30Z", "2026-01-01T01:02:00Z"]
    const ask = (more: Json, at: string, ...then: ReadonlyArray<Partial<CallLog.Call> & Pick<CallLog.Call, "verb">>) =>
      broken(
        callLog(
          { ...write({}, { ...claimed, ...waiting(), ...more }), pass: pass(1, "1") },
          { verb: "poll", sent: "t", target: "agent", pass: pass(2, "2"), at: Date.parse(at) },
          ...then
        )
      )
    const goesOn = { verb: "get", pass: pass(3, "2") } as const
    const says = (status: Json, result: CallLog.CallResult = "ok") => ({
      verb: "patchStatus" as const,
      pass: pass(2, "2"),
      before: stored("2", { ...claimed, ...waiting() }),
      after: stored("3", status),
      result
    })
    assert.deepStrictEqual(ask({}, late, goesOn), ["INV-12"])
    assert.deepStrictEqual(ask({}, soon, goesOn), [])
    assert.deepStrictEqual(ask(notified, late, goesOn), [])
    assert.deepStrictEqual(ask({}, late, says({ ...claimed, ...waiting(), error: "x" })), ["INV-12"])
    assert.deepStrictEqual(ask({}, late, says({ ...claimed, ...waiting(), ...notified })), [])
    assert.deepStrictEqual(ask({}, late, says({ ...claimed, ...waiting() }, "conflict")), [])
    assert.deepStrictEqual(ask({}, late), [], "its process may have been killed")
  })

  it("does not want to hear of a wait from an object that was let go", () => {
    const seen = (metadata: object) => ({
      verb: "patchStatus" as const,
      before: stored("1", {}, metadata),
      after: stored("2", waiting(), metadata)
    })
    const late = Date.parse("2026-01-01T01:02:00Z")
    const ends = (metadata: object) =>
      broken(
        callLog(
          seen(metadata),
          { verb: "poll", sent: "t", target: "agent", pass: pass(2, "2"), at: late },
          { verb: "setFinalizers", pass: pass(2, "2"), at: late },
          { verb: "get", pass: pass(3, "2") }
        )
      )
    assert.deepStrictEqual(ends({ deletionTimestamp: LATER, finalizers: ["example.dev/f"] }), [])
    assert.deepStrictEqual(ends({}), ["INV-12"])
  })
})

describe("INV-13", () => {
  it("finds unknown fields that are lost: of the status, of a plan, of a task, of a condition", () => {
    const lost = (before: Json, after: Json) =>
      broken(callLog(write(before, after, { sent: { plan: {}, conditions: [] } })))
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
    assert.deepStrictEqual(broken(callLog(call)), ["INV-13"])
  })
})

describe("INV-14", () => {
  const begins = (id: string, version: string, process: string) =>
    write({}, plan({ id }, {}), { sent: plan({ id }, {}), pass: pass(1, version), process, result: "conflict" })

  it("finds two turns that saw one version and planned with different ids", () => {
    assert.deepStrictEqual(broken(callLog(begins("p", "1", "a"), begins("q", "1", "b"))), ["INV-14"])
    assert.deepStrictEqual(broken(callLog(begins("p", "1", "a"), begins("p", "1", "b"))), [])
    assert.deepStrictEqual(broken(callLog(begins("p", "1", "a"), begins("q", "7", "b"))), [])
  })

  it("finds it where a patch names only what differs from the plan before", () => {
    const before = plan({ phase: "Failed", failedPhase: "Failed" }, {})
    const replaces = (id: string, process: string) =>
      write(before, plan({ id }, {}), {
        sent: { plan: { id, phase: "Active", failedPhase: null } },
        pass: pass(1, "1"),
        process
      })
    assert.deepStrictEqual(broken(callLog(replaces("q", "a"), { ...replaces("r", "b"), result: "conflict" })), [
      "INV-14"
    ])
    assert.deepStrictEqual(broken(callLog(replaces("q", "a"), { ...replaces("q", "b"), result: "conflict" })), [])
  })
})
