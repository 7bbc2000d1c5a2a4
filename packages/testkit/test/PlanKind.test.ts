import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { CallLog, Invariants, PlanKind } from "../src/index.ts"
import { callLog, pass, plan, stored } from "./call-log/HandMade.ts"

type Json = ObjectMeta.JsonObject

const widget = ObjectMeta.namespaced("example.dev/v1", "Widget", "widgets")
const gadget = ObjectMeta.namespaced("example.dev/v1", "Gadget", "gadgets")
const elsewhere = PlanKind.make(widget, {
  plan: ".status.rollout.plan",
  phase: ".status.rollout.stage",
  conditions: ".status.health.conditions",
  waiting: ".status.rollout.waiting"
})
/** A plan in a widget that keeps it elsewhere. */
const rollout = (more: Json, ...tasks: ReadonlyArray<Json>): Json => ({ rollout: plan(more, ...tasks) })

const write = (before: Json, after: Json) =>
  ({ verb: "patchStatus", before: stored("1", before), after: stored("2", after) }) as const

const broken = (calls: ReadonlyArray<CallLog.Call>, ...kinds: ReadonlyArray<PlanKind.PlanKind>) => [
  ...new Set(Invariants.check(calls, { kinds }).map(({ invariant }) => invariant))
]

/** Why the laws were not checked, by law. */
const unchecked = (calls: ReadonlyArray<CallLog.Call>, ...kinds: ReadonlyArray<PlanKind.PlanKind>) =>
  Object.fromEntries(
    Invariants.judge(calls, { kinds }).flatMap((verdict) =>
      verdict._tag === "Unchecked" ? [[verdict.invariant.name, verdict.reason] as const] : []
    )
  )

describe("a kind that keeps its plan elsewhere", () => {
  it("is held to the laws about plans", () => {
    const replaced = callLog(write(rollout({}, {}), rollout({ id: "q" }, {})))
    assert.deepStrictEqual(broken(replaced, elsewhere), ["INV-6"])
    const superseding = callLog(write(rollout({}, {}), rollout({ id: "q", supersedes: "p" }, {})))
    assert.deepStrictEqual(broken(superseding, elsewhere), [])
  })

  it("is held to those about conditions, phases and waits", () => {
    const condition = { type: "Ready", status: "True", reason: "Fine", message: "", lastTransitionTime: "x" }
    assert.deepStrictEqual(
      broken(callLog(write({ health: { conditions: [condition] } }, { health: { conditions: [] } })), elsewhere),
      ["INV-7"]
    )
    const claim = callLog(write(rollout({}, {}), rollout({}, { submittedAt: "2026-01-01T00:00:00Z" })))
    assert.deepStrictEqual(broken(claim, elsewhere), ["INV-12"])
    const leaves = (stage: string) =>
      callLog(
        { ...write({ rollout: { stage } }, { rollout: { stage } }), pass: pass(1, "1") },
        { verb: "delete", sent: { uid: "u" }, pass: pass(2, "2") }
      )
    assert.include(broken(leaves("Running"), elsewhere), "INV-1")
    assert.notInclude(broken(leaves("Terminating"), elsewhere), "INV-1")
  })

  it("keeps what stands beside its plan, and what stands where others keep theirs", () => {
    const premium = { plan: "premium", rollout: { ...plan({}, {}), theirs: 1 } }
    const moved = { plan: "premium", rollout: { ...plan({}, { status: "Complete" }), theirs: 1 } }
    assert.deepStrictEqual(broken(callLog(write(premium, moved)), elsewhere), [])
    const patched = (after: Json, sent: Json) => broken(callLog({ ...write(premium, after), sent }), elsewhere)
    const patch = { rollout: { plan: { phase: "Complete" } } }
    assert.deepStrictEqual(patched({ ...premium, plan: "basic" }, patch), ["INV-13"])
    assert.deepStrictEqual(patched({ ...premium, rollout: { ...plan({}, {}), theirs: 2 } }, patch), ["INV-13"])
  })

  it("stands beside kinds that keep it in the usual place, each with its intents", () => {
    const held = {
      conditions: [{ type: "Held", status: "True", reason: "Asked", message: "", lastTransitionTime: "x" }]
    }
    const acts = callLog({ ...write({}, held), pass: pass(1, "1") }, { verb: "apply", pass: pass(2, "2") })
    assert.deepStrictEqual(broken(acts, elsewhere, PlanKind.make(gadget, { intents: ["Held"] })), ["INV-1"])
    assert.deepStrictEqual(broken(acts, PlanKind.make(widget, { intents: ["Held"] }), PlanKind.make(gadget)), [])
  })

  it("has its plan in its status, or is none", () => {
    assert.throws(() => PlanKind.make(widget, { plan: ".spec.plan" }), '".spec.plan" is no path within a status')
    assert.throws(() => PlanKind.make(widget, { phase: "status.phase" }), "write it like .status.plan")
  })
})

describe("a law that could not be checked", () => {
  const usual = PlanKind.make(widget)

  it("says so when a kind never shows a plan where it is said to keep it, and where there is one", () => {
    const reasons = unchecked(callLog(write({}, rollout({}, {}))), usual)
    const reason = "no Widget shows a plan at .status.plan: there is one at .status.rollout.plan"
    assert.deepStrictEqual(reasons["INV-1"], reason)
    assert.deepStrictEqual(reasons["INV-6"], reason)
    assert.notProperty(reasons, "INV-2")
    assert.notProperty(unchecked(callLog(write({}, rollout({}, {}))), elsewhere), "INV-1")
  })

  it("says so when nothing names its turn, when nobody is seen before and after, and when there are no agents", () => {
    const reasons = (call: Partial<CallLog.Call>) => unchecked(callLog({ ...write({}, plan({}, {})), ...call }))
    assert.hasAllKeys(reasons({}), ["INV-8", "INV-9", "INV-11"])
    assert.match(reasons({ pass: undefined })["INV-2"] ?? "", /^no call names its turn: /u)
    assert.notProperty(reasons({ pass: undefined }), "INV-7")
    const [{ after: _after, before: _before, ...bare } = { verb: "get" as const }] = callLog(write({}, plan({}, {})))
    assert.match(unchecked(callLog(bare))["INV-7"] ?? "", /at level RequestResponse/u)
    assert.strictEqual(unchecked(callLog({ verb: "get" }))["INV-7"], "nobody wrote a status")
  })
})

describe("Invariants.hold", () => {
  const holding = (calls: ReadonlyArray<Partial<CallLog.Call>>, expectations?: Invariants.Expectations) =>
    Effect.gen(function* () {
      const { record } = yield* CallLog.CallLog
      yield* Effect.forEach(callLog(...calls.map((call) => ({ verb: "get" as const, ...call }))), record)
      const exit = yield* Effect.exit(Invariants.expectInvariants(expectations))
      return Exit.isSuccess(exit) ? "held" : String(Cause.squash(exit.cause))
    }).pipe(Effect.provide(CallLog.layer))

  it.effect("does not hold what nobody could check: a ledger without turns, a kind without plans", () =>
    Effect.gen(function* () {
      assert.include(yield* holding([]), "nothing was checked: no call names its turn")
      const hidden = [write({}, rollout({}, {}))]
      assert.include(
        yield* holding(hidden, { kinds: [PlanKind.make(widget)] }),
        "nothing was checked: no Widget shows a plan at .status.plan"
      )
      assert.strictEqual(yield* holding(hidden, { kinds: [elsewhere] }), "held")
    })
  )
})
