/** What a backup brings to a turn. */
import { type KubernetesApi, type ObjectCache, Reconciler, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Backup, decode, kind } from "./Backup.ts"
import { decide, supersede } from "./Plans.ts"
import { type AgentOf, registry, release } from "./Tasks.ts"

type Uses = KubernetesApi.KubernetesApi | ObjectCache.ObjectCache | TaskAgent.TaskAgent

/** At the database's service, as the cluster's DNS knows it. */
const byService: AgentOf = ({ object, spec }) =>
  TaskAgent.AgentAddress.make(`http://${spec.database}.${object.metadata.namespace}:8700`)

export const make = (agentOf: AgentOf = byService): Reconciler.Reconciler<Backup, never, Uses> =>
  Reconciler.make<Backup, never, Uses>({
    kind,
    finalizer: "example.dev/copy",
    observe: (object) => Effect.fromResult(decode(object)),
    override: () => ({ paused: false, repair: Option.none() }),
    decide,
    supersede,
    buildStatus: (_, status) => status,
    events: ({ phase: before }, { copy, phase }) =>
      phase === "Ready" && before !== phase
        ? [{ type: "Normal", reason: "Ready", message: `the copy is ${copy}` }]
        : [],
    cleanup: (object) =>
      Effect.fromResult(decode(object)).pipe(
        Effect.mapError(({ message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message })),
        Effect.flatMap((backup) => release(backup, agentOf(backup)))
      ),
    tasks: registry(agentOf)
  })
