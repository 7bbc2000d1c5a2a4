/** A cluster on loopback ports: an API server, the controllers and kubelet around it, and a sidecar for every pod. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import {
  Actors,
  AgentServer,
  type AuditCalls,
  InMemoryAgent,
  InMemoryKubernetes,
  KubernetesServer
} from "@portolan/testkit"
import * as Effect from "effect/Effect"

export interface Options {
  /** Port of the API server; a free one by default. */
  readonly port: number | undefined
}

/** Lives until its scope closes; then its ports are closed and its kubeconfig is gone. */
export const make = Effect.fnUntraced(function* ({ port }: Options) {
  const server = yield* InMemoryKubernetes.makeServer()
  const runs = (pod: ObjectMeta.KubernetesObject | undefined) =>
    phaseOf(pod) === "Running" && pod?.metadata.deletionTimestamp === undefined
  const podAt = (address: string) => {
    const [, name = "", namespace = ""] = /^http:\/\/([^.]+)\.[^.]+\.([^.]+)\.svc/u.exec(address) ?? []
    return server.peek({ group: "", version: "v1", plural: "pods" }, namespace, name)
  }
  const agents = InMemoryAgent.make({ listens: (address) => runs(podAt(address)) })
  const addressOf = ({ metadata }: ObjectMeta.KubernetesObject) => {
    const set = metadata.labels?.[Identity.NODE_LABEL] ?? ""
    return `http://${metadata.name}.${set}.${metadata.namespace}.svc.cluster.local:${Identity.API_PORT}`
  }
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      server.subscribe(({ object, plural, type }) => {
        if (plural === "pods" && type === "DELETED") agents.at(addressOf(object)).restart({ keepsTasks: true })
      })
    ),
    (stop) => Effect.sync(stop)
  )
  yield* Actors.run(server, { isReady: (pod) => agents.at(addressOf(pod)).isReady })
  const api = yield* KubernetesServer.make({ server, ...(port === undefined ? {} : { port }) })
  const asked: Array<AuditCalls.Placed> = []
  const sidecars = yield* AgentServer.make({
    agents,
    heard: (heard) => asked.push({ heard, position: api.audit().length })
  })
  const kubeconfig = yield* writeKubeconfig(api.kubeconfig)
  return { api, sidecars, kubeconfig, asked: (): ReadonlyArray<AuditCalls.Placed> => asked }
})

const phaseOf = (pod: ObjectMeta.KubernetesObject | undefined): unknown => {
  const status = pod?.status
  return typeof status === "object" && status !== null && "phase" in status ? status.phase : undefined
}

const writeKubeconfig = (text: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const path = Path.join(Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-")), "kubeconfig")
      Fs.writeFileSync(path, text, { mode: 0o600 })
      return path
    }),
    (path) => Effect.sync(() => Fs.rmSync(Path.dirname(path), { recursive: true, force: true }))
  )
