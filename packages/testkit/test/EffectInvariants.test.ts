/** Invariants that are judged by what a call changed, whatever its verb: INV-1, INV-2, INV-3, INV-16. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, Reconcile, StatusWriter } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { type CallLog, ClusterControllers, type ControllerUnderTest, Invariants, TestCluster } from "../src/index.ts"
import { callLog, pass, plan, stored, violated } from "./call-log/HandMade.ts"
import { reconciler, widgets } from "./toy/Widgets.ts"

const TIME = "2026-01-01T00:00:00Z"
const ready = stored("2", { phase: "Ready" })

const violations = (calls: ReadonlyArray<CallLog.Call>, expectations?: Invariants.Expectations) =>
  Invariants.check(calls, expectations).map(({ invariant, message }) => `${invariant}: ${message}`)

describe("INV-2: a status write is known by its effect", () => {
  it.each(["apply", "create", "setFinalizers", "removeFinalizer"] as const)(
    "finds a status that %s changes",
    (verb) => {
      const active = stored("1", plan({}, {}))
      const call = { verb, before: active, after: stored("2", { ...plan({}, {}), phase: "Ready" }) } as const
      assert.deepStrictEqual(violations(callLog(call)), [
        `INV-2: pass 1 of Widget default/w (p) changed the status of Widget default/w with ${verb}`
      ])
      assert.deepStrictEqual(violated(callLog({ ...call, after: { ...active, labels: {} } })), [])
    }
  )

  it("finds a task that changes the status beside the write of its pass", () => {
    const active = stored("1", plan({}, {}))
    const applied = stored("2", { ...plan({}, {}), phase: "Ready" })
    const write = {
      verb: "patchStatus",
      before: applied,
      after: stored("3", plan({}, { status: "Complete" }))
    } as const
    const found = violations(callLog({ verb: "apply", before: active, after: applied }, write))
    assert.include(found, "INV-2: pass 1 of Widget default/w (p) wrote status 2 times")
  })

  it("finds a pass that changes the status of another object of its kind", () => {
    const [other, changed] = [
      stored("1", {}, { name: "v", uid: "v" }),
      stored("2", { phase: "x" }, { name: "v", uid: "v" })
    ]
    const call = { verb: "apply", target: "Widget default/v", before: other, after: changed } as const
    const read = { verb: "get", after: stored("1", plan({}, {})) } as const
    assert.deepStrictEqual(violated(callLog(read, call)), ["INV-2"])
  })

  it("finds a status write outside of any pass, by whatever user, unless that user may write status", () => {
    const write = { verb: "patchStatus", before: stored("1", {}), after: ready } as const
    const outside = { verb: "patchStatus", before: ready, after: stored("3", { phase: "x" }), pass: undefined } as const
    assert.deepStrictEqual(violations(callLog(write, outside)), [
      "INV-2: p wrote the status of Widget default/w outside of any reconcile pass"
    ])
    const foreign = { ...outside, isForeign: true, process: "alice" } as const
    assert.deepStrictEqual(violations(callLog(write, foreign)), [
      "INV-2: alice wrote the status of Widget default/w outside of any reconcile pass"
    ])
    assert.deepStrictEqual(violations(callLog(write, foreign), { otherWriters: ["alice"] }), [])
  })

  it("does not report changes of the status of other kinds", () => {
    const pod = (status: ObjectMeta.JsonObject) => ({ ...stored("1", status, { uid: "pod" }), kind: "Pod" })
    const kubelet = {
      verb: "apply",
      target: "Pod default/w",
      before: pod({}),
      after: pod({ phase: "Running" })
    } as const
    assert.deepStrictEqual(violated(callLog({ ...kubelet, pass: undefined }, { verb: "get" })), [])
  })

  it.effect("finds a second status write around the pass, in the composition of the process", () =>
    Effect.gen(function* () {
      const twice: ControllerUnderTest.ControllerUnderTest = {
        ...widgets,
        harness: ({ server }) => ({
          clusterControllers: ClusterControllers.make(server),
          start: Effect.map(Reconcile.make(reconciler), (reconcile) => (key) => {
            const second = Effect.gen(function* () {
              const writer = yield* StatusWriter.StatusWriter
              const { apiVersion, plural } = key.kind
              const [group = "", version = ""] = apiVersion.split("/")
              const object = server.peek({ group, version, plural }, key.namespace, key.name)
              if (object === undefined) return
              yield* Effect.ignore(writer.patchStatus(key, object.metadata.resourceVersion, { phase: "Dry" }))
            })
            return Effect.tap(reconcile(key), () => second)
          })
        })
      }
      const cluster = yield* TestCluster.make(twice)
      yield* cluster.create({ metadata: { name: "w" }, spec: { size: 1 } })
      yield* cluster.reconcile(3)
      const messages = (yield* cluster.findings).map(TestCluster.describeFinding)
      assert.include(messages, "INV-2: process-1 wrote the status of Widget default/w outside of any reconcile pass")
    })
  )
})

describe("INV-3: a status write requires the version that was read", () => {
  it("finds a status write without a resourceVersion, although nobody else wrote", () => {
    const write = { verb: "patchStatus", before: stored("1", {}), after: ready } as const
    assert.deepStrictEqual(violations(callLog({ ...write, precondition: "None" })), [
      "INV-3: pass 1 of Widget default/w (p) wrote the status of Widget default/w without a resourceVersion"
    ])
    const version = ObjectMeta.ResourceVersion.make("1")
    assert.deepStrictEqual(violations(callLog({ ...write, precondition: version })), [])
  })
})

describe("INV-1: a side effect needs a stored intent that asks for it", () => {
  const paused = (status: string) => ({
    conditions: [{ type: "Paused", status, reason: "Asked", message: "", lastTransitionTime: TIME }]
  })
  const intents = [
    { condition: "Paused", verb: "apply", kind: "Pod", sets: { field: ".spec.size", True: 0, False: 1 } }
  ] as const
  const pod = (size: number, version = "7") => ({ ...stored(version, {}, { uid: "pod" }), kind: "Pod", spec: { size } })
  const scales = (from: number, to: number) =>
    ({
      verb: "apply",
      target: "Pod default/p",
      sent: { spec: { size: to } },
      before: pod(from),
      after: pod(to, "8")
    }) as const
  const check = (status: ObjectMeta.JsonObject, call: Partial<CallLog.Call> & Pick<CallLog.Call, "verb">) =>
    violations(callLog(call), { intents, states: [stored("1", status)] })

  it("accepts what the condition asks for, and nothing else that its presence might excuse", () => {
    assert.deepStrictEqual(check(paused("True"), scales(1, 0)), [])
    assert.deepStrictEqual(check(paused("False"), scales(0, 1)), [])
    const found = "INV-1: pass 1 of Widget default/w (p) did apply Pod default/p without a stored plan or intent"
    assert.deepStrictEqual(check(paused("False"), scales(1, 0)), [found])
    assert.deepStrictEqual(check(paused("Unknown"), scales(1, 0)), [found])
    assert.deepStrictEqual(check(paused("False"), scales(1, 1)), [found], "nothing to do, and written all the same")
    assert.lengthOf(check(paused("True"), { verb: "create", target: "Pod default/p" }), 1)
    const { before: _, ...creates } = scales(1, 0)
    assert.deepStrictEqual(check(paused("True"), creates), [found], "the field of an object that did not exist")
    assert.lengthOf(check(paused("True"), { ...scales(1, 0), after: { ...pod(0, "8"), kind: "ConfigMap" } }), 1)
    assert.lengthOf(check({}, scales(1, 0)), 1)
  })

  it("accepts an attempt that the API server did not receive", () => {
    const { after: _after, before: _before, ...sent } = scales(1, 0)
    assert.deepStrictEqual(check(paused("True"), { ...sent, result: "unavailable" }), [])
    assert.lengthOf(check(paused("False"), { ...sent, result: "unavailable" }), 1)
  })

  it("accepts a repetition that changes nothing", () => {
    assert.deepStrictEqual(check(paused("True"), { ...scales(0, 0), after: pod(0) }), [])
  })

  it("judges a pass that wrote no status by the version that it read, which a user may have written", () => {
    assert.lengthOf(check({}, { verb: "delete", target: "Pod default/p", sent: { uid: "pod" } }), 1)
    assert.deepStrictEqual(violations(callLog({ verb: "apply", target: "Pod default/p" })), [])
  })

  it("accepts the work of a cleanup only once the deletion is stored, and no submission", () => {
    const remove = { verb: "delete", target: "Pod default/p", sent: { uid: "pod" } } as const
    const terminating = (metadata: object) => [stored("1", { phase: "Terminating" }, metadata)]
    const deleted = { states: terminating({ deletionTimestamp: TIME }) }
    assert.deepStrictEqual(violations(callLog(remove), deleted), [])
    assert.lengthOf(violations(callLog(remove), { states: terminating({}) }), 1)
    const submit = { verb: "submit", sent: { id: "t", type: "a" }, target: "agent" } as const
    assert.include(
      violations(callLog(submit), deleted).join(),
      "INV-1: pass 1 of Widget default/w (p) did submit agent"
    )
  })
})

describe("INV-14: an id belongs to one plan", () => {
  it("finds an id that was given to plans of two versions", () => {
    const creates = (version: string, number: number) =>
      ({
        verb: "patchStatus",
        before: stored(version, {}),
        after: stored(`${version}0`, plan({}, {})),
        pass: pass(number, version)
      }) as const
    const removed = {
      verb: "patchStatus",
      before: stored("10", plan({ phase: "Complete" }, {})),
      after: stored("2", {})
    } as const
    const found = violations(callLog(creates("1", 1), { ...removed, pass: pass(2, "10") }, creates("2", 3)))
    assert.include(
      found,
      "INV-14: plan p was built for Widget default/w at version 1 and for Widget default/w at version 2"
    )
  })
})

describe("INV-16: a submission is the stored task", () => {
  const claimed = (params: ObjectMeta.JsonObject) => ({
    ...plan({}, { submittedAt: TIME, params }),
    waiting: { for: "t", since: TIME, until: TIME }
  })
  const submits = (body: object, params: ObjectMeta.JsonObject = { Height: 5, Pruned: false }) =>
    violations(
      callLog(
        { verb: "poll", sent: "t", target: "agent" },
        { verb: "patchStatus", before: stored("1", plan({}, { params })), after: stored("2", claimed(params)) },
        { verb: "submit", sent: { id: "t", type: "a", ...body }, target: "agent" }
      )
    )

  it("accepts the stored parameters in the agent's spelling, with or without zero values", () => {
    assert.deepStrictEqual(submits({ params: { height: 5 } }), [])
    assert.deepStrictEqual(submits({ params: { height: 5, pruned: false, peers: [] } }), [])
    assert.deepStrictEqual(submits({}, {}), [])
  })

  it("finds other parameters, an omitted one, another type and a task that is not stored", () => {
    assert.deepStrictEqual(submits({ params: { height: 6 } }), [
      'INV-16: agent: the submission of task t has parameters {"height":6}, stored are {"Height":5,"Pruned":false}'
    ])
    assert.lengthOf(submits({ params: {} }), 1)
    assert.lengthOf(submits({ params: { height: 5, extra: 1 } }), 1)
    assert.deepStrictEqual(submits({ type: "b", params: { height: 5 } }), [
      "INV-16: agent: the submission of task t has type b, stored is a"
    ])
    assert.include(submits({ id: "u" }).join(), "INV-16: agent: the submission of task u has no stored task of this id")
  })

  it("finds a stored task whose body is changed, by whatever verb", () => {
    const rewrites = (verb: "patchStatus" | "apply", task: object) =>
      violations(
        callLog({
          verb,
          target: "Widget default/w",
          before: stored("1", plan({}, { params: { Height: 5 } })),
          after: stored("2", plan({}, { params: { Height: 5 }, ...task }))
        })
      ).filter((found) => found.startsWith("INV-16"))
    const changed = 'INV-16: Widget default/w: stored task t changed from a {"Height":5} to'
    assert.deepStrictEqual(rewrites("patchStatus", { params: { Height: 6 } }), [`${changed} a {"Height":6}`])
    assert.deepStrictEqual(rewrites("apply", { type: "b" }), [`${changed} b {"Height":5}`])
    assert.deepStrictEqual(rewrites("patchStatus", { status: "Complete" }), [])
  })

  it("finds a second body for one id", () => {
    const signal = (number: number, params: object) => [
      { verb: "poll", sent: "t", target: "agent", pass: pass(number, "1") } as const,
      { verb: "submit", sent: { id: "t", type: "a", params }, target: "agent", pass: pass(number, "1") } as const
    ]
    const found = violations(callLog(...signal(1, { height: 5 }), ...signal(2, { height: 6 })))
    assert.include(found.join(), 'has the body {"height":6} of type a; an earlier one had {"height":5} of type a')
  })
})

describe("a violation", () => {
  it("names the calls that show it: position, verb, object, pass and process", () => {
    const write = { verb: "patchStatus", before: stored("1", {}), after: ready, precondition: "None" } as const
    const [found] = Invariants.check(callLog({ verb: "get" }, write))
    assert.deepStrictEqual(found?.evidence, ["call 1: patchStatus Widget default/w in pass 1 of p"])
  })
})
