/** Both keepers of each promise pass one suite: memory in the testkit's own tests, and the adapter here, over HTTP. */
import { afterAll, describe, it } from "@effect/vitest"
import { Client, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta } from "@portolan/planner"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

const adapter = LiveEvents.layer({ component: "conformance" }).pipe(
  Layer.merge(InformerCache.layer({ watched: [{ kind: Conformance.widget }] })),
  Layer.provideMerge(LiveKubernetes.layer({ fieldManager: "conformance" })),
  Layer.provide(WriteTracker.layer)
)

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

/** A cache that has listed nothing yet knows of nothing. */
const cached = Effect.andThen(
  setup,
  InformerCache.InformerCache.use(({ ready }) => ready)
)

const hold = (name: string, client: Layer.Layer<Client.Client, unknown>) => {
  const implementation = adapter.pipe(Layer.provide(client))
  Conformance.kubernetesApi(name, implementation, { namespace: "conformance", setup })
  Conformance.objectCache(name, implementation, { namespace: "conformance", setup: cached })
  Conformance.eventRecorder(name, implementation, { namespace: "conformance", setup })
}

const server = Effect.gen(function* () {
  const { url } = yield* KubernetesServer.make({ server: yield* InMemoryKubernetes.makeServer() })
  return Client.layerFromKubeconfig({ server: url })
})

hold("the adapter on the server in memory", Layer.unwrap(server))

if (process.env.KUBEBUILDER_ASSETS === undefined) {
  describe("the adapter on a real API server", () => {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
  })
} else {
  const plane = await ControlPlane.start()
  afterAll(plane.stop)
  hold("the adapter on a real API server", Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) }))
}
