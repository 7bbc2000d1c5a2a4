/** The API server or a sidecar rejects calls of a node's controller, once or for half an hour. Nobody edits the node. */
import { assert, describe, it } from "@effect/vitest"
import { type CallLog, Faults, TestCluster } from "@portolan/testkit"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as NodeCluster from "../harness/NodeCluster.ts"

/** The fault, at calls with these verbs only, and for so long. */
const at = (fault: Faults.Fault, verbs: ReadonlyArray<CallLog.Verb>, lasts?: Duration.Input): Faults.Fault => ({
  ...fault,
  name: `${fault.name} at ${verbs.join(" and ")}`,
  appliesTo: (site) => verbs.includes(site.verb) && fault.appliesTo(site),
  ...(lasts === undefined ? {} : { lastsMs: Duration.toMillis(Duration.fromInputUnsafe(lasts)) })
})

const wasInjected = ({ faultableCalls }: NodeCluster.NodeCluster, fault: Faults.Fault): boolean =>
  faultableCalls().some((call) => call.fault === fault)

/** What the calls changed at the API server and at sidecars. */
const effects = (calls: ReadonlyArray<CallLog.Call>): ReadonlyArray<string> =>
  calls
    .filter(({ result, verb }) => result === "ok" && !["get", "list", "poll", "health", "event"].includes(verb))
    .map(({ target, verb }) => `${verb} ${target}`)

/** Enough for one pass every five seconds in half an hour. */
const maxPasses = 1_000

const WRITES: ReadonlyArray<CallLog.Verb> = [
  "patchStatus",
  "setFinalizers",
  "create",
  "apply",
  "delete",
  "removeFinalizer"
]
/** A read gets neither of these. */
const WRITES_ONLY = [Faults.invalid, Faults.spuriousConflict]

describe("a node whose controller gets one rejected call", () => {
  for (const refusal of Faults.refusals) {
    const verbs: ReadonlyArray<CallLog.Verb> = WRITES_ONLY.includes(refusal) ? WRITES : [...WRITES, "list"]
    it.effect(`INV-10: converges, and is deleted, after ${refusal.name} at a call of each verb`, () =>
      Effect.forEach(verbs, (verb) =>
        NodeCluster.run((cluster) =>
          Effect.gen(function* () {
            const fault = at(refusal, [verb])
            cluster.inject(fault)
            yield* NodeCluster.createWorkflow(cluster, "of-this-node", NodeCluster.NAME)
            yield* NodeCluster.converged(cluster)
            assert.strictEqual(cluster.status().phase, "Running", fault.name)
            yield* cluster.remove
            yield* cluster.converge()
            assert.isTrue(wasInjected(cluster, fault), fault.name)
            assert.isUndefined(cluster.node(), fault.name)
            assert.isUndefined(cluster.pvc(), fault.name)
            assert.deepStrictEqual(NodeCluster.workflowFinalizers(cluster, "of-this-node"), ["example.dev/other"])
            assert.deepStrictEqual((yield* cluster.findings).map(TestCluster.describeFinding), [], fault.name)
          })
        )
      )
    )
  }
})

describe("a node whose status cannot be written for half an hour", () => {
  const steps = [
    ["before its first plan", () => Effect.void],
    [
      "in the middle of its plan",
      (cluster: NodeCluster.NodeCluster) => NodeCluster.until(cluster, () => cluster.pod() !== undefined)
    ]
  ] as const
  for (const refusal of [Faults.forbidden, Faults.invalid, Faults.notFound]) {
    for (const [when, prepare] of steps) {
      it.effect(`INV-10: makes no change meanwhile, and converges afterwards (${refusal.name}, ${when})`, () =>
        NodeCluster.run((cluster) =>
          Effect.gen(function* () {
            yield* prepare(cluster)
            if (cluster.node() === undefined) yield* cluster.create()
            const fault = at(refusal, ["patchStatus"], "30 minutes")
            cluster.inject(fault)
            yield* cluster.converge({ until: () => wasInjected(cluster, fault) })
            yield* cluster.callLog.clear
            yield* cluster.idle
            const { resourceVersion } = cluster.node()?.metadata ?? {}
            yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "25 minutes" }))
            const calls = yield* cluster.take
            assert.isAbove(calls.filter(({ verb }) => verb === "patchStatus").length, 100)
            assert.deepStrictEqual(effects(calls), [])
            assert.strictEqual(cluster.node()?.metadata.resourceVersion, resourceVersion)
            yield* cluster.converge({ maxPasses })
            assert.strictEqual(cluster.status().phase, "Running")
            yield* cluster.expectInvariants
          })
        )
      )
    }
  }
})

/** The task that creates the volume may wait longer. */
const DEGRADED = [
  ["apply", { status: "True", reason: "WaitOverdue" }],
  ["create", { status: "False", reason: "AsExpected" }]
] as const

describe("a node whose objects the API server rejects for half an hour", () => {
  for (const refusal of [Faults.forbidden, Faults.invalid, Faults.notFound]) {
    for (const [verb, degraded] of DEGRADED) {
      it.effect(
        `INV-12: shows the cause, is Degraded after the deadline of the task, and converges (${refusal.name} at ${verb})`,
        () =>
          NodeCluster.run((cluster) =>
            Effect.gen(function* () {
              const fault = at(refusal, [verb], "30 minutes")
              cluster.inject(fault)
              yield* cluster.create()
              yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "25 minutes" }))
              assert.isTrue(wasInjected(cluster, fault))
              const { detail, reason } = cluster.waiting()
              assert.include(["Forbidden", "Invalid", "NotFound"], reason)
              assert.include(String(detail), verb)
              assert.deepInclude(cluster.condition("Degraded"), degraded)
              assert.strictEqual(cluster.status().phase, "Initializing")
              yield* cluster.converge({ maxPasses })
              assert.strictEqual(cluster.status().phase, "Running")
              assert.deepInclude(cluster.condition("Degraded"), { status: "False" })
              yield* cluster.expectInvariants
            })
          )
      )
    }
  }
})

describe("an update whose calls the API server rejects for half an hour", () => {
  const CASES = [Faults.forbidden, Faults.invalid, Faults.notFound].flatMap((refusal) =>
    (["apply", "delete"] as const).map((verb) => ({ refusal, verb }))
  )
  for (const { refusal, verb } of CASES) {
    it.effect(`INV-4: does not fail, and is completed afterwards (${refusal.name} at ${verb})`, () =>
      NodeCluster.run((cluster) =>
        Effect.gen(function* () {
          yield* NodeCluster.converged(cluster)
          const fault = at(refusal, [verb], "30 minutes")
          cluster.inject(fault)
          yield* cluster.edit({ image: "sei:v2" })
          yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "25 minutes" }))
          assert.isTrue(wasInjected(cluster, fault))
          assert.strictEqual(cluster.plan().phase, "Active")
          assert.include(String(cluster.waiting().detail), verb)
          yield* cluster.converge({ maxPasses })
          assert.strictEqual(cluster.status().currentImage, "sei:v2")
          assert.notInclude(cluster.events(), "UpdateFailed")
          yield* cluster.expectInvariants
        })
      )
    )
  }
})

describe("a node whose sidecar refuses submissions", () => {
  it.effect("INV-8: claims its task at most every 2 seconds, shows why, and converges", () =>
    NodeCluster.run((cluster) =>
      Effect.gen(function* () {
        const fault = at(Faults.forbidden, ["submit"], "10 minutes")
        cluster.inject(fault)
        yield* cluster.create()
        yield* cluster.converge({ until: () => wasInjected(cluster, fault) })
        yield* cluster.callLog.clear
        yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "9 minutes" }))
        const calls = yield* cluster.take
        assert.isAtMost(calls.filter(({ verb }) => verb === "patchStatus").length, (9 * 60) / 2)
        assert.deepInclude(cluster.waiting(), { reason: "TaskNotAccepted", task: "configure-genesis" })
        yield* cluster.converge({ maxPasses })
        assert.strictEqual(cluster.status().phase, "Running")
        yield* cluster.expectInvariants
      })
    )
  )
})

describe("a node whose deletion is rejected", () => {
  for (const refusal of [Faults.forbidden, Faults.invalid, Faults.notFound]) {
    it.effect(`INV-10: stays until its claim is deleted (${refusal.name})`, () =>
      NodeCluster.run((cluster) =>
        Effect.gen(function* () {
          const ofClaims: Faults.Fault = {
            ...at(refusal, ["delete"], "30 minutes"),
            appliesTo: ({ key, verb }) => verb === "delete" && key?.kind.kind === "PersistentVolumeClaim"
          }
          yield* NodeCluster.converged(cluster)
          cluster.inject(ofClaims)
          yield* cluster.remove
          yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "25 minutes" }))
          assert.isTrue(wasInjected(cluster, ofClaims))
          assert.isDefined(cluster.pvc())
          assert.isDefined(cluster.node())
          assert.deepInclude(cluster.condition("Degraded"), { status: "True", reason: "WaitOverdue" })
          yield* cluster.converge({ maxPasses })
          assert.isUndefined(cluster.pvc())
          assert.isUndefined(cluster.node())
          yield* cluster.expectInvariants
        })
      )
    )
  }

  it.effect("INV-10: stays until its finalizer is removed", () =>
    NodeCluster.run((cluster) =>
      Effect.gen(function* () {
        yield* NodeCluster.converged(cluster)
        cluster.inject(at(Faults.forbidden, ["setFinalizers"], "30 minutes"))
        yield* cluster.remove
        yield* Effect.ignore(cluster.converge({ maxPasses, maxTime: "25 minutes" }))
        assert.isDefined(cluster.node())
        assert.include(String(cluster.waiting().detail), "setFinalizers")
        yield* cluster.converge({ maxPasses })
        assert.isUndefined(cluster.node())
        yield* cluster.expectInvariants
      })
    )
  )
})

describe("the workflows of a deleted node", () => {
  const remove = Effect.fnUntraced(function* (cluster: NodeCluster.NodeCluster, faults: ReadonlyArray<Faults.Fault>) {
    yield* NodeCluster.createWorkflow(cluster, "of-this-node", NodeCluster.NAME)
    yield* NodeCluster.converged(cluster)
    for (const fault of faults) cluster.inject(fault)
    yield* cluster.remove
    yield* cluster.converge({ maxPasses })
    assert.isUndefined(cluster.node())
    for (const fault of faults) assert.isTrue(wasInjected(cluster, fault), fault.name)
    return NodeCluster.workflowFinalizers(cluster, "of-this-node")
  })

  it.effect("are released although the list of them gets 404 for half an hour, because their CRD exists", () =>
    NodeCluster.run((cluster) =>
      Effect.gen(function* () {
        const fault = at(Faults.notFound, ["list"], "30 minutes")
        assert.deepStrictEqual(yield* remove(cluster, [fault]), ["example.dev/other"])
        yield* cluster.expectInvariants
      })
    )
  )

  it.effect("are left alone when their list gets 404 and the controller may not read their CRD", () =>
    NodeCluster.run((cluster) =>
      Effect.gen(function* () {
        const faults = [at(Faults.notFound, ["list"]), at(Faults.forbidden, ["get"])]
        const [finalizer] = (yield* remove(cluster, faults)) ?? []
        assert.strictEqual(finalizer, "sei.io/seinodetaskworkflow-finalizer")
      })
    )
  )
})
