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
  pass: { key: Fixtures.key, number: 3, observedVersion: object.metadata.resourceVersion },
  object,
  action: { _tag: "Wait", requeue: Requeue.poll({ reason: "PodNotFound", message: "a pod" }) },
  patch: { plan: plan("Complete", "Complete") },
  events: [],
  requeue: Requeue.poll({ reason: "PodNotFound", message: "a pod" })
}

const notified = { report, millis: 1234 }

describe("the view of a journey", () => {
  it("says of a turn when it was, what it saw, did and wrote, and what it waits for", () => {
    assert.strictEqual(
      View.passLine(notified, View.plain),
      "  1.23 s turn 3  saw Initializing, plan active 1/2; waits for a pod; wrote plan (waits for a pod, looks again soon)"
    )
  })

  it("shows only tasks that changed", () => {
    assert.deepStrictEqual(View.taskLines(notified, View.plain), ["          ✓ task-1                   complete"])
  })

  it("fits a block into the terminal, colour codes not counted", () => {
    const lines = View.block({ title: "a new node", reports: [notified] }, View.coloured, 20)
    const bare = lines.map((line) => line.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "gu"), ""))
    assert.strictEqual(bare[0], "a new node")
    assert.isTrue(bare.every((line) => line.length <= 20))
    assert.include(bare.join("\n"), "✓ task-0")
  })

  it("shows the wait that the object shows, and which plan gave way", () => {
    const waiting = {
      for: "pod node-0-0 to start",
      detail: "seid: ErrImagePull",
      since: "2026-01-01T10:00:00Z",
      until: "2026-01-01T10:10:00Z"
    }
    const next = { ...plan("Pending"), id: "plan-2", supersedes: "plan-1" }
    const replaced = { ...report, patch: { plan: next, waiting } }
    const lines = View.block({ title: "", reports: [{ report: replaced, millis: 0 }] }, View.plain, 120)
    assert.include(lines, "plan plan-2 takes the place of plan-1")
    assert.include(lines, "waits for pod node-0-0 to start: seid: ErrImagePull (since 10:00:00, expected by 10:10:00)")
  })

  it.effect("is drawn over itself in a terminal, and is plain lines in a pipe", () =>
    Effect.gen(function* () {
      const show = Effect.fnUntraced(function* (isTTY: boolean) {
        const written: Array<string> = []
        const output = { isTTY, columns: 100, write: (text: string) => void written.push(text) }
        const screen = yield* Screen.make(output, { colour: false })
        yield* screen.begin("a new node")
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
