/** `portolan plan`: the dry run. */
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import type { ObjectMeta } from "@portolan/planner"
import { Unstructured } from "@portolan/sei"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as DryRun from "../dryrun/DryRun.ts"
import * as ClusterNode from "../input/ClusterNode.ts"
import * as Manifest from "../input/Manifest.ts"
import * as PlatformFile from "../input/PlatformFile.ts"
import { CannotPlan } from "../input/Problem.ts"
import type { Process } from "../Process.ts"
import * as PlanJson from "../render/PlanJson.ts"
import * as PlanText from "../render/PlanText.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDefault(""), Flag.withDescription(description))

const flags = {
  name: Argument.String("name").pipe(Argument.withDescription("A SeiNode that lives in a cluster"), Argument.optional),
  file: text("file", "A manifest to plan for, or a folder of manifests; Secrets and claims in it count as there").pipe(
    Flag.withAlias("f")
  ),
  output: Flag.Literals("output", ["text", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDefault("text"),
    Flag.withDescription("text or json")
  ),
  namespace: Flag.String("namespace").pipe(
    Flag.withAlias("n"),
    Flag.withDefault("default"),
    Flag.withDescription("Namespace of the SeiNode in the cluster")
  ),
  objects: Flag.Boolean("objects").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Show the objects that would be written, whole")
  ),
  platform: text("platform", "The platform's configuration; default: $SEI_CONTROLLER_CONFIG, else a built-in sample"),
  kubeconfig: text("kubeconfig", "Where the cluster is"),
  server: text("server", "The API server, instead of the kubeconfig's"),
  context: text("context", "The kubeconfig's context, instead of its current one")
}

type Flags = Command.Command.Config.Infer<typeof flags>

/** Prints what would be done; touches nothing. */
export const plan = (process: Process) =>
  Command.make(
    "plan",
    flags,
    Effect.fn(
      function* (given: Flags) {
        const { platform, source, syncers } = yield* PlatformFile.read(
          given.platform || (process.env.SEI_CONTROLLER_CONFIG ?? "")
        )
        const { node, notes, others } = yield* controllerUnderTest(process, given)
        const preview = yield* DryRun.run({ node, others, platform, syncers })
        const all = [...notes, ...peerNotes(node), `Planned for the platform of ${source}.`]
        if (given.output === "json") yield* Console.log(PlanJson.render(preview, all))
        else {
          const lines = PlanText.render(preview, { colour: process.colour, objects: given.objects })
          yield* Console.log([...lines, "", ...all].join("\n"))
        }
        if (preview.decision === "Reject") yield* process.end(1)
      },
      (effect) =>
        effect.pipe(
          Effect.catchTags({
            ManifestInvalid: ({ message }) => Effect.andThen(Console.error(message), process.end(2)),
            CannotPlan: ({ message }) => Effect.andThen(Console.error(message), process.end(1)),
            ClientConfigError: ({ message }) => Effect.andThen(Console.error(message), process.end(1))
          })
        )
    )
  ).pipe(
    Command.withDescription("Shows the plan that a controller would create or is driving, task by task"),
    Command.withExamples([
      { command: "portolan plan -f node.yaml", description: "The plan for a manifest" },
      {
        command: "portolan plan node-0 -n sei --kubeconfig ~/.kube/config",
        description: "The plan of a node in a cluster"
      }
    ])
  )

/** Who a peer is, only a controller can ask. */
const peerNotes = ({ spec }: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  Unstructured.objects(Unstructured.at(spec, "peers")).some(({ static: addresses }) => addresses === undefined)
    ? ["Peers by label or EC2 tags are found in the cluster; here only those count that the status has already."]
    : []

/** The node that is asked about, and what has to be said about it. */
const controllerUnderTest = (process: Process, given: Flags) =>
  Effect.gen(function* () {
    if (given.file !== "") {
      if (Option.isSome(given.name)) return yield* new CannotPlan({ message: "give a file or a name, not both" })
      const found = yield* Manifest.read(given.file)
      return { ...found, notes: ["Ids follow from the object's uid and version; in a cluster they are others."] }
    }
    if (Option.isNone(given.name))
      return yield* new CannotPlan({ message: "give -f FILE, or the name of a node in a cluster" })
    const { HOME: home, KUBECONFIG: kubeconfig } = process.env
    const client = Client.layerDefault({
      path: given.kubeconfig,
      ...(given.server === "" ? {} : { server: given.server }),
      ...(given.context === "" ? {} : { context: given.context }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(home === undefined ? {} : { home })
    })
    const live = LiveKubernetes.layer({ fieldManager: "portolan" }).pipe(
      Layer.provide(WriteTracker.layer),
      Layer.provide(client)
    )
    const found = yield* ClusterNode.read(given.namespace, given.name.value).pipe(Effect.provide(live))
    return { ...found, notes: ["Assumes that the node's sidecar answers; it was not asked."] }
  })
