/** An emulated cluster on loopback ports: API server, the cluster's controllers, kubelet, and a sidecar per pod. */
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { ObjectMeta } from "@portolan/planner"
import { Identity, Unstructured } from "@portolan/sei"
import {
  AgentServer,
  type AuditCalls,
  ClusterControllers,
  type HttpFaults,
  InMemoryAgent,
  InMemoryKubernetes,
  KubernetesServer
} from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cli from "../src/Cli.ts"

export interface Options {
  /** Port of the API server; `undefined` picks a free one. */
  readonly port: number | undefined
  /** Whether the kubelet can pull an image. Default: every image. */
  readonly pulls?: (image: string) => boolean
  /** Faults of the API server. Default: none. */
  readonly faults?: HttpFaults.HttpFaults
}

export interface DemoCluster extends Effect.Success<ReturnType<typeof make>> {}

/** Runs until its scope closes, which closes the ports and removes the kubeconfig. */
export const make = Effect.fnUntraced(function* ({ faults, port, pulls = () => true }: Options) {
  const server = yield* InMemoryKubernetes.makeServer()
  const pods = () => server.peekAll({ group: "", version: "v1", plural: "pods" })
  const isRunning = (pod: ObjectMeta.KubernetesObject) =>
    Unstructured.at(pod.status, "phase") === "Running" && pod.metadata.deletionTimestamp === undefined
  const agents = InMemoryAgent.make({
    listens: (address) => pods().some((pod) => addressOf(pod) === address && isRunning(pod))
  })
  const isReady = (pod: ObjectMeta.KubernetesObject) => agents.at(addressOf(pod)).isReady
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      server.subscribe(({ object, plural, type }) => {
        if (plural === "pods" && type === "DELETED") agents.at(addressOf(object)).restart({ keepsTasks: true })
      })
    ),
    (unsubscribe) => Effect.sync(unsubscribe)
  )
  // A bootstrap Job reaches its height, and its pod exits, as soon as its sidecar is ready.
  const ends = (pod: ObjectMeta.KubernetesObject) => (isReady(pod) ? { exitCode: 0 } : undefined)
  yield* ClusterControllers.run(server, { isReady, ends, pulls })
  const api = yield* KubernetesServer.make({
    server,
    ...(port === undefined ? {} : { port }),
    ...(faults === undefined ? {} : { faults })
  })
  const agentCalls: Array<AuditCalls.AgentCall> = []
  const sidecars = yield* AgentServer.make({
    agents,
    received: (received) => agentCalls.push({ received, position: api.audit().length })
  })
  const kubeconfig = yield* writeKubeconfig(api.kubeconfig)
  return {
    server,
    api,
    sidecars,
    agents,
    kubeconfig,
    agentCalls: (): ReadonlyArray<AuditCalls.AgentCall> => agentCalls
  }
})

/** The environment of a controller process, with the platform of the examples. */
export const environment = {
  SEI_CONTROLLER_CONFIG: new URL("../../../examples/platform.yaml", import.meta.url).pathname,
  SEI_GATEWAY_NAME: "gateway",
  SEI_GATEWAY_NAMESPACE: "gateway",
  SEI_GATEWAY_DOMAIN: "example.dev"
}

/** The environment of a controller process for this cluster: without a token, it calls the sidecars through the proxy. */
export const environmentOf = ({ sidecars }: { readonly sidecars: { readonly url: string } }) => ({
  ...environment,
  HTTP_PROXY: sidecars.url,
  NO_PROXY: "",
  SEI_SIDECAR_TOKEN_FILE: ""
})

/** The options of a controller process for this cluster, without probes. */
export const runOptions = (cluster: Pick<DemoCluster, "kubeconfig" | "sidecars">) =>
  Cli.runOptions(environmentOf(cluster), { health: "0", kubeconfig: cluster.kubeconfig })

/** The address of a pod's sidecar, by the pod's DNS name. */
const addressOf = ({ metadata, spec }: ObjectMeta.KubernetesObject): string => {
  const [hostname, subdomain] = [Unstructured.at(spec, "hostname"), Unstructured.at(spec, "subdomain")]
  return `http://${hostname}.${subdomain}.${metadata.namespace}.svc.cluster.local:${Identity.API_PORT}`
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
