/** Both keepers of `KubernetesApi` pass one suite: memory in the testkit's own tests, and the adapter here, over HTTP. */
import { afterAll, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, OwnWrites } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

const adapter = LiveKubernetes.layer({ fieldManager: "conformance" }).pipe(Layer.provide(OwnWrites.layer))

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")

/** A namespace and the suite's kind, served. */
const setup = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "conformance" } }
  yield* api.apply(ObjectMeta.key(Namespace, "", "conformance"), namespace)
  yield* api.apply(
    ObjectMeta.key(Definition, "", Conformance.widgetDefinition.metadata.name),
    Conformance.widgetDefinition
  )
  yield* Effect.retry(api.list(Conformance.widget), Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 50 })))
})

Conformance.kubernetesApi(
  "the adapter on the server in memory",
  adapter.pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.gen(function* () {
          const server = yield* InMemoryKubernetes.makeServer()
          const { url } = yield* KubernetesServer.make({ server })
          return Client.layerFromKubeconfig({ server: url })
        })
      )
    )
  ),
  { namespace: "conformance", setup }
)

if (process.env.KUBEBUILDER_ASSETS === undefined) {
  describe("KubernetesApi (the adapter on a real API server)", () => {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
  })
} else {
  const plane = await ControlPlane.start()
  afterAll(plane.stop)
  Conformance.kubernetesApi(
    "the adapter on a real API server",
    adapter.pipe(Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) }))),
    { namespace: "conformance", setup }
  )
}
