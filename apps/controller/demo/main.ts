/**
 * `npm start`: runs the controller against an emulated cluster. Applies an example, logs each reconcile until the
 * SeiNode has converged, changes the image, and prints a summary. Then it exits with `--once`, and else keeps the cluster
 * running for kubectl.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { ObjectMeta, ReconcileReport } from "@portolan/planner"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import type * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import { run } from "../src/Run.ts"
import * as DemoCluster from "./DemoCluster.ts"
import * as DemoUser from "./DemoUser.ts"
import * as Options from "./Options.ts"
import * as Screen from "./Screen.ts"
import * as Summary from "./Summary.ts"

const NEXT_IMAGE = "ghcr.io/sei-protocol/sei:v6.2.0"

const demo = Effect.fnUntraced(function* ({ once, port, scenario }: Options.Options, output: Screen.Output) {
  const screen = yield* Screen.make(output, { colour: output.isTTY && (process.env.NO_COLOR ?? "") === "" })
  const cluster = yield* DemoCluster.make({ port })
  const { dependencies, fault, node } = scenario
  fault?.inject(cluster.agents)
  const reports = yield* Queue.unbounded<ReconcileReport.ReconcileReport>()
  const observer = (report: ReconcileReport.ReconcileReport) =>
    Effect.andThen(screen.show(report), Queue.offer(reports, report)).pipe(Effect.asVoid)

  const { apply, install } = yield* DemoUser.make(cluster.kubeconfig)

  const { name, namespace = "default" } = node.metadata
  yield* screen.print(`API server at ${cluster.api.url}, sidecars at ${cluster.sidecars.url}`)
  yield* install(namespace)
  const options = yield* DemoCluster.runOptions(cluster)
  yield* run(options).pipe(Effect.provideService(ReconcileReport.ReconcileObserver, observer))

  yield* screen.section(`create SeiNode ${namespace}/${name} from ${scenario.folder}`)
  const description = [...scenario.description, ...(fault === undefined ? [] : [fault.description])]
  yield* Effect.forEach(description, screen.print, { discard: true })
  yield* Effect.forEach([...dependencies, node], (object) => apply(object), { discard: true })
  yield* converged(reports, () => true)
  yield* screen.section(`set spec.image of SeiNode ${namespace}/${name} to ${NEXT_IMAGE}`)
  yield* apply({ ...node, spec: { ...Object(node.spec), image: NEXT_IMAGE } })
  yield* converged(reports, (status) => status.currentImage === NEXT_IMAGE)

  const summary = Summary.make(cluster.api.audit(), cluster.agentCalls())
  yield* screen.print("")
  yield* Effect.forEach(summary.lines, screen.print, { discard: true })
  if (once) return summary.exitCode
  yield* Effect.forEach(nextSteps(cluster.kubeconfig, namespace, name), screen.print, { discard: true })
  return yield* Effect.never
})

const nextSteps = (kubeconfig: string, namespace: string, name: string): ReadonlyArray<string> => {
  const kubectl = `kubectl --kubeconfig ${kubeconfig} -n ${namespace}`
  return [
    "",
    "The cluster runs until you press Ctrl-C. Try:",
    `  ${kubectl} get seinodes,statefulsets,pods`,
    `  ${kubectl} describe seinode ${name}`,
    `  ${kubectl} patch seinode ${name} --type merge -p '{"spec":{"image":"ghcr.io/sei-protocol/sei:v6.3.0"}}'`
  ]
}

/** The SeiNode entered the phase `Failed`. */
class NodeFailed extends Schema.TaggedError<NodeFailed>()("NodeFailed", { message: Schema.String }) {}

/** Waits for a reconcile that changes nothing on a running SeiNode without a plan, whose status satisfies `holds`. */
const converged = (
  reports: Queue.Dequeue<ReconcileReport.ReconcileReport>,
  holds: (status: ObjectMeta.JsonObject) => boolean
): Effect.Effect<void, NodeFailed> =>
  Effect.gen(function* () {
    while (true) {
      const { object, patch, requeue } = yield* Queue.take(reports)
      const status = ObjectMeta.statusOf(object)
      if (status.phase === "Failed") {
        const message = `SeiNode ${object.metadata.namespace}/${object.metadata.name}: phase is Failed`
        return yield* new NodeFailed({ message })
      }
      const changesNothing = requeue._tag === "AwaitChange" && Object.keys(patch).length === 0
      if (changesNothing && status.phase === "Running" && status.plan === undefined && holds(status)) return
    }
  })

const output: Screen.Output = {
  isTTY: process.stdout.isTTY === true,
  columns: process.stdout.columns || 120,
  write: (text) => void process.stdout.write(text)
}

// `npm start -- --once | head` closes the pipe early.
process.stdout.on("error", () => process.exit(0))

/** Exits with the code that `main` returns, and with 0 when a signal stops the process. */
const teardown: Runtime.Teardown = (exit, onExit) => {
  if (Exit.isSuccess(exit)) return onExit(typeof exit.value === "number" ? exit.value : 0)
  onExit(Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
}

const exitWith = (code: number) => (error: { readonly message: string }) =>
  Effect.sync(() => {
    process.stderr.write(`${error.message}\n`)
    return code
  })

const start = (options: Options.Options | "List" | "Help") => {
  if (options !== "List" && options !== "Help") return Effect.scoped(demo(options, output))
  output.write(options === "List" ? Options.listed().join("\n") : Options.USAGE)
  return Effect.succeed(0)
}

Options.read(process.argv.slice(2)).pipe(
  Effect.matchEffect({
    onFailure: exitWith(2),
    onSuccess: (options) => Effect.catch(start(options), exitWith(1))
  }),
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  NodeRuntime.runMain({ teardown, disableErrorReporting: true })
)
