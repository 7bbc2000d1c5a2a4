/**
 * The built controller on a real API server, with the cluster's own StatefulSet, Job and garbage controllers: nodes from
 * nothing to settled, and to a new image, within budget by the server's audit log.
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

/** What the controller asked for, and who else wrote in between, in the server's audit log. */
const noted = ({ auditLog }: ControlPlane.Shape): ReadonlyArray<AuditFile.Noted> => {
  const { entries } = Result.getOrThrow(AuditFile.fromText(Fs.readFileSync(auditLog, "utf8")))
  return AuditFile.ofUsers(entries, "operator", ControlPlane.ADMIN)
}

/** Requests of the controller's turns, by verb. */
const cost = (entries: ReadonlyArray<AuditLog.AuditEntry>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { patchFormat, resource, pass, verb } of entries) {
    if (pass === undefined) continue
    const name = verb === "patch" && patchFormat === "apply" ? "apply" : `${verb} ${resource}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** An example, from nothing to settled and to a new image, by a controller of its own; then it is deleted. */
const scenario = Effect.fnUntraced(function* (plane: ControlPlane.Shape, folder: string) {
  const api = yield* KubernetesApi.KubernetesApi
  yield* Controller.prepare
  const begin = noted(plane).length
  const log = () => noted(plane).slice(begin)
  const kubelet = yield* Kubelet.play({ kubeconfig: plane.kubeconfig("actor"), position: () => log().length })
  yield* Controller.start(plane.kubeconfig("operator"), kubelet.proxy)
  const manifests = Controller.example(folder)
  for (const manifest of manifests) {
    yield* api.apply(
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
  yield* api.apply(key, { ...node, spec: { ...Object(node.spec), image: "sei:v2" } })
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
  const calls = AuditCalls.fromAudit(all, kubelet.asked(), { kind: SeiNode.resource, kinds })
  return { init: cost(first), update: cost(all.slice(first.length)), calls }
})

interface Costs {
  readonly folder: string
  readonly what: string
  readonly init: Readonly<Record<string, number>>
}

/** Costs to compare. A wait that is over when it is looked at first saves the write that would show it. */
const within = (found: Costs["init"], budget: Costs["init"]) => {
  const { [STATUS]: writes = 0 } = found
  const { [STATUS]: most = 0 } = budget
  return [{ ...found, [STATUS]: Math.max(writes, most) }, budget] as const
}

/** `operator` is the controller under test, `actor` plays the rest of the cluster; the admin sets the stage. */
const USERS = { operator: [ControlPlane.MASTERS], controller: [ControlPlane.MASTERS] }

const STATUS = "patch seinodes/status"

const UPDATE = { [STATUS]: 6, apply: 2, "delete pods": 1, "create events": 2 }
const INIT = {
  "patch seinodes": 1,
  [STATUS]: 7,
  "create persistentvolumeclaims": 1,
  apply: 3,
  "create events": 2
}

const COSTS: ReadonlyArray<Costs> = [
  { folder: "01-full-node", what: "a full node with at most 14 requests", init: INIT },
  {
    folder: "04-validator",
    what: "a validator with its keys with at most 15",
    init: { ...INIT, "create configmaps": 1 }
  },
  {
    folder: "08-bootstrap",
    what: "a bootstrap with at most 26",
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
  const started = ControlPlane.start({ users: USERS, controllers: Controller.CLUSTER })
  afterAll(async () => (await started).stop())

  for (const { folder, init, what } of COSTS) {
    it.live(
      `${what} goes from nothing to settled, through an image change with at most 11, and away, with every law held`,
      () =>
        Effect.gen(function* () {
          assert.isTrue(Fs.existsSync(Controller.bundle), `${Controller.bundle} is missing: run npm run build first`)
          const plane = yield* Effect.promise(() => started)
          const user = LiveKubernetes.layer({ fieldManager: "somebody" }).pipe(
            Layer.provide(WriteTracker.layer),
            Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig("admin") }))
          )
          const cost = yield* scenario(plane, folder).pipe(Effect.scoped, Effect.provide(user))
          assert.deepStrictEqual(...within(cost.init, init))
          assert.deepStrictEqual(...within(cost.update, UPDATE))
          const verdicts = Invariants.evaluate(cost.calls, { kinds: [PlanKind.make(SeiNode.resource)] })
          assert.deepStrictEqual(
            verdicts.filter(({ _tag }) => _tag !== "Held"),
            []
          )
        }),
      120_000
    )
  }

  it("portolan-check says the same of the whole log, and finds in it a plan that was taken off its node", async () => {
    const { auditLog } = await started
    const whole = portolanCheck(auditLog)
    assert.deepStrictEqual(whole.stdout.match(/^INV-\d+ +Violated .*(?:\n {2}.*)*/gmu), null)
    assert.match(whole.stdout, /12 held, 0 violated, 2 not checked\n$/u)
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
