/** The built controller on a real API server: a full node from nothing to settled, and to a new image, within budget. */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, OwnWrites } from "@portolan/k8s-adapter"
import { CustomKind, KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { AuditCalls, type AuditLog, Invariants } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Yaml from "yaml"
import * as AuditFile from "../world/AuditFile.ts"
import * as ControlPlane from "../world/ControlPlane.ts"
import * as Kubelet from "../world/Kubelet.ts"

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const bundle = path("apps/controller/dist/main.mjs")

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
const key = ObjectMeta.key(SeiNode.resource, "sei", "node-0")

/** The controller's process, with sidecars behind a proxy. */
const startController = (kubeconfig: string, proxy: string) =>
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

const status = Effect.gen(function* () {
  const api = yield* KubernetesApi.KubernetesApi
  const found = Option.getOrUndefined(yield* api.get(key))?.status
  return ObjectMeta.isJsonObject(found) ? found : {}
})

/** Waits until the node runs an image and has no plan; then a moment more, in which nothing may happen. */
const settledOn = (image: string) =>
  status.pipe(
    Effect.filterOrFail(
      ({ currentImage, phase, plan }) => phase === "Running" && currentImage === image && plan === undefined
    ),
    Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 300 }))),
    Effect.andThen(Effect.sleep("1 second"))
  )

/** Requests of the controller's turns, by verb. */
const cost = (entries: ReadonlyArray<AuditLog.AuditEntry>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { patchFormat, resource, turn, verb } of entries) {
    if (turn === undefined) continue
    const name = verb === "patch" && patchFormat === "apply" ? "apply" : `${verb} ${resource}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

const journey = Effect.fnUntraced(function* (plane: ControlPlane.ControlPlane) {
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

  const log = () => AuditFile.read(plane.auditLog, "operator", "admin")
  const kubelet = yield* Kubelet.play({ kubeconfig: plane.kubeconfig("actor"), position: () => log().length })
  yield* startController(plane.kubeconfig("operator"), kubelet.proxy)
  const node = Yaml.parse(Fs.readFileSync(path("examples/01-full-node/node.yaml"), "utf8"))

  yield* api.apply(key, node)
  yield* settledOn(node.spec.image)
  const first = log()
  yield* api.apply(key, { ...node, spec: { ...node.spec, image: "sei:v2" } })
  yield* settledOn("sei:v2")
  const all = log()
  const kinds = [
    Identity.StatefulSet,
    Identity.Pod,
    Identity.Service,
    Identity.ConfigMap,
    Identity.PersistentVolumeClaim
  ]
  const calls = AuditCalls.fromAudit(all, kubelet.asked(), { kind: SeiNode.resource, kinds })
  return { init: cost(first), update: cost(all.slice(first.length)), calls }
})

describe("a full node on a real API server", () => {
  if (ControlPlane.ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  const assets = ControlPlane.ASSETS
  const started = ControlPlane.start(assets)
  afterAll(async () => (await started).stop())

  it.live(
    "goes from nothing to settled with 14 requests and through an image change with 11, and every law holds",
    () =>
      Effect.gen(function* () {
        assert.isTrue(Fs.existsSync(bundle), `${bundle} is missing: run npm run build first`)
        const plane = yield* Effect.promise(() => started)
        const user = LiveKubernetes.layer({ fieldManager: "somebody" }).pipe(
          Layer.provide(OwnWrites.layer),
          Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig("admin") }))
        )
        const { calls, init, update } = yield* journey(plane).pipe(Effect.scoped, Effect.provide(user))
        assert.deepStrictEqual(init, {
          "patch seinodes": 1,
          "patch seinodes/status": 7,
          "create persistentvolumeclaims": 1,
          apply: 3,
          "create events": 2
        })
        assert.deepStrictEqual(update, { "patch seinodes/status": 6, apply: 2, "delete pods": 1, "create events": 2 })
        assert.deepStrictEqual(Invariants.check(calls), [])
      }),
    120_000
  )
})
