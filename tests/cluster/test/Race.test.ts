/**
 * Two processes of the bundled controller reconcile the same objects on one real API server, which decides their
 * conflicts. A proxy holds each status write until the other process sends one for the same object.
 */
import * as Fs from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { AuditCalls, AuditFile, type CallLog, Invariants } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Controller from "../harness/Controller.ts"
import * as Kubelet from "../harness/Kubelet.ts"
import * as WriteRaceProxy from "../harness/WriteRaceProxy.ts"

const PROCESSES = ["left", "right"]
const USERS = Object.fromEntries([...PROCESSES, "kubelet"].map((name) => [name, [ControlPlane.MASTERS]]))

const isStatusWrite = ({ pass, verb }: CallLog.Call): boolean => verb === "patchStatus" && pass !== undefined

const race = Effect.gen(function* () {
  const plane = yield* ControlPlane.make({ users: USERS, controllers: Controller.CLUSTER_CONTROLLERS })
  const user = LiveKubernetes.layer({ fieldManager: "user" }).pipe(
    Layer.provide(WriteTracker.layer),
    Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) }))
  )
  return yield* Effect.gen(function* () {
    yield* Controller.prepare
    const kubelet = yield* Kubelet.start({ kubeconfig: plane.kubeconfig("kubelet") })
    const processes = PROCESSES.map((name) => ({ name, kubeconfig: plane.kubeconfig(name) }))
    const { collisions, kubeconfigs } = yield* WriteRaceProxy.make(plane.url, processes)
    for (const kubeconfig of kubeconfigs) yield* Controller.start(kubeconfig, kubelet.proxy)
    const [manifest] = Controller.example("01-full-node")
    if (manifest === undefined) return yield* Effect.die(new Error("the example is empty"))
    const key = ObjectMeta.key(SeiNode.resource, "sei", manifest.metadata.name)
    yield* Controller.apply(key, manifest)
    yield* Controller.convergedOn(key, String(Object(manifest.spec).image))
    yield* Controller.apply(key, { ...manifest, spec: { ...Object(manifest.spec), image: "sei:v2" } })
    yield* Controller.convergedOn(key, "sei:v2")
    const { entries } = yield* AuditFile.fromFile(plane.auditLog)
    const kinds = [Identity.StatefulSet, Identity.Pod, Identity.Service, Identity.ConfigMap]
    const calls = AuditCalls.fromAudit(entries, [], { kind: SeiNode.resource, kinds, users: PROCESSES })
    return { calls, collisions: collisions() }
  }).pipe(Effect.provide(user))
}).pipe(Effect.scoped)

describe("two controllers on one real API server", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("need KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  it.live(
    "INV-3: write each version once; the node converges and every invariant holds",
    () =>
      Effect.gen(function* () {
        assert.isTrue(Fs.existsSync(Controller.bundle), `${Controller.bundle} does not exist: run pnpm run build first`)
        const { calls, collisions } = yield* race
        const writes = calls.filter(isStatusWrite)
        const successful = writes.filter(({ result }) => result === "ok").map(({ pass }) => pass?.observedVersion)
        assert.isAbove(collisions, 3)
        assert.isAbove(writes.filter(({ result }) => result === "conflict").length, 3)
        assert.strictEqual(new Set(successful).size, successful.length)
        assert.deepStrictEqual(Invariants.check(calls), [])
      }),
    180_000
  )
})
