/** Plays the kubelet on a real API server: pods start after 300 ms, and each has a sidecar that listens while it runs. */
import { Client, LiveKubernetes, WriteTracker } from "@portolan/k8s-adapter"
import { KubernetesApi, type ObjectMeta, StatusWriter } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import { AgentServer, type AuditCalls, InMemoryAgent } from "@portolan/testkit"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"

const START_MS = 300

/** By the name that a pod has among its node's, which a Job's pod shares with the one that follows it. */
const addressOf = ({ metadata }: ObjectMeta.KubernetesObject): string => {
  const node = metadata.labels?.[Identity.NODE_LABEL]
  return `http://${node}-0.${node}.${metadata.namespace}.svc.cluster.local:${Identity.API_PORT}`
}

export interface Options {
  readonly kubeconfig: string
  /** How many entries an audit log has now, to place what sidecars hear among them. */
  readonly position?: () => number
}

/** Runs until its scope closes. Returns the proxy behind which the sidecars are, and what they heard. */
export const play = Effect.fnUntraced(function* ({ kubeconfig, position = () => 0 }: Options) {
  const running = new Map<string, string>()
  const seen = new Map<string, number>()
  const agents = InMemoryAgent.make({ listens: (address) => running.has(address) })
  const asked: Array<AuditCalls.AgentCall> = []
  const proxy = yield* AgentServer.make({
    agents,
    received: (received) => asked.push({ received, position: position() })
  })
  const context = yield* Layer.build(
    LiveKubernetes.layer({ fieldManager: "kubelet" }).pipe(
      Layer.provide(WriteTracker.layer),
      Layer.provide(Client.layerFromKubeconfig({ path: kubeconfig }))
    )
  )
  const look = Effect.gen(function* () {
    const api = yield* KubernetesApi.KubernetesApi
    const writer = yield* StatusWriter.StatusWriter
    const now = yield* Clock.currentTimeMillis
    const pods = yield* api.list(Identity.Pod, { namespace: "sei" })
    const alive = new Set(pods.map(({ metadata }) => metadata.uid))
    for (const [address, uid] of running) {
      if (alive.has(uid)) continue
      running.delete(address)
      agents.at(address).restart({ keepsTasks: true })
    }
    for (const pod of pods) {
      const { uid } = pod.metadata
      const first = seen.get(uid) ?? now
      seen.set(uid, first)
      if (now - first < START_MS) continue
      running.set(addressOf(pod), uid)
      const status = statusOf(pod, agents.at(addressOf(pod)).isReady)
      if (hasEnded(pod)) continue
      if (JSON.stringify(status.conditions) === JSON.stringify(conditionsOf(pod))) continue
      yield* writer.patchStatus(
        { kind: Identity.Pod, namespace: "sei", name: pod.metadata.name },
        pod.metadata.resourceVersion,
        status
      )
    }
  }).pipe(Effect.provideContext(context), Effect.ignore)
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("20 millis")))
  return { proxy: proxy.url, asked: (): ReadonlyArray<AuditCalls.AgentCall> => asked }
})

/** A pod that runs once ends as soon as its node may start: its work is not played. */
const statusOf = (pod: ObjectMeta.KubernetesObject, ready: boolean) => ({
  phase: ready && Object(pod.spec).restartPolicy === "Never" ? "Succeeded" : "Running",
  startTime: pod.metadata.creationTimestamp ?? "",
  conditions: [{ type: "Ready", status: ready ? "True" : "False" }]
})

const hasEnded = ({ status }: ObjectMeta.KubernetesObject): boolean => Object(status).phase === "Succeeded"

const conditionsOf = ({ status }: ObjectMeta.KubernetesObject): unknown => {
  const conditions = typeof status === "object" && status !== null && "conditions" in status ? status.conditions : []
  return Array.isArray(conditions)
    ? conditions.map((each: ObjectMeta.JsonObject) => ({ type: each.type, status: each.status }))
    : []
}
