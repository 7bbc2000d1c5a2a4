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
/** The status of a widget that stores its plan at `.status.rollout.plan`. */
const rollout = (more: Json, ...tasks: ReadonlyArray<Json>): Json => ({ rollout: plan(more, ...tasks) })

const write = (before: Json, after: Json) =>
  ({ verb: "patchStatus", before: stored("1", before), after: stored("2", after) }) as const

const violated = (calls: ReadonlyArray<CallLog.Call>, ...kinds: ReadonlyArray<PlanKind.PlanKind>) => [
  ...new Set(Invariants.check(calls, { kinds }).map(({ invariant }) => invariant))
]

/** Why invariants were not judged, by invariant. */
const notChecked = (calls: ReadonlyArray<CallLog.Call>, ...kinds: ReadonlyArray<PlanKind.PlanKind>) =>
  Object.fromEntries(
    Invariants.evaluate(calls, { kinds }).flatMap((verdict) =>
      verdict._tag === "NotJudged" ? [[verdict.invariant.name, verdict.reason] as const] : []
    )
  )

describe("PlanKind", () => {
  it("lets the invariants about plans read another path", () => {
    const replaced = callLog(write(rollout({}, {}), rollout({ id: "q" }, {})))
    assert.deepStrictEqual(violated(replaced, elsewhere), ["INV-6"])
    const superseding = callLog(write(rollout({}, {}), rollout({ id: "q", supersedes: "p" }, {})))
    assert.deepStrictEqual(violated(superseding, elsewhere), [])
  })

  it("lets the invariants about conditions, phases and waits read other paths", () => {
    const condition = { type: "Ready", status: "True", reason: "Fine", message: "", lastTransitionTime: "x" }
    assert.deepStrictEqual(
      violated(callLog(write({ health: { conditions: [condition] } }, { health: { conditions: [] } })), elsewhere),
      ["INV-7"]
    )
    const claim = callLog(write(rollout({}, {}), rollout({}, { submittedAt: "2026-01-01T00:00:00Z" })))
    assert.deepStrictEqual(violated(claim, elsewhere), ["INV-12"])
    const deletes = (stage: string) =>
      callLog(
        { verb: "get", after: stored("2", { rollout: { stage } }, { deletionTimestamp: "2026-01-01T00:00:00Z" }) },
        { verb: "delete", sent: { uid: "u" }, pass: pass(2, "2") }
      )
    assert.include(violated(deletes("Running"), elsewhere), "INV-1")
    assert.notInclude(violated(deletes("Terminating"), elsewhere), "INV-1")
  })

  it("does not hide fields beside the plan, nor fields at the default paths", () => {
    const premium = { plan: "premium", rollout: { ...plan({}, {}), theirs: 1 } }
    const moved = { plan: "premium", rollout: { ...plan({}, { status: "Complete" }), theirs: 1 } }
    assert.deepStrictEqual(violated(callLog(write(premium, moved)), elsewhere), [])
    const patched = (after: Json, sent: Json) => violated(callLog({ ...write(premium, after), sent }), elsewhere)
    const patch = { rollout: { plan: { phase: "Complete" } } }
    assert.deepStrictEqual(patched({ ...premium, plan: "basic" }, patch), ["INV-13"])
    assert.deepStrictEqual(patched({ ...premium, rollout: { ...plan({}, {}), theirs: 2 } }, patch), ["INV-13"])
  })

  it("gives each kind its own intents", () => {
    const held = {
      conditions: [{ type: "Held", status: "True", reason: "Asked", message: "", lastTransitionTime: "x" }]
    }
    const intents = [
      { condition: "Held", verb: "apply", kind: "Pod", sets: { field: ".spec.size", True: 0, False: 1 } }
    ] as const
    const pod = (version: string, size: number) => ({
      ...stored(version, {}, { uid: "pod" }),
      kind: "Pod",
      spec: { size }
    })
    const apply = { verb: "apply", target: "Pod default/p", before: pod("7", 1), after: pod("8", 0) } as const
    const acts = callLog(
      { ...write({}, held), pass: pass(1, "1") },
      { ...apply, sent: { spec: { size: 0 } }, pass: pass(2, "2") }
    )
    assert.deepStrictEqual(violated(acts, elsewhere, PlanKind.make(gadget, { intents })), ["INV-1"])
    assert.deepStrictEqual(violated(acts, PlanKind.make(widget, { intents }), PlanKind.make(gadget)), [])
  })

  it("rejects paths outside of the status", () => {
    assert.throws(() => PlanKind.make(widget, { plan: ".spec.plan" }), '".spec.plan" is not a path within status')
    assert.throws(() => PlanKind.make(widget, { phase: "status.phase" }), "use the form .status.plan")
  })
})

describe("an invariant that could not be judged", () => {
  const usual = PlanKind.make(widget)

  it("names the path where a plan was found when the described path never has one", () => {
    const reasons = notChecked(callLog(write({}, rollout({}, {}))), usual)
    const reason = "no Widget has a plan at .status.plan: there is a plan at .status.rollout.plan"
    assert.deepStrictEqual(reasons["INV-1"], reason)
    assert.deepStrictEqual(reasons["INV-6"], reason)
    assert.notProperty(reasons, "INV-2")
    const elsewhereReasons = notChecked(callLog(write({}, rollout({}, {}))), elsewhere)
    assert.strictEqual(elsewhereReasons["INV-6"], "no plan ended or was replaced")
  })

  it("says what is missing: passes, objects before and after a write, and something to judge", () => {
    const reasons = (call: Partial<CallLog.Call>) => notChecked(callLog({ ...write({}, plan({}, {})), ...call }))
    assert.deepInclude(reasons({}), {
      "INV-1": "no pass with a side effect has its object in the log as the pass read it",
      "INV-4": "no plan without a failedPhase failed",
      "INV-6": "no plan ended or was replaced",
      "INV-7": "no object has a condition",
      "INV-8": "no submission to an agent is recorded in a pass: an API server does not see those",
      "INV-9": "no agent reported a failed task to a pass",
      "INV-11": "no pass deleted anything",
      "INV-12": "no object has a wait at .status.waiting",
      "INV-14": "fewer than two plans were built",
      "INV-17": "no pass wrote an object other than the one that it reconciles",
      "INV-18": "no reconciled object was deleted to its end"
    })
    for (const judged of ["INV-2", "INV-3", "INV-5", "INV-10", "INV-13"]) assert.notProperty(reasons({}), judged)
    assert.match(reasons({ pass: undefined })["INV-2"] ?? "", /^no call names its pass: /u)
    assert.notProperty(reasons({ pass: undefined }), "INV-10")
    const [{ after: _after, before: _before, ...bare } = { verb: "get" as const }] = callLog(write({}, plan({}, {})))
    assert.match(notChecked(callLog(bare))["INV-7"] ?? "", /at level RequestResponse/u)
    assert.strictEqual(notChecked(callLog({ verb: "get" }))["INV-7"], "no status write succeeded")
  })
})

describe("Invariants.expectInvariants", () => {
  const outcomeOf = (calls: ReadonlyArray<Partial<CallLog.Call>>, expectations?: Invariants.Expectations) =>
    Effect.gen(function* () {
      const { record } = yield* CallLog.CallLog
      yield* Effect.forEach(callLog(...calls.map((call) => ({ verb: "get" as const, ...call }))), record)
      const exit = yield* Effect.exit(Invariants.expectInvariants(expectations))
      return Exit.isSuccess(exit) ? "held" : String(Cause.squash(exit.cause))
    }).pipe(Effect.provide(CallLog.layer))

  it.effect("dies when nothing could be checked: a call log without passes, a kind without plans", () =>
    Effect.gen(function* () {
      assert.include(yield* outcomeOf([]), "nothing was checked: no call names its pass")
      const hidden = [write({}, rollout({}, {}))]
      assert.include(
        yield* outcomeOf(hidden, { kinds: [PlanKind.make(widget)] }),
        "nothing was checked: no Widget has a plan at .status.plan"
      )
      assert.strictEqual(yield* outcomeOf(hidden, { kinds: [elsewhere] }), "held")
    })
  )
})
