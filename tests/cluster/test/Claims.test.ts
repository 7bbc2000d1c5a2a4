/** The emulated StatefulSet controller writes the claims that the real one writes. */
import { assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import { ClusterControllers, InMemoryKubernetes } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const POLICIES = [
  ["retain-retain", undefined],
  ["delete-retain", { whenDeleted: "Delete", whenScaled: "Retain" }],
  ["delete-delete", { whenDeleted: "Delete", whenScaled: "Delete" }],
  ["retain-delete", { whenDeleted: "Retain", whenScaled: "Delete" }]
] as const

const key = (kind: ObjectMeta.ObjectKind, name: string) => ObjectMeta.key(kind, "default", name)

const statefulSet = (name: string, policy: object | undefined) => {
  const labels = { app: name, tier: "selector" }
  const metadata = { name: "data", labels: { app: "template", own: "yes" }, annotations: { note: "kept" } }
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } }
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name },
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, pod: "only" } }, spec: { containers: [{ name: "c", image: "i" }] } },
      volumeClaimTemplates: [{ metadata, spec }],
      ...(policy === undefined ? {} : { persistentVolumeClaimRetentionPolicy: policy })
    }
  }
}

/** Labels, annotations and owners of the claim of each policy. `act` lets controllers act. */
const claims = (act: Effect.Effect<void>) =>
  Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    yield* Effect.forEach(POLICIES, ([name, policy]) =>
      api.create(key(Identity.StatefulSet, name), statefulSet(name, policy))
    )
    yield* act
    return yield* Effect.forEach(POLICIES, ([name]) =>
      api.get(key(Identity.PersistentVolumeClaim, `data-${name}-0`)).pipe(
        Effect.flatMap(Effect.fromOption),
        Effect.map(({ metadata }) => ({
          labels: metadata.labels,
          annotations: metadata.annotations,
          owners: metadata.ownerReferences?.map(({ uid: _, ...owner }) => owner)
        }))
      )
    )
  })

const emulated = Effect.gen(function* () {
  const { server } = yield* InMemoryKubernetes.InMemoryKubernetes
  const controllers = ClusterControllers.make(server, { binds: () => false })
  return yield* claims(Effect.sync(() => controllers.step(0)))
}).pipe(Effect.provide(InMemoryKubernetes.layer))

describe("the claims of a StatefulSet", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  it.live("have the labels, annotations and owners that kube-controller-manager gives them", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make({ controllers: ["statefulset-controller"] })
      const adapter = LiveKubernetes.layer({ fieldManager: "test" }).pipe(
        Layer.provide(WriteTracker.layer),
        Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) }))
      )
      // The controller creates a claim and sets its owner later.
      const real = yield* claims(Effect.sleep("3 seconds")).pipe(Effect.provide(adapter))
      assert.deepStrictEqual(yield* emulated, real)
      assert.deepStrictEqual(
        real.map(({ owners }) => owners?.length),
        [undefined, 1, 1, undefined]
      )
    }).pipe(Effect.scoped)
  )
})
