/**
 * The adapter passes the conformance suites. The implementations in memory run the same suites in testkit's own tests.
 */
import { afterAll, describe, it } from "@effect/vitest"
import { Client, InformerCache, LiveEvents, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, ObjectMeta, Watches } from "@portolan/planner"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Controller from "../harness/Controller.ts"

const adapter = LiveEvents.layer({ component: "conformance" }).pipe(
  Layer.merge(InformerCache.layer({ watched: Watches.watched([Conformance.watched]) })),
  Layer.provideMerge(LiveKubernetes.layer({ fieldManager: "conformance" })),
  Layer.provide(WriteTracker.layer)
)

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")

/** Creates the namespace and the CRD of the suites, and waits until the API server serves the kind. */
const setup = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "conformance" } }
  yield* Controller.apply(ObjectMeta.key(Namespace, "", "conformance"), namespace)
  yield* Controller.apply(
    ObjectMeta.key(Definition, "", Conformance.widgetDefinition.metadata.name),
    Conformance.widgetDefinition
  )
  yield* Effect.retry(api.list(Conformance.widget), Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 50 })))
})

/** The same, and waits for the first list of the cache. */
const setupCache = Effect.andThen(
  setup,
  InformerCache.InformerCache.use(({ ready }) => ready)
)

const runSuites = (name: string, client: Layer.Layer<Client.Client, unknown>) => {
  const implementation = adapter.pipe(Layer.provide(client))
  Conformance.kubernetesApi(name, implementation, { namespace: "conformance", setup })
  Conformance.objectCache(name, implementation, { namespace: "conformance", setup: setupCache })
  Conformance.eventRecorder(name, implementation, { namespace: "conformance", setup })
}

const server = Effect.gen(function* () {
  const { url } = yield* KubernetesServer.make({ server: yield* InMemoryKubernetes.makeServer() })
  return Client.layerFromKubeconfig({ server: url })
})

runSuites("the adapter on the emulated API server", Layer.unwrap(server))

if (process.env.KUBEBUILDER_ASSETS === undefined) {
  describe("the adapter on a real API server", () => {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
  })
} else {
  const plane = await ControlPlane.start()
  afterAll(plane.stop)
  runSuites(
    "the adapter on a real API server",
    Client.layerFromKubeconfig({ path: plane.kubeconfig(ControlPlane.ADMIN) })
  )
}
