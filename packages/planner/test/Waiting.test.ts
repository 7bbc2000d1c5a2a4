import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Waiting from "../src/plan/Waiting.ts"

const at = (seconds: number) => DateTime.makeUnsafe(Date.UTC(2026, 0, 1, 12, 0, seconds))
const wait = (reason: string, texts: Partial<Requeue.WaitFor> = {}): Requeue.WaitFor => ({
  reason,
  message: `message of ${reason}`,
  ...texts
})
const poll = (reason: string, texts?: Partial<Requeue.WaitFor>) =>
  Requeue.poll(wait(reason, texts), Duration.minutes(1))
const after = (reason: string) => Requeue.after(Duration.minutes(1), wait(reason))

/** The wait in the status after a pass at a time. */
const shown = (before: object, requeue: Requeue.Requeue, seconds: number, isWriting: boolean) =>
  Waiting.show({ ...before }, { ...before }, requeue, at(seconds), isWriting).waiting

const times = { since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:01:00Z" }
const first = { reason: "A", for: "message of A", ...times }

describe("INV-12: a wait", () => {
  it("is shown with start and deadline by the pass that starts it", () => {
    assert.deepStrictEqual(shown({}, poll("A"), 0, false), first)
    assert.deepStrictEqual(shown({}, poll("A", { task: "paint" }), 0, false), { ...first, task: "paint" })
  })

  it("keeps start and deadline for as long as reason and task are the same", () => {
    assert.deepStrictEqual(shown({ waiting: first }, poll("A"), 50, true), first)
    assert.deepInclude(shown({ waiting: first }, poll("A", { task: "paint" }), 50, true), {
      since: "2026-01-01T12:00:50Z"
    })
  })

  it("that replaces another one is shown at once with a write, and without one only after ten seconds", () => {
    const second = {
      reason: "B",
      for: "message of B",
      since: "2026-01-01T12:00:05Z",
      until: "2026-01-01T12:01:05Z"
    }
    assert.deepStrictEqual(shown({ waiting: first }, poll("B"), 5, true), second)
    assert.deepStrictEqual(shown({ waiting: first }, poll("B"), 5, false), first)
    assert.deepInclude(shown({ waiting: first }, poll("B"), 10, false), { reason: "B" })
  })

  it("never causes a write by a change of its texts, and refreshes them with a write that is due anyway", () => {
    const refused = poll("A", { detail: "connection refused" })
    const recorded = { ...first, detail: "connection refused" }
    assert.deepStrictEqual(shown({ waiting: first }, refused, 20, false), recorded)
    const reset = poll("A", { message: "other words", detail: "connection reset" })
    assert.deepStrictEqual(shown({ waiting: recorded }, reset, 40, false), recorded)
    const refreshed = { ...first, for: "other words", detail: "connection reset" }
    assert.deepStrictEqual(shown({ waiting: recorded }, reset, 40, true), refreshed)
  })

  it("that was stored without a reason is the same wait when its text is", () => {
    const stored = { for: "message of A", ...times }
    assert.deepStrictEqual(shown({ waiting: stored }, poll("A"), 20, false), stored)
    assert.deepStrictEqual(shown({ waiting: stored }, poll("A"), 20, true), first)
    assert.deepInclude(shown({ waiting: stored }, poll("B"), 20, false), { reason: "B" })
    assert.deepStrictEqual(Waiting.overdue({ waiting: stored }, poll("A"), at(61)), stored)
  })

  it("is removed at its end, and a wait for a known time is not shown by itself", () => {
    assert.isUndefined(shown({ waiting: first }, Requeue.now, 5, false))
    assert.isUndefined(shown({ waiting: first }, Requeue.awaitChange, 5, false))
    assert.isUndefined(shown({}, after("A"), 5, false))
  })

  it("for a known time is shown with a write that is due anyway, and stays while it is the same", () => {
    assert.deepStrictEqual(shown({}, after("A"), 0, true), first)
    assert.deepStrictEqual(shown({ waiting: first }, after("A"), 50, false), first)
    assert.isUndefined(shown({ waiting: { ...first, reason: "B" } }, after("A"), 50, false))
  })

  it("that does not decode counts as none", () => {
    assert.deepStrictEqual(shown({ waiting: { for: "a" } }, poll("A"), 0, false), first)
    assert.deepStrictEqual(shown({ waiting: ["a"] }, poll("A"), 0, false), first)
  })

  it("is overdue after its deadline, and only while it is the same wait", () => {
    const before = { waiting: { ...first } }
    assert.isUndefined(Waiting.overdue(before, poll("A"), at(60)))
    assert.deepStrictEqual(Waiting.overdue(before, poll("A", { message: "other words" }), at(61)), first)
    assert.isUndefined(Waiting.overdue(before, poll("B"), at(61)))
    assert.isUndefined(Waiting.overdue(before, poll("A", { task: "paint" }), at(61)))
    assert.isUndefined(Waiting.overdue(before, Requeue.now, at(61)))
    assert.isUndefined(Waiting.overdue(before, after("A"), at(61)))
  })
})
