/**
 * The built controller on a real API server, with the cluster's own StatefulSet, Job and garbage controllers: nodes from
 * nothing to settled, and to a new image, within budget by the server's audit log.
 */
import { type ChildProcess, spawn } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { Client, LiveKubernetes, OwnWrites } from "@portolan/k8s-adapter"
import { CustomKind, KubernetesApi, ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import { AuditCalls, AuditFile, type AuditLog, Invariants, PlanKind } from "@portolan/testkit"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Yaml from "yaml"
import * as Kubelet from "../world/Kubelet.ts"

const path = (relative: string) => fileURLToPath(new URL(`../../../${relative}`, import.meta.url))
const bundle = path("apps/controller/dist/main.mjs")

const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)
const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
/** What an example may hold beside its node. */
const KINDS: { readonly [kind: string]: ObjectMeta.ObjectKind } = { SeiNode: SeiNode.resource, Secret: Identity.Secret }

/** The objects of an example's folder: what the node needs, then the node. */
const example = (folder: string): ReadonlyArray<ObjectMeta.Manifest> =>
  Fs.readdirSync(path(`examples/${folder}`))
    .sort((left, right) => Number(left === "node.yaml") - Number(right === "node.yaml"))
    .flatMap((file) => Yaml.parseAllDocuments(Fs.readFileSync(path(`examples/${folder}/${file}`), "utf8")))
    .map((document) => document.toJS())

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

const status = Effect.fnUntraced(function* (key: ObjectMeta.ObjectKey) {
  const api = yield* KubernetesApi.KubernetesApi
  const found = Option.getOrUndefined(yield* api.get(key))?.status
  return ObjectMeta.isJsonObject(found) ? found : {}
})

/** Waits until the node runs an image and has no plan; then a moment more, in which nothing may happen. */
const settledOn = (key: ObjectMeta.ObjectKey, image: string) =>
  status(key).pipe(
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

const prepare = Effect.gen(function* () {
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

/** What the controller asked for, and who else wrote in between, in the server's audit log. */
const noted = ({ auditLog }: ControlPlane.Shape): ReadonlyArray<AuditFile.Noted> => {
  const { entries } = Result.getOrThrow(AuditFile.fromText(Fs.readFileSync(auditLog, "utf8")))
  return AuditFile.ofUsers(entries, "operator", ControlPlane.ADMIN)
}

/** An example, from nothing to settled and to a new image, by a controller of its own; then it is deleted. */
const journey = Effect.fnUntraced(function* (plane: ControlPlane.Shape, folder: string) {
  const api = yield* KubernetesApi.KubernetesApi
  yield* prepare
  const begin = noted(plane).length
  const log = () => noted(plane).slice(begin)
  const kubelet = yield* Kubelet.play({ kubeconfig: plane.kubeconfig("actor"), position: () => log().length })
  yield* startController(plane.kubeconfig("operator"), kubelet.proxy)
  const manifests = example(folder)
  for (const manifest of manifests) {
    yield* api.apply(ObjectMeta.key(KINDS[manifest.kind] ?? SeiNode.resource, "sei", manifest.metadata.name), manifest)
  }
  const node = manifests.at(-1)
  if (node === undefined) return yield* Effect.die(new Error(`${folder} is empty`))
  const key = ObjectMeta.key(SeiNode.resource, "sei", node.metadata.name)
  const { image } = Object(node.spec)
  yield* settledOn(key, String(image))
  const first = log()
  yield* api.apply(key, { ...node, spec: { ...Object(node.spec), image: "sei:v2" } })
  yield* settledOn(key, "sei:v2")
  const all = log()
  const stored = Option.getOrThrow(yield* api.get(key))
  yield* api.delete(key, { uid: stored.metadata.uid })
  yield* api
    .get(key)
    .pipe(
      Effect.filterOrFail(Option.isNone),
      Effect.retry(Schedule.spaced("100 millis").pipe(Schedule.upTo({ times: 200 })))
    )
  const kinds = [
    Identity.StatefulSet,
    Identity.Pod,
    Identity.Service,
    Identity.ConfigMap,
    Identity.Job,
    Identity.PersistentVolumeClaim
  ]
  const calls = AuditCalls.fromAudit(all, kubelet.asked(), { kind: SeiNode.resource, kinds })
  return { init: cost(first), update: cost(all.slice(first.length)), calls }
})

interface Costs {
  readonly folder: string
  readonly what: string
  readonly init: Readonly<Record<string, number>>
}

/** `operator` is the controller under test, `actor` plays the rest of the cluster; the admin sets the stage. */
const USERS = { operator: [ControlPlane.MASTERS], actor: [ControlPlane.MASTERS] }
const CONTROLLERS = ["statefulset-controller", "job-controller", "garbage-collector-controller", "namespace-controller"]

const UPDATE = { "patch seinodes/status": 6, apply: 2, "delete pods": 1, "create events": 2 }
const INIT = {
  "patch seinodes": 1,
  "patch seinodes/status": 7,
  "create persistentvolumeclaims": 1,
  apply: 3,
  "create events": 2
}

const COSTS: ReadonlyArray<Costs> = [
  { folder: "01-full-node", what: "a full node with 14 requests", init: INIT },
  { folder: "04-validator", what: "a validator with its keys with 15", init: { ...INIT, "create configmaps": 1 } },
  {
    folder: "08-bootstrap",
    what: "a bootstrap with 26",
    init: {
      ...INIT,
      "patch seinodes/status": 15,
      apply: 4,
      "create jobs": 1,
      "delete jobs": 1,
      "delete services": 1
    }
  }
]

describe("on a real API server", () => {
  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kube-controller-manager", () => {})
    return
  }
  const started = ControlPlane.start({ users: USERS, controllers: CONTROLLERS })
  afterAll(async () => (await started).stop())

  for (const { folder, init, what } of COSTS) {
    it.live(
      `${what} goes from nothing to settled, through an image change with 11, and away, with every law held`,
      () =>
        Effect.gen(function* () {
          assert.isTrue(Fs.existsSync(bundle), `${bundle} is missing: run npm run build first`)
          const plane = yield* Effect.promise(() => started)
          const user = LiveKubernetes.layer({ fieldManager: "somebody" }).pipe(
            Layer.provide(OwnWrites.layer),
            Layer.provide(Client.layerFromKubeconfig({ path: plane.kubeconfig("admin") }))
          )
          const cost = yield* journey(plane, folder).pipe(Effect.scoped, Effect.provide(user))
          assert.deepStrictEqual(cost.init, init)
          assert.deepStrictEqual(cost.update, UPDATE)
          const verdicts = Invariants.judge(cost.calls, { kinds: [PlanKind.make(SeiNode.resource)] })
          assert.deepStrictEqual(
            verdicts.filter(({ _tag }) => _tag !== "Held"),
            []
          )
        }),
      120_000
    )
  }
})
