/** The built controller as a process of its own, and the nodes that it is given. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { CustomKind, KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Yaml from "yaml"

/** The controllers of a cluster that nodes need. */
export const CLUSTER = [
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
/** What an example may hold beside its node. */
export const KINDS: { readonly [kind: string]: ObjectMeta.ObjectKind } = {
  SeiNode: SeiNode.resource,
  Secret: Identity.Secret
}

/** The objects of an example's folder: what the node needs, then the node. */
export const example = (folder: string): ReadonlyArray<ObjectMeta.Manifest> =>
  Fs.readdirSync(path(`examples/${folder}`))
    .sort((left, right) => Number(left === "node.yaml") - Number(right === "node.yaml"))
    .flatMap((file) => Yaml.parseAllDocuments(Fs.readFileSync(path(`examples/${folder}/${file}`), "utf8")))
    .map((document) => document.toJS())

/** The controller's process, with sidecars behind a proxy. */
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
    (child) => Effect.promise(() => stopped(child))
  )

const stopped = (child: ChildProcess): Promise<void> =>
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

/** Waits until the node runs an image and has no plan; then a moment more, in which nothing may happen. */
export const convergedOn = (key: ObjectMeta.ObjectKey, image: string) =>
  status(key).pipe(
    Effect.filterOrFail(
      ({ currentImage, phase, plan }) => phase === "Running" && currentImage === image && plan === undefined
    ),
    Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 300 }))),
    Effect.andThen(Effect.sleep("1 second"))
  )

/** A namespace and the kind, served. */
export const prepare = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.apply(ObjectMeta.key(Namespace, "", "sei"), {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "sei" }
  })
  const name = `${SeiNode.kind.plural}.${SeiNode.kind.group}`
  const definition = {
    ...CustomKind.manifest(SeiNode.kind),
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition"
  }
  yield* api.apply(ObjectMeta.key(Definition, "", name), { ...definition, metadata: { name } })
  yield* Effect.retry(api.list(SeiNode.resource), Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 50 })))
})
