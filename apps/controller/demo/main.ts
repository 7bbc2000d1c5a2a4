/**
 * `npm start`: a controller as it runs in a cluster, and a cluster for it to run in. Applies an example, shows the journey
 * to the end, changes the image, and stays up for kubectl; `--once` sums up and exits instead.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { CustomKind, KubernetesApi, ObjectMeta, ReconcileReport } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import type * as Runtime from "effect/Runtime"
import { ConfigInvalid, loadPlatform } from "../src/AppConfig.ts"
import { run } from "../src/Run.ts"
import * as TestCluster from "./DemoCluster.ts"
import * as Options from "./Options.ts"
import * as Scenarios from "./Scenarios.ts"
import * as Screen from "./Screen.ts"
import * as Summary from "./Summary.ts"

const NEXT_IMAGE = "ghcr.io/sei-protocol/sei:v6.2.0"
const environment = {
  SEI_CONTROLLER_CONFIG: new URL("../../../examples/platform.yaml", import.meta.url).pathname,
  SEI_GATEWAY_NAME: "gateway",
  SEI_GATEWAY_NAMESPACE: "gateway",
  SEI_GATEWAY_DOMAIN: "example.dev"
}

const Namespace = ObjectMeta.clusterWide("v1", "Namespace", "namespaces")
const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

const demo = Effect.fnUntraced(function* ({ once, port, scenario }: Options.Options, output: Screen.Output) {
  const screen = yield* Screen.make(output, { colour: output.isTTY && (process.env.NO_COLOR ?? "") === "" })
  const cluster = yield* TestCluster.make({ port })
  const { node, others, twist } = scenario
  twist?.prepare(cluster.agents)
  const reports = yield* Queue.unbounded<ReconcileReport.ReconcileReport>()
  const observer = (report: ReconcileReport.ReconcileReport) =>
    Effect.andThen(screen.show(report), Queue.offer(reports, report)).pipe(Effect.asVoid)

  const user = yield* Layer.build(
    LiveKubernetes.layer({ fieldManager: "you" }).pipe(
      Layer.provide(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ path: cluster.kubeconfig }))
    )
  )
  const apply = (body: ObjectMeta.Manifest, kind = Scenarios.kindOf(body)) =>
    Effect.gen(function* () {
      const api = yield* KubernetesApi.KubernetesApi
      return yield* api.apply(ObjectMeta.key(kind, body.metadata.namespace ?? "", body.metadata.name), body)
    }).pipe(Effect.provideContext(user))

  const namespace = node.metadata.namespace ?? "default"
  yield* screen.print(`API server at ${cluster.api.url}, sidecars behind ${cluster.sidecars.url}`)
  yield* apply(definition, Definition)
  yield* apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, Namespace)
  yield* run({
    cluster: { path: cluster.kubeconfig },
    platform: yield* loadPlatform(environment),
    platformFile: environment.SEI_CONTROLLER_CONFIG,
    health: undefined,
    sidecars: { tokenFile: undefined, httpProxy: cluster.sidecars.url, noProxy: undefined }
  }).pipe(Effect.provideService(ReconcileReport.ReconcileObserver, observer))

  yield* screen.begin(`a new node: ${node.metadata.name} from ${scenario.shown}`)
  yield* Effect.forEach([...scenario.about, ...(twist === undefined ? [] : [twist.says])], screen.print, {
    discard: true
  })
  yield* Effect.forEach([...others, node], (each) => apply(each), { discard: true })
  yield* converged(reports, () => true)
  yield* screen.begin(`a new image: ${NEXT_IMAGE}`)
  yield* apply({ ...node, spec: { ...Object(node.spec), image: NEXT_IMAGE } })
  yield* converged(reports, (status) => status.currentImage === NEXT_IMAGE)

  const summary = Summary.make(cluster.api.audit(), cluster.asked())
  yield* screen.print("")
  yield* Effect.forEach(summary.lines, screen.print, { discard: true })
  if (once) return summary.invariantsHold ? 0 : 1
  const kubectl = `kubectl --kubeconfig ${cluster.kubeconfig} -n ${namespace}`
  yield* Effect.forEach(
    [
      "",
      `The cluster stays up; its kubeconfig is ${cluster.kubeconfig}. Try:`,
      `  ${kubectl} get seinodes,statefulsets,pods`,
      `  ${kubectl} describe seinode ${node.metadata.name}`,
      `  ${kubectl} patch seinode ${node.metadata.name} --type merge -p '{"spec":{"image":"ghcr.io/sei-protocol/sei:v6.3.0"}}'`,
      "Ctrl-C ends it."
    ],
    screen.print,
    { discard: true }
  )
  return yield* Effect.never
})

const definition: ObjectMeta.Manifest = {
  ...CustomKind.manifest(SeiNode.kind),
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${SeiNode.kind.plural}.${SeiNode.kind.group}` }
}

/** Waits for a turn that finds a running node with no plan, nothing to do, and what is asked for. */
const converged = (
  reports: Queue.Dequeue<ReconcileReport.ReconcileReport>,
  holds: (status: ObjectMeta.JsonObject) => boolean
): Effect.Effect<void, ConfigInvalid> =>
  Effect.gen(function* () {
    while (true) {
      const { object, requeue, patch: wrote } = yield* Queue.take(reports)
      const status = ObjectMeta.statusOf(object)
      if (status.phase === "Failed") return yield* new ConfigInvalid({ message: "the node failed" })
      const isQuiet = requeue._tag === "AwaitChange" && Object.keys(wrote).length === 0
      if (isQuiet && status.phase === "Running" && status.plan === undefined && holds(status)) return
    }
  })

const output: Screen.Output = {
  isTTY: process.stdout.isTTY === true,
  columns: process.stdout.columns || 120,
  write: (text) => void process.stdout.write(text)
}

/** Exits with what the demo says; being stopped is no failure. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit)) return onExit(typeof exit.value === "number" ? exit.value : 0)
  onExit(Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
}

const main = Effect.gen(function* () {
  const options = yield* Options.read(process.argv.slice(2))
  if (options !== "List") return yield* Effect.scoped(demo(options, output))
  output.write(Options.listed().join("\n"))
  return 0
})

main.pipe(
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.catch((error) => {
    process.stderr.write(`${error.message}\n`)
    return Effect.succeed(1)
  }),
  NodeRuntime.runMain({ teardown, disableErrorReporting: true })
)
