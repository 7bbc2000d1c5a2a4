/** Starts the process against an API server over HTTP, with an agent and a user. The server may be real or emulated. */
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { CustomKind, KubernetesApi, ObjectMeta, TaskAgent } from "@portolan/planner"
import { AgentServer, AuditCalls, type AuditLog, type HttpFaults, InMemoryAgent } from "@portolan/testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { definition, kind } from "../src/Backup.ts"
import * as Process from "../src/Process.ts"
import { ConfigMap, Job } from "../src/Tasks.ts"
import { nightly } from "./backups.ts"

const key = ObjectMeta.key(kind, "default", "nightly")
const Definition = ObjectMeta.clusterWide(
  "apiextensions.k8s.io/v1",
  "CustomResourceDefinition",
  "customresourcedefinitions"
)

/** Polls often enough for a fast server and long enough for a slow one. */
const polling = Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 1_000 }))

export interface Options {
  readonly cluster: Client.DefaultOptions
  readonly audit: () => ReadonlyArray<AuditLog.AuditEntry>
  readonly faults?: HttpFaults.HttpFaults
}

/** Starts the process. Returns what its user can do, and the calls that the process has made so far. */
export const start = Effect.fnUntraced(function* ({ audit, cluster, faults }: Options) {
  const agentCalls: Array<AuditCalls.AgentCall> = []
  const agent = yield* AgentServer.make({
    agents: InMemoryAgent.make(),
    received: (received) => agentCalls.push({ received, position: audit().length }),
    ...(faults === undefined ? {} : { faults })
  })
  const user = LiveKubernetes.layer({ fieldManager: "user" }).pipe(
    Layer.provide(WriteTracker.layer),
    Layer.provide(Client.layerDefault(cluster))
  )
  const { apply, delete: remove, get, list } = Context.get(yield* Layer.build(user), KubernetesApi.KubernetesApi)

  const name = `${kind.plural}.${definition.group}`
  const body = { ...CustomKind.manifest(definition), apiVersion: Definition.apiVersion, kind: Definition.kind }
  yield* apply(ObjectMeta.key(Definition, "", name), { ...body, metadata: { name } }, undefined)
  yield* Effect.retry(list(kind), polling)
  yield* Process.run(cluster, () => TaskAgent.AgentAddress.make(agent.url))
  return {
    create: apply(key, { apiVersion: kind.apiVersion, kind: kind.kind, ...nightly }, undefined),
    remove: Effect.flatMap(get(key), (found) => remove(key, { uid: Option.getOrThrow(found).metadata.uid })),
    until: (holds: (backup: ObjectMeta.KubernetesObject | undefined) => boolean) =>
      get(key).pipe(
        Effect.filterOrFail((found) => holds(Option.getOrUndefined(found))),
        Effect.retry(polling)
      ),
    calls: () => AuditCalls.fromAudit(audit(), agentCalls, { kind, kinds: [ConfigMap, Job] })
  }
})

/** Ready, without an active plan. */
export const isReady = (backup: ObjectMeta.KubernetesObject | undefined): boolean => {
  const { phase, plan } = Object(backup?.status)
  return phase === "Ready" && plan === undefined
}
