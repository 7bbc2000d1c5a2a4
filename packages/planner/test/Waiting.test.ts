import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Requeue from "../src/plan/Requeue.ts"
import * as Waiting from "../src/plan/Waiting.ts"

const at = (seconds: number) => DateTime.makeUnsafe(Date.UTC(2026, 0, 1, 12, 0, seconds))
const poll = (what: string, detail = "") => Requeue.poll(what, detail, Duration.minutes(1))

/** The wait that a status has after a turn at a time. */
const shown = (before: object, requeue: Requeue.Requeue, seconds: number, isWriting: boolean) =>
  Waiting.show({ ...before }, { ...before }, requeue, at(seconds), isWriting).waiting

const first = { for: "a", since: "2026-01-01T12:00:00Z", until: "2026-01-01T12:01:00Z" }

describe("INV-12: a wait", () => {
  it("is shown with its times as soon as it begins", () => {
    assert.deepStrictEqual(shown({}, poll("a"), 0, false), first)
  })

  it("keeps its times for as long as it is for the same", () => {
    assert.deepStrictEqual(shown({ waiting: first }, poll("a"), 50, true), first)
  })

  it("that turns into another is told at once with a write, and without one only after ten seconds", () => {
    const second = { for: "b", since: "2026-01-01T12:00:05Z", until: "2026-01-01T12:01:05Z" }
    assert.deepStrictEqual(shown({ waiting: first }, poll("b"), 5, true), second)
    assert.deepStrictEqual(shown({ waiting: first }, poll("b"), 5, false), first)
    assert.deepInclude(shown({ waiting: first }, poll("b"), 10, false), { for: "b" })
  })

  it("gets a detail once, so that an error that changes its words causes no writes", () => {
    assert.deepStrictEqual(shown({ waiting: first }, poll("a", "refused"), 20, false), { ...first, detail: "refused" })
    const recorded = { ...first, detail: "refused" }
    assert.deepStrictEqual(shown({ waiting: recorded }, poll("a", "reset by peer"), 40, true), recorded)
  })

  it("is forgotten with its end, and a wait for a known time is not one", () => {
    assert.isUndefined(shown({ waiting: first }, Requeue.now, 5, false))
    assert.isUndefined(shown({ waiting: first }, Requeue.awaitChange, 5, false))
    assert.isUndefined(
      shown({}, Requeue.after(Duration.minutes(1), { reason: "RetryBackOff", message: "the next attempt" }), 5, false)
    )
  })

  it("for a known time is shown where a write is due anyway, and stays while it is the same", () => {
    const after = Requeue.after(Duration.minutes(1), { reason: "RetryBackOff", message: "a" })
    assert.deepStrictEqual(shown({}, after, 0, true), first)
    assert.deepStrictEqual(shown({ waiting: first }, after, 50, false), first)
    assert.isUndefined(shown({ waiting: { ...first, for: "b" } }, after, 50, false))
  })

  it("that cannot be read is none", () => {
    assert.deepStrictEqual(shown({ waiting: { for: "a" } }, poll("a"), 0, false), first)
    assert.deepStrictEqual(shown({ waiting: ["a"] }, poll("a"), 0, false), first)
  })

  it("is overdue after its time, and only while it is still for the same", () => {
    const before = { waiting: { ...first } }
    assert.isUndefined(Waiting.overdue(before, poll("a"), at(60)))
    assert.deepStrictEqual(Waiting.overdue(before, poll("a"), at(61)), first)
    assert.isUndefined(Waiting.overdue(before, poll("b"), at(61)))
    assert.isUndefined(Waiting.overdue(before, Requeue.now, at(61)))
  })
})
