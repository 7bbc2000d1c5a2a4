/**
 * The bundled controller on a real API server with the StatefulSet, Job and garbage collector controllers of
 * Kubernetes: nodes are created, updated to another image and deleted. The audit log shows that the requests stay
 * within the budget.
 */
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { AuditCalls, AuditFile, type AuditLog, Invariants, PlanKind } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Controller from "../harness/Controller.ts"
import * as Kubelet from "../harness/Kubelet.ts"

/** The audit log entries of the controller and of the user. */
const auditEntries = ({ auditLog }: ControlPlane.Shape): ReadonlyArray<AuditFile.Entry> => {
  const { entries } = Result.getOrThrow(AuditFile.fromText(Fs.readFileSync(auditLog, "utf8")))
  return AuditFile.ofUsers(entries, "operator", ControlPlane.ADMIN)
}

/** The number of requests of reconcile passes, by verb. */
const countRequests = (entries: ReadonlyArray<AuditLog.AuditEntry>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { patchFormat, resource, pass, verb } of entries) {
    if (pass === undefined) continue
    const name = verb === "patch" && patchFormat === "apply" ? "apply" : `${verb} ${resource}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Creates the SeiNode of an example, waits until it converges, changes its image, waits again, and deletes it. */
const scenario = Effect.fnUntraced(function* (plane: ControlPlane.Shape, folder: string) {
  const api = yield* KubernetesApi.KubernetesApi
  yield* Controller.prepare
  const start = auditEntries(plane).length
  const log = () => auditEntries(plane).slice(start)
  const kubelet = yield* Kubelet.start({ kubeconfig: plane.kubeconfig("kubelet"), position: () => log().length })
  yield* Controller.start(plane.kubeconfig("operator"), kubelet.proxy)
  const manifests = Controller.example(folder)
  for (const manifest of manifests) {
    yield* Controller.apply(
      ObjectMeta.key(Controller.KINDS[manifest.kind] ?? SeiNode.resource, "sei", manifest.metadata.name),
      manifest
    )
  }
  const node = manifests.at(-1)
  if (node === undefined) return yield* Effect.die(new Error(`${folder} is empty`))
  const key = ObjectMeta.key(SeiNode.resource, "sei", node.metadata.name)
  const { image } = Object(node.spec)
  yield* Controller.convergedOn(key, String(image))
  const first = log()
  yield* Controller.apply(key, { ...node, spec: { ...Object(node.spec), image: "sei:v2" } })
  yield* Controller.convergedOn(key, "sei:v2")
  const all = log()
  const stored = Option.getOrThrow(yield* api.get(key))
  yield* api.delete(key, { uid: stored.metadata.uid })
  yield* api
    .get(key)
    .pipe(
      Effect.filterOrFail(Option.isNone),
      Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 200 })))
    )
  const kinds = [
    Identity.StatefulSet,
    Identity.Pod,
    Identity.Service,
    Identity.ConfigMap,
    Identity.Job,
    Identity.PersistentVolumeClaim
  ]
  const calls = AuditCalls.fromAudit(log(), kubelet.agentRequests(), { kind: SeiNode.resource, kinds })
  return { init: countRequests(first), update: countRequests(all.slice(first.length)), calls }
})

interface Budget {
  readonly folder: string
  readonly name: string
  readonly init: Readonly<Record<string, number>>
}

/** Values to compare. Fewer status writes are allowed: a wait that ends before the first poll is never written. */
const atMost = (counted: Budget["init"], budget: Budget["init"]) => {
  const { [STATUS]: writes = 0 } = counted
  const { [STATUS]: maximum = 0 } = budget
  return [{ ...counted, [STATUS]: Math.max(writes, maximum) }, budget] as const
}

/** `operator` is the controller under test. The admin creates, edits and deletes the objects. */
const USERS = { operator: [ControlPlane.MASTERS], kubelet: [ControlPlane.MASTERS] }

const STATUS = "patch seinodes/status"

const UPDATE = { [STATUS]: 6, apply: 2, "delete pods": 1, "create events": 2 }
const INIT = {
  "patch seinodes": 1,
  [STATUS]: 7,
  "create persistentvolumeclaims": 1,
  apply: 3,
  "create events": 2
}

const BUDGETS: ReadonlyArray<Budget> = [
  { folder: "01-full-node", name: "a full node converges with at most 14 requests", init: INIT },
  {
    folder: "04-validator",
    name: "a validator with keys converges with at most 16 requests",
    // Whether another pod holds the signing key: no watch of this process shows all pods.
    init: { ...INIT, "create configmaps": 1, "list pods": 1 }
  },
  {
    folder: "08-bootstrap",
    name: "a bootstrap converges with at most 26 requests",
    init: {
      ...INIT,
      [STATUS]: 15,
      apply: 4,
      "create jobs": 1,
      "delete jobs": 1,
      "delete services": 1
    }
  }
]

describe("on a real API server", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  const started = ControlPlane.start({ users: USERS, controllers: Controller.CLUSTER_CONTROLLERS })
  afterAll(async () => (await started).stop())

  for (const { folder, init, name } of BUDGETS) {
    it.live(
      `${name}, changes its image with at most 11 and is deleted, and every invariant holds`,
      () =>
        Effect.gen(function* () {
          assert.isTrue(
            Fs.existsSync(Controller.bundle),
            `${Controller.bundle} does not exist: run pnpm run build first`
          )
          const plane = yield* Effect.promise(() => started)
          const user = LiveKubernetes.layer({ fieldManager: "user" }).pipe(
            Layer.provide(WriteTracker.layer),
            Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig("admin") }))
          )
          const result = yield* scenario(plane, folder).pipe(Effect.scoped, Effect.provide(user))
          assert.deepStrictEqual(...atMost(result.init, init))
          assert.deepStrictEqual(...atMost(result.update, UPDATE))
          const verdicts = Invariants.evaluate(result.calls, { kinds: [PlanKind.make(SeiNode.resource)] })
          assert.deepStrictEqual(
            verdicts.filter(({ _tag }) => _tag === "Violated"),
            []
          )
          // Nothing fails in these scenarios.
          const notJudged = verdicts.filter(({ _tag }) => _tag === "NotJudged").map(({ invariant }) => invariant.name)
          assert.deepStrictEqual(notJudged, ["INV-4", "INV-9"])
        }),
      120_000
    )
  }

  it("portolan-check finds no violation in the whole audit log, and finds a plan that was removed from it", async () => {
    const { auditLog } = await started
    const whole = portolanCheck(auditLog)
    assert.deepStrictEqual(whole.stdout.match(/^INV-\d+ +Violated .*(?:\n {2}.*)*/gmu), null)
    const notJudged = [...whole.stdout.matchAll(/^(INV-\d+) +NotJudged /gmu)].map(([, name]) => name)
    assert.deepStrictEqual(notJudged, ["INV-4", "INV-8", "INV-9", "INV-16"])
    assert.strictEqual(whole.status, 0)
    const lines = Fs.readFileSync(auditLog, "utf8").trimEnd().split("\n")
    const write = lines.findLastIndex(
      (line) => line.includes('"phase":"Active"') && line.includes('"subresource":"status"')
    )
    const edited = JSON.parse(lines[write] ?? "")
    edited.responseObject.status.plan = undefined
    const broken = `${auditLog}.broken`
    Fs.writeFileSync(broken, lines.with(write, JSON.stringify(edited)).join("\n"))
    const { status, stdout } = portolanCheck(broken)
    assert.match(stdout, new RegExp(`^INV-6 +Violated .*\\n.* was removed\\n +line ${write + 1} .* operator `, "mu"))
    assert.strictEqual(status, 1)
  })
})

const command = fileURLToPath(new URL("../../../packages/testkit/src/bin/portolan-check.ts", import.meta.url))

const portolanCheck = (file: string) => spawnSync(process.execPath, [command, file], { encoding: "utf8" })
