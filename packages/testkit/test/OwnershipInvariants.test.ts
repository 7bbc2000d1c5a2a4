/** INV-17 and INV-18 in test clusters, and on call logs that are written by hand. */
import { assert, describe, it } from "@effect/vitest"
import { KubernetesApi, ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CallLog, ControllerUnderTest, Invariants, Scenario, TestCluster } from "../src/index.ts"
import { callLog, pass, stored } from "./call-log/HandMade.ts"
import * as Widgets from "./toy/Widgets.ts"

type Metadata = ObjectMeta.JsonObject

/** Widgets whose task writes the ConfigMap of their name, whoever made it, as a controller does that checks no owner. */
const careless = (metadata: (widget: ObjectMeta.KubernetesObject) => object) =>
  ControllerUnderTest.of(
    {
      ...Widgets.reconciler,
      tasks: {
        ...Widgets.reconciler.tasks,
        publish: Task.local({
          params: Widgets.Nothing,
          perform: ({ widget }: { readonly widget: ObjectMeta.KubernetesObject }) =>
            Effect.gen(function* () {
              const api = yield* KubernetesApi.KubernetesApi
              const key = ObjectMeta.keyOf(Widgets.ConfigMap, widget)
              const body = { apiVersion: "v1", kind: "ConfigMap", data: { painted: "yes" } }
              const existing = Option.getOrUndefined(yield* api.get(key))
              yield* api.apply(key, { ...body, metadata: { name: key.name, ...metadata(widget) } }, existing)
              return Task.done
            }).pipe(Effect.mapError(Task.fromKubernetes))
        })
      }
    },
    { definitions: Widgets.definitions, watches: [] }
  )

const script =
  (...before: ReadonlyArray<ObjectMeta.JsonObject>) =>
  (cluster: TestCluster.TestCluster) =>
    Effect.gen(function* () {
      for (const data of before) {
        yield* cluster.act({ verb: "create", kind: Widgets.ConfigMap, body: { metadata: { name: "w" }, data } })
      }
      yield* cluster.create({ metadata: { name: "w" }, spec: { size: 1 } })
      yield* cluster.converge()
      yield* cluster.remove("w")
      yield* cluster.converge()
    })

const findings = (
  controllerUnderTest: ControllerUnderTest.ControllerUnderTest,
  ...before: ReadonlyArray<ObjectMeta.JsonObject>
) =>
  Scenario.run({ name: "careless", controllerUnderTest, script: script(...before) }, []).pipe(
    Effect.map(({ findings }) => findings.map(TestCluster.describeFinding))
  )

describe("a run in a test cluster", () => {
  const adopting = careless((widget) => ({ ownerReferences: [ObjectMeta.controllerReference(widget)] }))

  it.effect("INV-17: finds a controller that adopts an object of somebody else, or takes its fields", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* findings(adopting), [])
      const [adopted] = yield* findings(adopting, { theirs: "kept" })
      assert.match(
        adopted ?? "",
        /INV-17: apply ConfigMap default\/w made Widget w its controller; before, .*test-user/u
      )
      const taken = yield* findings(
        careless(() => ({})),
        { painted: "no" }
      )
      assert.match(taken.join(), /INV-17: apply ConfigMap default\/w took \.data\.painted from the manager test-user/u)
    })
  )

  it.effect("INV-18: finds a controller that leaves an object behind, in the log and in the server", () =>
    Effect.gen(function* () {
      const left = yield* findings(careless(() => ({})))
      assert.match(
        left.join(),
        /INV-18: ConfigMap default\/w, created for Widget default\/w, is neither deleted nor owned/u
      )
      assert.match(left.join(), /INV-18: ConfigMap default\/w still exists, although Widget default\/w/u)
      const kept = { ...careless(() => ({})), keeps: ["ConfigMap"] }
      assert.deepStrictEqual(yield* findings(kept), [])
    })
  )
})

const widget = stored("1", { phase: "Ready" })
/** A read version of the widget, so that the log has its uid. */
const read = { verb: "patchStatus", before: widget, after: stored("2", { phase: "Painted" }) } as const

const config = (metadata: Metadata = {}, uid = "config-uid"): ObjectMeta.KubernetesObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "c", namespace: "default", uid, resourceVersion: ObjectMeta.ResourceVersion.make("7"), ...metadata }
})
const target = "ConfigMap default/c"
const owner = (kind: string, name: string, uid: string): Metadata => ({
  ownerReferences: [{ apiVersion: "example.dev/v1", kind, name, uid, controller: true }]
})
const managed = (...fields: ReadonlyArray<readonly [manager: string, ...paths: ReadonlyArray<string>]>): Metadata => ({
  managedFields: fields.map(([manager, ...paths]) => ({
    manager,
    operation: "Update",
    fieldsV1: { "f:data": Object.fromEntries(paths.map((path) => [`f:${path}`, {}])) }
  }))
})
const ours = owner("Widget", "w", "widget-uid")
const theirs = owner("Deployment", "web", "web-uid")

const messages = (
  invariant: string,
  calls: ReadonlyArray<Partial<CallLog.Call> & Pick<CallLog.Call, "verb">>,
  expectations?: Invariants.Expectations
) =>
  Invariants.check(callLog(read, ...calls), expectations)
    .filter((violation) => violation.invariant === invariant)
    .map(({ message }) => message)

describe("INV-17", () => {
  const written = (before: Metadata, after: Metadata, expectations?: Invariants.Expectations) =>
    messages("INV-17", [{ verb: "apply", target, before: config(before), after: config(after) }], expectations)

  it("finds an object that gets the controller reference, and says whose it was", () => {
    assert.deepStrictEqual(written(managed(["kubectl", "theirs"]), { ...managed(["kubectl", "theirs"]), ...ours }), [
      "apply ConfigMap default/c made Widget w its controller; before, it was without a controller, managed by kubectl"
    ])
    assert.deepStrictEqual(written(theirs, ours), [
      "apply ConfigMap default/c made Widget w its controller; before, it was controlled by Deployment web (uid web-uid)"
    ])
  })

  it("finds an object of a previous owner of the same name that is adopted", () => {
    assert.match(
      written(owner("Widget", "w", "previous-uid"), ours).join(),
      /controlled by Widget w \(uid previous-uid\)$/u
    )
  })

  it("finds fields that another manager owned, whatever the verb", () => {
    const [before, after] = [managed(["kubectl", "a", "b"]), managed(["kubectl", "b"], ["controller", "a"])]
    const taken = /took \.data\.a from the manager kubectl/u
    assert.match(written(before, after).join(), taken)
    assert.match(written({ ...before, ...theirs }, { ...after, ...theirs }).join(), taken)
    const patch = { verb: "removeFinalizer", target, before: config(before), after: config(managed()) } as const
    assert.match(messages("INV-17", [patch]).join(), /took \.data\.a, \.data\.b from the manager kubectl/u)
  })

  it("finds finalizers that are added to or removed from objects of others, unless they are released on purpose", () => {
    const removed = [{ finalizers: ["a.dev/x", "b.dev/y"] }, { finalizers: ["b.dev/y"] }] as const
    assert.match(written(...removed).join(), /removed the finalizer a\.dev\/x/u)
    assert.match(written(removed[1], removed[0]).join(), /added the finalizer a\.dev\/x/u)
    assert.deepStrictEqual(written(...removed, { releases: ["a.dev/x"] }), [])
    assert.deepStrictEqual(written({}, { finalizers: ["foregroundDeletion"] }), [])
  })

  it("accepts every change of an object that the reconciled object controls, directly or through another one", () => {
    const [before, after] = [managed(["kubectl", "a"]), managed(["controller", "a"])]
    assert.deepStrictEqual(written({ ...before, ...ours }, { ...after, ...ours }), [])
    const set = { ...config(ours, "set-uid"), kind: "StatefulSet" }
    const ofSet = owner("StatefulSet", "set", "set-uid")
    const calls = [
      { verb: "apply", target: "StatefulSet default/set", after: set },
      { verb: "apply", target, before: config({ ...before, ...ofSet }), after: config({ ...after, ...ofSet }) }
    ] as const
    assert.deepStrictEqual(messages("INV-17", calls), [])
    assert.lengthOf(messages("INV-17", calls.slice(1)), 1)
  })

  it("accepts a field that nobody owned, and writes to the reconciled object itself", () => {
    const before = managed(["kubectl", "a"])
    assert.deepStrictEqual(written(before, managed(["kubectl", "a"], ["controller", "b"])), [])
    const own = [stored("3", {}, { finalizers: ["a"] }), stored("4", {}, { finalizers: [] })] as const
    assert.deepStrictEqual(messages("INV-17", [{ verb: "setFinalizers", before: own[0], after: own[1] }]), [])
  })
})

describe("INV-18", () => {
  const gone = {
    verb: "setFinalizers",
    before: stored("9", {}, { deletionTimestamp: "x" }),
    pass: pass(2, "9")
  } as const
  const create = (metadata: Metadata) => ({ verb: "apply", target, after: config(metadata), sent: {} }) as const

  it("finds an object that is neither deleted nor owned when the object that it was created for is gone", () => {
    const message =
      "ConfigMap default/c, created for Widget default/w, is neither deleted nor owned when Widget default/w is gone"
    assert.deepStrictEqual(messages("INV-18", [create({}), gone]), [message])
    assert.deepStrictEqual(messages("INV-18", [create(theirs), gone]), [message])
    const without = { verb: "removeFinalizer", target, before: config(ours), after: config() } as const
    assert.deepStrictEqual(messages("INV-18", [create(ours), without, gone]), [message])
    const inAuditLog = { ...gone, after: stored("10", {}, { deletionTimestamp: "x" }) }
    assert.deepStrictEqual(messages("INV-18", [create({}), inAuditLog]), [message])
  })

  it("accepts an object that is owned, deleted, declared as kept, or whose owner still exists", () => {
    assert.deepStrictEqual(messages("INV-18", [create(ours), gone]), [])
    assert.deepStrictEqual(messages("INV-18", [create({}), { verb: "delete", target, before: config() }, gone]), [])
    assert.deepStrictEqual(messages("INV-18", [create({}), gone], { keeps: ["ConfigMap"] }), [])
    assert.deepStrictEqual(messages("INV-18", [create({})]), [])
    const existed = { ...create({}), sent: { metadata: { uid: "config-uid" } } }
    assert.deepStrictEqual(messages("INV-18", [existed, gone]), [])
  })

  it("finds an object that a server still has after the garbage collector has run", () => {
    const calls = callLog(read, create(ours))
    const remaining = (...uids: ReadonlyArray<string>) =>
      Invariants.checkRemaining(calls, (uid) => uids.includes(uid), {}).map(({ message }) => message)
    assert.deepStrictEqual(remaining("config-uid"), [
      "ConfigMap default/c still exists, although Widget default/w, for which it was created, is gone"
    ])
    assert.deepStrictEqual(remaining("config-uid", "widget-uid"), [])
    assert.deepStrictEqual(remaining(), [])
  })
})
