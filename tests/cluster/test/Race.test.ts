/**
 * Two processes of the built controller on one real API server, neither of which knows of the other: only there can the
 * server be the referee. Each of their status writes is held until the other one has one of the same object.
 */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { AuditCalls, AuditFile, type CallLog, Invariants } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Controller from "../harness/Controller.ts"
import * as Kubelet from "../harness/Kubelet.ts"
import * as Lockstep from "../harness/Lockstep.ts"

const SIDES = ["left", "right"]
const USERS = Object.fromEntries([...SIDES, "actor"].map((name) => [name, [ControlPlane.MASTERS]]))

const isWrite = ({ pass, verb }: CallLog.Call): boolean => verb === "patchStatus" && pass !== undefined

const raced = Effect.gen(function* () {
  const plane = yield* ControlPlane.make({ users: USERS, controllers: Controller.CLUSTER })
  const user = LiveKubernetes.layer({ fieldManager: "somebody" }).pipe(
    Layer.provide(WriteTracker.layer),
    Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) }))
  )
  return yield* Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    yield* Controller.prepare
    const kubelet = yield* Kubelet.play({ kubeconfig: plane.kubeconfig("actor") })
    const sides = SIDES.map((name) => ({ name, kubeconfig: plane.kubeconfig(name) }))
    const lockstep = yield* Lockstep.make(plane.url, sides)
    for (const { kubeconfig } of lockstep.doors) yield* Controller.start(kubeconfig, kubelet.proxy)
    const [manifest] = Controller.example("01-full-node")
    if (manifest === undefined) return yield* Effect.die(new Error("the example is empty"))
    const key = ObjectMeta.key(SeiNode.resource, "sei", manifest.metadata.name)
    yield* api.apply(key, manifest)
    yield* Controller.convergedOn(key, String(Object(manifest.spec).image))
    yield* api.apply(key, { ...manifest, spec: { ...Object(manifest.spec), image: "sei:v2" } })
    yield* Controller.convergedOn(key, "sei:v2")
    const { entries } = yield* AuditFile.fromFile(plane.auditLog)
    const kinds = [Identity.StatefulSet, Identity.Pod, Identity.Service, Identity.ConfigMap]
    const calls = AuditCalls.fromAudit(entries, [], { kind: SeiNode.resource, kinds, users: SIDES })
    return { calls, met: lockstep.met(), node: Option.getOrThrow(yield* api.get(key)) }
  }).pipe(Effect.provide(user))
}).pipe(Effect.scoped)

describe("two controllers on one real API server", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("need KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  it.live(
    "INV-3: write every version once, whoever wins, and the node settles with every law held",
    () =>
      Effect.gen(function* () {
        assert.isTrue(Fs.existsSync(Controller.bundle), `${Controller.bundle} is missing: run npm run build first`)
        const { calls, met } = yield* raced
        const writes = calls.filter(isWrite)
        const won = writes.filter(({ result }) => result === "ok").map(({ pass }) => pass?.observedVersion)
        assert.isAbove(met, 3)
        assert.isAbove(writes.filter(({ result }) => result === "conflict").length, 3)
        assert.strictEqual(new Set(won).size, won.length)
        assert.deepStrictEqual(Invariants.check(calls), [])
      }),
    180_000
  )
})
