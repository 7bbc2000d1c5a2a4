/**
 * The process as it ships, with a validator, a node that waits for state syncers, and a full node: creation, a restart
 * of the process, an update whose plan fails once, an image that cannot be pulled, adoption by a workflow, deletion. Each
 * invariant is a test of its own, which also fails when nothing shows it.
 */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import type { AuditLog } from "@portolan/testkit"
import { HttpFaults, Invariants } from "@portolan/testkit"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastClock from "./harness/FastClock.ts"
import * as Process from "./harness/Process.ts"

const CONTROLLER = "seinode-controller"
const STATUS = "seinodes/status"
const POD = { ...Process.KEY, kind: Identity.Pod, name: `${Process.KEY.name}-0` }

/** What each of the first status writes of the node fails with. */
const REFUSALS = [
  HttpFaults.unauthorized(),
  HttpFaults.forbidden(),
  HttpFaults.notFound(),
  HttpFaults.spuriousConflict(),
  HttpFaults.invalid(),
  HttpFaults.throttled({ seconds: 1 }),
  HttpFaults.serverError(),
  HttpFaults.unavailable(),
  HttpFaults.answerLost()
]

/** Creates the nodes. The process ends while one of them waits for state syncers. */
const create = Effect.fnUntraced(function* (cluster: Process.Cluster) {
  for (const refusal of REFUSALS) {
    cluster.faults.inject(refusal, { on: { verb: "patch", resource: STATUS, name: Process.KEY.name } })
  }
  const { until } = yield* Process.start(cluster)
  yield* Effect.forEach([...Process.others, Process.node], (object) => cluster.apply(object), { discard: true })
  yield* until(Process.runs(String(Object(Process.node.spec).image)))
}, Effect.scoped)

const live = Effect.fnUntraced(function* (cluster: Process.Cluster) {
  const { adopt, agents, exists, isPodStuck, phases, registerSyncers, remove, setImage } = cluster
  yield* create(cluster)
  const { until } = yield* Process.start(cluster)
  yield* until(Process.isIdle)
  registerSyncers()
  agents.script("config-validate", { failures: 1, error: "not valid yet" })
  yield* setImage("sei:v2")
  yield* until(({ plan }) => Object(plan).phase === "Failed")
  agents.script("config-validate", {})
  yield* until(Process.runs("sei:v2"))
  yield* setImage(Process.WRONG_IMAGE)
  yield* Process.eventually(isPodStuck)
  yield* setImage("sei:v3")
  yield* until(Process.runs("sei:v3"))
  // The node does not poll any more, so only a watch can report that its sidecar has to be marked ready again.
  yield* remove(POD)
  yield* until(({ plan }) => plan !== undefined)
  yield* until(Process.runs("sei:v3"))
  yield* adopt({ name: "w", uid: "u", adoptedAt: "2026-01-01T00:00:00Z" })
  yield* until((status, report) => status.adoptedWorkflow !== undefined && Process.isIdle(status, report))
  yield* adopt(null)
  yield* until((status, report) => status.adoptedWorkflow === undefined && Process.isIdle(status, report))
  yield* remove(Process.KEY)
  yield* Process.eventually(() => !exists() && phases().every((phase) => phase === "Running"))
})

/** The log of the run, also when the node does not get to the end of its path. Run once, read by every test. */
const run = Effect.runPromise(
  Effect.flatMap(FastClock.make(), (clock) =>
    Effect.gen(function* () {
      const cluster = yield* Process.makeCluster
      const exit = yield* Effect.exit(Effect.timeout(live(cluster), "5 minutes"))
      return { exit, entries: cluster.api.audit(), verdicts: Process.verdicts(cluster) }
    }).pipe(Effect.scoped, Effect.provideService(Clock.Clock, clock))
  )
)

type Entry = AuditLog.AuditEntry

const isRead = ({ verb }: Entry): boolean => ["get", "list", "watch"].includes(verb)

/** What a request reads: `list pods with labelSelector sei.io/node`, `in sei` if it reads one namespace. */
const informed = ({ namespace, resource, uri, verb }: Entry): string => {
  const selectors = ["labelSelector", "fieldSelector"].flatMap((name) => {
    const selector = new URL(uri, "http://server").searchParams.get(name)
    return selector === null ? [] : [` with ${name} ${selector}`]
  })
  return `${verb} ${resource}${namespace === "" ? "" : ` in ${namespace}`}${selectors.join("")}`
}

/** The managers of a written object and of its status, without those of the cluster and of the user. */
const managersOf = ({ responseBody }: Entry): ReadonlyArray<string> => {
  const fields = ObjectMeta.isKubernetesObject(responseBody) ? responseBody.metadata.managedFields : []
  const managers = (Array.isArray(fields) ? fields : []).map(({ manager }) => String(manager))
  return managers.filter((manager) => !CLUSTER.has(manager))
}

const CLUSTER = new Set(["you", "kubelet", "statefulset-controller", "persistentvolume-binder"])

describe("the composed process", () => {
  it("takes a node from its creation to its deletion", async () => {
    const { exit } = await run
    if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  })

  for (const { name } of Invariants.invariants) {
    it(`${name} holds`, async () => {
      const verdict = (await run).verdicts.find(({ invariant }) => invariant.name === name)
      if (verdict?._tag === "Violated") throw new Invariants.InvariantViolation(verdict)
      assert.strictEqual(verdict?._tag, "Held")
    })
  }

  // A request with code 401 is repeated in its pass with renewed credentials.
  it("INV-2: sends one request to /status in a pass, and none outside", async () => {
    const writes = (await run).entries.filter(
      (entry) => entry.resource === STATUS && !isRead(entry) && entry.user !== Process.WORKFLOW && entry.code !== 401
    )
    assert.isAbove(writes.length, 10)
    for (const [pass, { length }] of Map.groupBy(writes, (entry) => entry.pass)) {
      assert.isDefined(pass, "a request outside of any pass")
      assert.strictEqual(length, 1, `pass ${pass}`)
    }
  })

  it("lists and watches each kind once per start, with these selectors", async () => {
    const requests = (await run).entries.filter(
      (entry) => entry.pass === undefined && (entry.verb === "list" || entry.verb === "watch")
    )
    const kinds = [
      "configmaps with labelSelector sei.io/node",
      "jobs",
      "persistentvolumeclaims",
      "persistentvolumes",
      "pods with labelSelector sei.io/node",
      ...["keyring", "node-key", "passphrase", "signing-key"].map(
        (name) => `secrets in ${Process.KEY.namespace} with fieldSelector metadata.name=validator-0-${name}`
      ),
      "seinodes",
      "services",
      "statefulsets"
    ]
    assert.deepStrictEqual(
      requests.map(informed).toSorted(),
      ["list", "list", "watch", "watch"].flatMap((verb) => kinds.map((kind) => `${verb} ${kind}`)).toSorted()
    )
  })

  it("reads in its passes what no watch shows, and nothing else", async () => {
    const reads = (await run).entries.filter((entry) => entry.pass !== undefined && isRead(entry))
    assert.deepStrictEqual([...new Set(reads.map(informed))].toSorted(), [
      "get customresourcedefinitions",
      "list pods in sei",
      "list seinodetaskworkflows in sei"
    ])
  })

  it("runs no two passes of a node at once", async () => {
    const { entries } = await run
    for (const { name } of [...Process.others, Process.node].map(({ metadata }) => metadata)) {
      const passes = entries.filter((entry) => entry.name === name).flatMap(({ pass }) => pass ?? [])
      const starts = passes.filter((pass, index) => pass !== passes[index - 1])
      assert.deepStrictEqual(starts, [...new Set(starts)], name)
    }
  })

  it("writes nothing outside of its passes", async () => {
    // Of this log, only the process sends events, which name no field manager.
    const entries = (await run).entries.filter(
      ({ pass, resource, uri }) => pass === undefined && (uri.includes(CONTROLLER) || resource === "events")
    )
    assert.deepStrictEqual(entries.map(informed), [])
  })

  it("writes objects, finalizers and status as seinode-controller", async () => {
    const writes = (await run).entries.filter(({ pass, resource }) => pass !== undefined && resource !== "events")
    const managers = Map.groupBy(writes, ({ resource }) => resource)
    for (const [resource, entries] of managers) {
      const others = entries.flatMap(managersOf).filter((manager) => manager !== CONTROLLER)
      assert.deepStrictEqual(others, [], resource)
    }
  })

  it("sends events as seinode-controller", async () => {
    const events = (await run).entries.filter(({ resource }) => resource === "events")
    const senders = events.map(({ requestBody }) => Object(requestBody).source)
    assert.deepStrictEqual([...new Set(senders.map((source) => source?.component))], [CONTROLLER])
  })
})
