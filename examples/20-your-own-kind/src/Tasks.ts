/** The tasks of Backups, and their cleanup. A crash can make a local task run twice, so a second run is harmless. */
import { Condition, KubernetesApi, ObjectCache, ObjectMeta, Owned, Plan, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Backup } from "./Backup.ts"

/** The address of the agent that copies and restores for a Backup. */
export type AgentOf = (backup: Backup) => TaskAgent.AgentAddress

export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")

const keyFor = ({ object: { metadata } }: Backup, kind: ObjectMeta.ObjectKind, suffix: string) =>
  ObjectMeta.key(kind, metadata.namespace ?? "", `${metadata.name}-${suffix}`)

const Publication = Schema.Struct({ copy: Schema.String, isComplete: Schema.Boolean })
const Strings = Schema.Record(Schema.String, Schema.String)

/**
 * Publishes the location of the copy in a ConfigMap; that of a complete copy in the status as well. ConfigMaps are not
 * watched, so the existing one is read from the API server.
 */
const publish = Effect.fnUntraced(function* (backup: Backup, { copy, isComplete }: typeof Publication.Type) {
  const api = yield* KubernetesApi.KubernetesApi
  const key = keyFor(backup, ConfigMap, "copy")
  const existing = Option.getOrUndefined(yield* Effect.mapError(api.get(key), Task.fromKubernetes))
  return yield* Owned.ensure(
    { owner: backup.object, key, existing },
    { data: { copy, complete: String(isComplete) } },
    () => (isComplete ? Task.doneWith({ copy }) : Task.done)
  )
})

/** A task that the agent performs. It receives the stored parameters unchanged. */
const remote = (address: AgentOf, type: string) =>
  Task.remote({ params: Strings, address, submission: (params) => ({ type, params }) })

/** Records its parameters in the status. */
const record = (_: Backup, statusPatch: typeof Strings.Type) => Effect.succeed(Task.doneWith(statusPatch))

export const registry = (agentOf: AgentOf) => ({
  publish: Task.local({ params: Publication, perform: publish }),
  dump: remote(agentOf, "dump"),
  verify: remote(agentOf, "verify"),
  restore: remote(agentOf, "restore"),
  record: Task.local({ params: Strings, perform: record })
})

/**
 * Deletes the copy, which is outside of the cluster and unknown to the garbage collector. A Job does it, because the
 * database and its agent may not exist any more. Waits for a running agent task first: it may still write to the copy.
 */
export const cleanup = Effect.fnUntraced(function* (backup: Backup, address: TaskAgent.AgentAddress) {
  const submitted = backup.status?.plan?.tasks.find((task) => Plan.stateOf(task)._tag === "Submitted")
  if (submitted !== undefined) {
    const agent = yield* TaskAgent.TaskAgent
    const task = yield* Effect.mapError(agent.poll(address, submitted.id), Task.fromAgent)
    if (Option.exists(task, ({ _tag }) => _tag === "Running")) {
      return Task.waiting({ reason: "TaskRunning", message: `task ${submitted.type} is running` })
    }
  }
  const key = keyFor(backup, Job, "remove")
  const cache = yield* ObjectCache.ObjectCache
  const existing = Option.getOrUndefined(yield* cache.get(key))
  const container = { name: "remove", image: "example.dev/buckets:1", args: ["rm", backup.location] }
  const template = { spec: { restartPolicy: "Never", containers: [container] } }
  return yield* Owned.create({ owner: backup.object, key, existing }, { spec: { backoffLimit: 3, template } }, (job) =>
    Condition.isTrue(ObjectMeta.statusOf(job), "Complete")
      ? Task.done
      : Task.waiting({ reason: "CopyNotDeleted", message: `Job ${key.name} has not deleted the copy` })
  )
})
