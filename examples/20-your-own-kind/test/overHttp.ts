/** What a process needs that is tested over HTTP, whoever the server is: an agent, and somebody who uses the cluster. */
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

/** Often enough for a quick server, and long enough for a slow one. */
const patiently = Schedule.spaced("50 millis").pipe(Schedule.upTo({ times: 1_000 }))

export interface Options {
  readonly cluster: Client.DefaultOptions
  readonly audit: () => ReadonlyArray<AuditLog.AuditEntry>
  readonly faults?: HttpFaults.HttpFaults
}

/** Starts the process, and tells what its user can do, and which calls were made until now. */
export const start = Effect.fnUntraced(function* ({ audit, cluster, faults }: Options) {
  const asked: Array<AuditCalls.Placed> = []
  const agent = yield* AgentServer.make({
    agents: InMemoryAgent.make(),
    received: (received) => asked.push({ received, position: audit().length }),
    ...(faults === undefined ? {} : { faults })
  })
  const user = LiveKubernetes.layer({ fieldManager: "user" }).pipe(
    Layer.provide(WriteTracker.layer),
    Layer.provide(Client.layerDefault(cluster))
  )
  const { apply, delete: remove, get, list } = Context.get(yield* Layer.build(user), KubernetesApi.KubernetesApi)

  const name = `${kind.plural}.${definition.group}`
  const body = { ...CustomKind.manifest(definition), apiVersion: Definition.apiVersion, kind: Definition.kind }
  yield* apply(ObjectMeta.key(Definition, "", name), { ...body, metadata: { name } })
  yield* Effect.retry(list(kind), patiently)
  yield* Process.run(cluster, () => TaskAgent.AgentAddress.make(agent.url))
  return {
    create: apply(key, { apiVersion: kind.apiVersion, kind: kind.kind, ...nightly }),
    remove: Effect.flatMap(get(key), (found) => remove(key, { uid: Option.getOrThrow(found).metadata.uid })),
    until: (holds: (backup: ObjectMeta.KubernetesObject | undefined) => boolean) =>
      get(key).pipe(
        Effect.filterOrFail((found) => holds(Option.getOrUndefined(found))),
        Effect.retry(patiently)
      ),
    calls: () => AuditCalls.fromAudit(audit(), asked, { kind, kinds: [ConfigMap, Job] })
  }
})

/** Made, and at rest. */
export const isReady = (backup: ObjectMeta.KubernetesObject | undefined): boolean => {
  const { phase, plan } = Object(backup?.status)
  return phase === "Ready" && plan === undefined
}
