/** Runs the bundled controller as a process, and loads the SeiNodes of the examples. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { CustomKind, KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Yaml from "yaml"

/** The controllers of kube-controller-manager that SeiNodes need. */
export const CLUSTER_CONTROLLERS = [
  "statefulset-controller",
  "job-controller",
  "garbage-collector-controller",
  "namespace-controller"
]

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
export const bundle = path("apps/controller/dist/main.mjs")

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
/** The kinds of objects in examples. */
export const KINDS: { readonly [kind: string]: ObjectMeta.ObjectKind } = {
  SeiNode: SeiNode.resource,
  Secret: Identity.Secret
}

/** The objects of an example's folder. The SeiNode comes last, after the objects that it references. */
export const example = (folder: string): ReadonlyArray<ObjectMeta.Manifest> =>
  Fs.readdirSync(path(`examples/${folder}`))
    .sort((left, right) => Number(left === "node.yaml") - Number(right === "node.yaml"))
    .flatMap((file) => Yaml.parseAllDocuments(Fs.readFileSync(path(`examples/${folder}/${file}`), "utf8")))
    .map((document) => document.toJS())

/** Starts the controller. It reaches the sidecars through an HTTP proxy. */
export const start = (kubeconfig: string, proxy: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const env = {
        PATH: process.env.PATH,
        HTTP_PROXY: proxy,
        SEI_SIDECAR_TOKEN_FILE: "",
        SEI_CONTROLLER_CONFIG: path("examples/platform.yaml"),
        SEI_GATEWAY_NAME: "g",
        SEI_GATEWAY_NAMESPACE: "g",
        SEI_GATEWAY_DOMAIN: "example.dev"
      }
      const flags = ["--kubeconfig", kubeconfig, "--health-probe-bind-address", "0"]
      return spawn(process.execPath, [bundle, ...flags], { env, stdio: ["ignore", "inherit", "inherit"] })
    }),
    (child) => Effect.promise(() => stop(child))
  )

const stop = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill("SIGTERM")
  })

const status = Effect.fnUntraced(function* (key: ObjectMeta.ObjectKey) {
  const api = yield* KubernetesApi.KubernetesApi
  const found = Option.getOrUndefined(yield* api.get(key))?.status
  return ObjectMeta.isJsonObject(found) ? found : {}
})

/**
 * Waits until the node runs the image and has no plan, and then another second, so that later requests are recorded
 * too.
 */
export const convergedOn = (key: ObjectMeta.ObjectKey, image: string) =>
  status(key).pipe(
    Effect.filterOrFail(
      ({ currentImage, phase, plan }) => phase === "Running" && currentImage === image && plan === undefined
    ),
    Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 300 }))),
    Effect.andThen(Effect.sleep("1 second"))
  )

/** Applies an object onto the one that exists, if any. */
export const apply = Effect.fnUntraced(function* (key: ObjectMeta.ObjectKey, body: ObjectMeta.Manifest) {
  const api = yield* KubernetesApi.KubernetesApi
  return yield* api.apply(key, body, Option.getOrUndefined(yield* api.get(key)))
})

/** Creates the namespace and the CRD, and waits until the API server serves the kind. */
export const prepare = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  yield* apply(ObjectMeta.key(Namespace, "", "sei"), {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "sei" }
  })
  const name = `${SeiNode.kind.plural}.${SeiNode.kind.group}`
  const crd = {
    ...CustomKind.manifest(SeiNode.kind),
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition"
  }
  yield* apply(ObjectMeta.key(Definition, "", name), { ...crd, metadata: { name } })
  yield* Effect.retry(api.list(SeiNode.resource), Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 50 })))
})
