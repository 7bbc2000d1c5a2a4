/** The reconciler of Backups: observation, plans, status, events, cleanup and tasks in one value. */
import { type KubernetesApi, type ObjectCache, Reconciler, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Backup, decode, kind } from "./Backup.ts"
import { decide, supersede } from "./Plans.ts"
import { type AgentOf, cleanup, registry } from "./Tasks.ts"

type Services = KubernetesApi.KubernetesApi | ObjectCache.ObjectCache | TaskAgent.TaskAgent

/** The agent listens on the Service of the database. */
const agentOfService: AgentOf = ({ object, spec }) =>
  TaskAgent.AgentAddress.make(`http://${spec.database}.${object.metadata.namespace}:8700`)

export const make = (agentOf: AgentOf = agentOfService): Reconciler.Reconciler<Backup, never, Services> =>
  Reconciler.make<Backup, never, Services>({
    kind,
    finalizer: "example.dev/copy",
    observe: (object) => Effect.fromResult(decode(object)),
    override: () => ({ paused: false, repair: Option.none() }),
    decide,
    supersede,
    buildStatus: (_, status) => status,
    events: ({ phase: before }, { copy, phase }) =>
      phase === "Ready" && before !== phase
        ? [{ type: "Normal", reason: "Ready", message: `copy ${copy} is complete` }]
        : [],
    cleanup: (object) =>
      Effect.fromResult(decode(object)).pipe(
        Effect.mapError(({ message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message })),
        Effect.flatMap((backup) => cleanup(backup, agentOf(backup)))
      ),
    tasks: registry(agentOf)
  })
