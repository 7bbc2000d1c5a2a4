/** The user of an emulated cluster: installs the kind, applies and deletes objects. */
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { CustomKind, KubernetesApi, ObjectMeta } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scenarios from "./Scenarios.ts"

const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

const definition: ObjectMeta.Manifest = {
  ...CustomKind.manifest(SeiNode.kind),
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${SeiNode.kind.plural}.${SeiNode.kind.group}` }
}

/** Connects with a kubeconfig, under the field manager `you`. */
export const make = Effect.fnUntraced(function* (kubeconfig: string) {
  const services = yield* Layer.build(
    LiveKubernetes.layer({ fieldManager: "you" }).pipe(
      Layer.provide(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ path: kubeconfig }))
    )
  )
  const api = Context.get(services, KubernetesApi.KubernetesApi)
  const apply = (body: ObjectMeta.Manifest, kind = Scenarios.kindOf(body)) => {
    const key = ObjectMeta.keyOf(kind, body)
    return Effect.flatMap(api.get(key), (existing) => api.apply(key, body, Option.getOrUndefined(existing)))
  }
  return {
    apply,
    /** Installs the CustomResourceDefinition of SeiNode and creates a namespace. */
    install: (namespace: string) =>
      Effect.andThen(
        apply(definition, Definition),
        apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, Namespace)
      ),
    /** Deletes an object, if it exists. */
    remove: (key: ObjectMeta.ObjectKey) =>
      Effect.flatMap(api.get(key), (found) =>
        Option.isNone(found) ? Effect.void : api.delete(key, { uid: found.value.metadata.uid })
      )
  }
})
