/** What is done for a backup. Whatever this process does itself may be repeated, so it is harmless the second time. */
import { Condition, KubernetesApi, ObjectCache, ObjectMeta, Plan, Task, TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Backup } from "./Backup.ts"

/** Where a backup's agent listens: beside its database. */
export type AgentOf = (backup: Backup) => TaskAgent.AgentAddress

export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")

/** Applies an object that the garbage collector takes when its backup goes. */
const apply = Effect.fnUntraced(function* ({ object }: Backup, key: ObjectMeta.ObjectKey, body: ObjectMeta.JsonObject) {
  const api = yield* KubernetesApi.KubernetesApi
  const { apiVersion, kind } = key.kind
  const metadata = { name: key.name, ownerReferences: [ObjectMeta.controllerReference(object)] }
  yield* api.apply(key, { apiVersion, kind, metadata, ...body }).pipe(Effect.mapError(Task.fromKubernetes))
})

const keyFor = ({ object: { metadata } }: Backup, kind: ObjectMeta.ObjectKind, what: string) =>
  ObjectMeta.key(kind, metadata.namespace ?? "", `${metadata.name}-${what}`)

const Announcement = Schema.Struct({ copy: Schema.String, isComplete: Schema.Boolean })
const Strings = Schema.Record(Schema.String, Schema.String)

const publish = Effect.fnUntraced(function* (backup: Backup, { copy, isComplete }: typeof Announcement.Type) {
  yield* apply(backup, keyFor(backup, ConfigMap, "copy"), { data: { copy, complete: String(isComplete) } })
  return isComplete ? Task.doneWith({ copy }) : Task.done
})

/** Its parameters are stored with the plan; the agent gets them as they are. */
const byAgent = (address: AgentOf, type: string) =>
  Task.remote({ params: Strings, address, submission: (params) => ({ type, params }) })

const remember = (_: Backup, facts: typeof Strings.Type) => Effect.succeed(Task.doneWith(facts))

export const registry = (agentOf: AgentOf) => ({
  publish: Task.local({ params: Announcement, perform: publish }),
  dump: byAgent(agentOf, "dump"),
  verify: byAgent(agentOf, "verify"),
  restore: byAgent(agentOf, "restore"),
  remember: Task.local({ params: Strings, perform: remember })
})

/**
 * Gives back the copy, which no garbage collector knows of: a job removes it, because the database and its agent may be
 * gone for long. An agent that is at work is waited for.
 */
export const release = Effect.fnUntraced(function* (backup: Backup, address: TaskAgent.AgentAddress) {
  const task = backup.status?.plan?.tasks.find((each) => Plan.stateOf(each)._tag === "Submitted")
  const agent = yield* TaskAgent.TaskAgent
  const known =
    task === undefined ? Option.none() : yield* Effect.mapError(agent.poll(address, task.id), Task.fromAgent)
  if (Option.exists(known, ({ _tag }) => _tag === "Running"))
    return Task.waiting({ reason: "TaskRunning", message: "the agent is still running its task" })
  const key = keyFor(backup, Job, "remove")
  const cache = yield* ObjectCache.ObjectCache
  const job = Option.filter(yield* cache.get(key), (found) => ObjectMeta.controls(backup.object, found))
  if (Option.exists(job, (found) => Condition.isTrue(ObjectMeta.statusOf(found), "Complete"))) return Task.done
  const container = { name: "remove", image: "example.dev/buckets:1", args: ["rm", backup.place] }
  const template = { spec: { restartPolicy: "Never", containers: [container] } }
  if (Option.isNone(job)) yield* apply(backup, key, { spec: { backoffLimit: 3, template } })
  return Task.waiting({ reason: "CopyNotRemoved", message: `Job ${key.name} has not removed the copy` })
})
