/** `portolan plan`: shows what the next reconcile of a SeiNode would do, without doing it. */
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
import { CommandFailed } from "../input/Problem.ts"
import type { Process } from "../Process.ts"
import * as PlanJson from "../render/PlanJson.ts"
import * as PlanText from "../render/PlanText.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDefault(""), Flag.withDescription(description))

const flags = {
  name: Argument.String("name").pipe(Argument.withDescription("Name of a SeiNode in the cluster"), Argument.optional),
  file: text(
    "file",
    "File or folder with the manifest of a SeiNode; Secrets and claims beside it are treated as existing"
  ).pipe(Flag.withAlias("f")),
  output: Flag.Literals("output", ["text", "json"]).pipe(
    Flag.withAlias("o"),
    Flag.withDefault("text"),
    Flag.withDescription("Output format")
  ),
  namespace: Flag.String("namespace").pipe(
    Flag.withAlias("n"),
    Flag.withDefault("default"),
    Flag.withDescription('Namespace of the SeiNode in the cluster (default "default")')
  ),
  objects: Flag.Boolean("objects").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Show the manifests of the objects that would be written")
  ),
  platform: text("platform", "Platform configuration file (default: $SEI_CONTROLLER_CONFIG, else a built-in sample)"),
  kubeconfig: text("kubeconfig", "Path of the kubeconfig file"),
  server: text("server", "Address of the API server, overrides the kubeconfig"),
  context: text("context", "Context of the kubeconfig to use")
}

type Flags = Command.Command.Config.Infer<typeof flags>

export const plan = (process: Process) =>
  Command.make(
    "plan",
    flags,
    Effect.fn(
      function* (given: Flags) {
        const { platform, source, syncers } = yield* PlatformFile.read(
          given.platform || (process.env.SEI_CONTROLLER_CONFIG ?? "")
        )
        const { clusterObjects, node, note } = yield* readNode(process, given)
        const preview = yield* DryRun.run({ node, clusterObjects, platform, syncers })
        const notes = [note, ...peerNotes(node), `platform: ${source}`]
        if (given.output === "json") yield* Console.log(PlanJson.render(preview, notes))
        else {
          const lines = PlanText.render(preview, { colour: process.colour, objects: given.objects })
          yield* Console.log([...lines, "", ...notes.map((line) => `note: ${line}`)].join("\n"))
        }
        if (preview.action === "Reject") yield* process.setExitCode(1)
      },
      (effect) =>
        effect.pipe(
          Effect.catchTags({
            ManifestInvalid: ({ message }) => Effect.andThen(Console.error(message), process.setExitCode(2)),
            CommandFailed: ({ message }) => Effect.andThen(Console.error(message), process.setExitCode(1)),
            ClientConfigError: ({ message }) => Effect.andThen(Console.error(message), process.setExitCode(1))
          })
        )
    )
  ).pipe(
    Command.withDescription("Show the plan that the controller would create or is executing, task by task"),
    Command.withExamples([
      { command: "portolan plan -f node.yaml", description: "Show the plan for a manifest" },
      {
        command: "portolan plan node-0 -n sei --kubeconfig ~/.kube/config",
        description: "Show the plan of a SeiNode in a cluster"
      }
    ])
  )

const peerNotes = ({ spec }: ObjectMeta.KubernetesObject): ReadonlyArray<string> =>
  Unstructured.objects(Unstructured.at(spec, "peers")).some((source) => source.static === undefined)
    ? ["peers by label and EC2 tags are not discovered; the plan uses those in .status"]
    : []

/** The SeiNode that the flags select, the objects around it, and a note about what the dry run assumes. */
const readNode = (process: Process, given: Flags) =>
  Effect.gen(function* () {
    if (given.file !== "") {
      if (Option.isSome(given.name)) {
        return yield* new CommandFailed({ message: "specify either -f FILE or the name of a SeiNode, not both" })
      }
      const found = yield* Manifest.read(given.file)
      return { ...found, note: "ids are derived from uid and resourceVersion; in a cluster they differ" }
    }
    if (Option.isNone(given.name)) {
      return yield* new CommandFailed({ message: "specify -f FILE, or the name of a SeiNode in the cluster" })
    }
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
    return { ...found, note: "the sidecar is not contacted; the plan assumes that it is ready" }
  })
