import { assert, describe, it } from "@effect/vitest"
import { type ReconcileReport, Requeue } from "@portolan/planner"
import * as Fixtures from "@portolan/planner/testing/Fixtures"
import * as Effect from "effect/Effect"
import * as Screen from "../demo/Screen.ts"
import * as View from "../demo/View.ts"

const plan = (...statuses: ReadonlyArray<"Pending" | "Complete">) => ({
  id: "plan-1",
  phase: "Active",
  tasks: statuses.map((status, index) => ({ type: `task-${index}`, id: `id-${index}`, status }))
})

const object = Fixtures.widget({ phase: "Initializing", plan: plan("Complete", "Pending") })

const report: ReconcileReport.ReconcileReport = {
  pass: { key: Fixtures.key, process: "1234abcd", number: 3, observedVersion: object.metadata.resourceVersion },
  object,
  action: { _tag: "Wait", requeue: Requeue.poll({ reason: "PodNotFound", message: "pod node-0-0 is not found" }) },
  patch: { plan: plan("Complete", "Complete") },
  events: [],
  requeue: Requeue.poll({ reason: "PodNotFound", message: "pod node-0-0 is not found" })
}

const timed = { report, elapsedMs: 1234 }

describe("View", () => {
  it("shows of a reconcile its time, phase, plan, wait and status patch", () => {
    assert.strictEqual(
      View.reconcileLine(timed, View.plain),
      "  1.23 s  reconcile 3   Initializing  plan 2/2    waiting: PodNotFound (pod node-0-0 is not found), next check ≤ 5 s; " +
        "patched status: plan"
    )
  })

  it("shows only the tasks that changed", () => {
    assert.deepStrictEqual(View.taskLines(timed, View.plain), ["            ✓ task-1                    complete"])
  })

  it("clips lines at the width of the terminal without counting colour codes", () => {
    const lines = View.block({ title: "a new node", reports: [timed] }, View.coloured, 20)
    const plainLines = lines.map((line) => line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "gu"), ""))
    assert.strictEqual(plainLines[0], "a new node")
    assert.isTrue(plainLines.every((line) => line.length <= 20))
    assert.include(plainLines.join("\n"), "✓ task-0")
  })

  it("shows the wait stored on the object, and the superseded plan", () => {
    const waiting = {
      reason: "PodNotReady",
      for: "pod node-0-0 is not ready",
      detail: "seid: ErrImagePull",
      since: "2026-01-01T10:00:00Z",
      until: "2026-01-01T10:10:00Z"
    }
    const next = { ...plan("Pending"), id: "plan-2", supersedes: "plan-1" }
    const superseding = { ...report, patch: { plan: next, waiting } }
    const lines = View.block({ title: "", reports: [{ report: superseding, elapsedMs: 0 }] }, View.plain, 120)
    assert.include(lines, "plan plan-2 supersedes plan plan-1")
    assert.include(
      lines,
      "waiting: PodNotReady (pod node-0-0 is not ready: seid: ErrImagePull), since 10:00:00, overdue after 10:10:00"
    )
  })

  it.effect("redraws a block in a terminal, and prints plain lines in a pipe", () =>
    Effect.gen(function* () {
      const show = Effect.fnUntraced(function* (isTTY: boolean) {
        const written: Array<string> = []
        const output = { isTTY, columns: 100, write: (text: string) => void written.push(text) }
        const screen = yield* Screen.make(output, { colour: false })
        yield* screen.section("a new node")
        yield* screen.show(report)
        yield* screen.show(report)
        return written.join("")
      })
      const code = String.fromCharCode(27)
      assert.include(yield* show(true), `${code}[`)
      assert.notInclude(yield* show(false), code)
    })
  )
})
