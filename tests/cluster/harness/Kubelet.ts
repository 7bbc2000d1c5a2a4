/**
 * A kubelet for a real API server: it starts pods after 300 ms and serves a sidecar for each pod while the pod runs.
 */
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, type ObjectMeta, StatusWriter } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import { AgentServer, type AuditCalls, InMemoryAgent } from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

const START_MS = 300

/** The address of a pod's sidecar. A bootstrap pod and the pod that follows it share the address. */
const addressOf = ({ metadata }: ObjectMeta.KubernetesObject): string => {
  const node = metadata.labels?.[Identity.NODE_LABEL]
  return `http://${node}-0.${node}.${metadata.namespace}.svc.cluster.local:${Identity.API_PORT}`
}

export interface Options {
  readonly kubeconfig: string
  /** The number of entries in the audit log, to order the requests to sidecars among them. */
  readonly position?: () => number
}

/**
 * Runs until its scope closes. Returns the HTTP proxy that leads to the sidecars, and the requests that they received.
 */
export const start = Effect.fnUntraced(function* ({ kubeconfig, position = () => 0 }: Options) {
  const running = new Map<string, string>()
  const firstSeen = new Map<string, number>()
  const agents = InMemoryAgent.make({ listens: (address) => running.has(address) })
  const requests: Array<AuditCalls.AgentCall> = []
  const proxy = yield* AgentServer.make({
    agents,
    received: (received) => requests.push({ received, position: position() })
  })
  const context = yield* Layer.build(
    LiveKubernetes.layer({ fieldManager: "kubelet" }).pipe(
      Layer.provide(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ path: kubeconfig }))
    )
  )
  const syncPods = Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    const writer = yield* StatusWriter.StatusWriter
    const now = yield* Clock.currentTimeMillis
    const pods = yield* api.list(Identity.Pod, { namespace: "sei" })
    const existing = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const [address, uid] of running) {
      if (existing.has(uid)) continue
      running.delete(address)
      agents.at(address).restart({ keepsTasks: true })
    }
    for (const pod of pods) {
      const { uid } = pod.metadata
      const first = firstSeen.get(uid) ?? now
      firstSeen.set(uid, first)
      if (now - first < START_MS) continue
      running.set(addressOf(pod), uid)
      const status = statusOf(pod, agents.at(addressOf(pod)).isReady)
      if (hasSucceeded(pod)) continue
      if (JSON.stringify(status.conditions) === JSON.stringify(conditionsOf(pod))) continue
      yield* writer.patchStatus(
        { kind: Identity.Pod, namespace: "sei", name: pod.metadata.name },
        pod.metadata.resourceVersion,
        status
      )
    }
  }).pipe(Effect.provideContext(context), Effect.ignore)
  yield* Effect.forkScoped(Effect.repeat(syncPods, Schedule.spaced("20 millis")))
  return { proxy: proxy.url, agentRequests: (): ReadonlyArray<AuditCalls.AgentCall> => requests }
})

/** A pod of a Job succeeds as soon as its sidecar is ready; seid itself does not run. */
const statusOf = (pod: ObjectMeta.KubernetesObject, ready: boolean) => ({
  phase: ready && Object(pod.spec).restartPolicy === "Never" ? "Succeeded" : "Running",
  startTime: pod.metadata.creationTimestamp ?? "",
  conditions: [{ type: "Ready", status: ready ? "True" : "False" }]
})

const hasSucceeded = ({ status }: ObjectMeta.KubernetesObject): boolean => Object(status).phase === "Succeeded"

const conditionsOf = ({ status }: ObjectMeta.KubernetesObject): unknown => {
  const conditions = typeof status === "object" && status !== null && "conditions" in status ? status.conditions : []
  return Array.isArray(conditions)
    ? conditions.map((condition: ObjectMeta.JsonObject) => ({ type: condition.type, status: condition.status }))
    : []
}
