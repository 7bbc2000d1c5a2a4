/**
 * What must hold of every pod that is made for a node, checked on the pod itself: a mistake in a generator is refused, and
 * nothing is applied.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Platform } from "../../shared/Platform.ts"
import { mode, type SeiNode } from "../kinds/SeiNode.ts"
import * as NodeSizing from "./NodeSizing.ts"

type Checked = Result.Result<void, Reconciler.PlanRejected>

interface Container {
  readonly name: string
  readonly volumeMounts?: ReadonlyArray<{ readonly name: string }>
  readonly ports?: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
  readonly livenessProbe?: Probe
  readonly [field: string]: unknown
}

interface Probe {
  readonly httpGet?: { readonly port: number | string }
  readonly tcpSocket?: { readonly port: number | string }
  readonly grpc?: { readonly port: number | string }
}

/** As much of a pod spec as the guards look at. */
export interface Pod {
  readonly volumes: ReadonlyArray<{ readonly name: string; readonly [source: string]: unknown }>
  readonly initContainers: ReadonlyArray<Container>
  readonly containers: ReadonlyArray<Container>
}

/** Everything that the pods of a node need is configured. Fails with the key of what is not. */
export const isConfigured = (node: SeiNode, platform: Platform): Checked => {
  const needed: ReadonlyArray<readonly [string, string]> = [
    [NodeSizing.poolKey(node), NodeSizing.pool(node, platform)],
    ["images.kubeRBACProxy", platform.images.kubeRBACProxy],
    ...(mode(node.spec) === "seed" ? [] : [["images.cosmosExporter", platform.images.cosmosExporter] as const])
  ]
  const missing = needed.find(([, value]) => value === "")
  return missing === undefined ? Result.void : refuse(missing[0], "is not set in the platform's configuration")
}

/**
 * The operator's keyring and its passphrase reach the sidecar, and seid where the user mounts them there; no other
 * container, under whatever name their volume has. Who holds both can sign as the operator.
 */
export const containsKeyring = ({ spec }: SeiNode, pod: Pod): Checked => {
  const secret = spec.validator?.operatorKeyring?.secret
  if (secret === undefined) return Result.void
  const kept = new Set([secret.secretName, secret.passphraseSecretRef.secretName])
  const holds = (value: unknown) => secretsIn(value).some((name) => kept.has(name))
  const volumes = new Set(pod.volumes.filter(holds).map(({ name }) => name)).add("operator-keyring")
  const allowed = ["sei-sidecar", ...(secret.seidMount === true ? ["seid"] : [])]
  const leak = containersOf(pod).find(
    (container) =>
      !allowed.includes(container.name) &&
      (holds(container) || (container.volumeMounts ?? []).some(({ name }) => volumes.has(name)))
  )
  return leak === undefined
    ? Result.void
    : refuse("spec.validator.operatorKeyring", `would reach container ${leak.name} of the pod`)
}

/**
 * Nothing kills a seid that is halted or restores: it has no liveness probe, and its start is not judged by ports that
 * open late. A seed serves neither of them, so no probe of it may ask there.
 */
export const probesSparingly = (node: SeiNode, pod: Pod): Checked => {
  const seid = pod.containers.find(({ name }) => name === "seid")
  if (seid?.livenessProbe !== undefined) return refuse("pod.seid.livenessProbe", "would kill a node that is halted")
  const probes =
    mode(node.spec) === "seed" ? (["startupProbe", "readinessProbe"] as const) : (["startupProbe"] as const)
  const late = probes.find((probe) => seid?.[probe] !== undefined && asksLatePort(seid, seid[probe]))
  return late === undefined ? Result.void : refuse(`pod.seid.${late}`, "asks a port that may be closed for days")
}

/** No Secret of a validator is in its bootstrap pod, be it in a volume or in an environment: such a pod signs nothing. */
export const holdsNoSecret = ({ spec }: SeiNode, pod: Pod): Checked => {
  const keyring = spec.validator?.operatorKeyring?.secret
  const secrets = {
    "spec.validator.signingKey": spec.validator?.signingKey?.secret?.secretName,
    "spec.validator.nodeKey": spec.validator?.nodeKey?.secret?.secretName,
    "spec.validator.operatorKeyring": keyring?.secretName,
    "spec.validator.operatorKeyring.secret.passphraseSecretRef": keyring?.passphraseSecretRef.secretName
  }
  const found = new Set(secretsIn(pod))
  const leak = Object.entries(secrets).find(([, name]) => name !== undefined && found.has(name))
  return leak === undefined ? Result.void : refuse(leak[0], "would reach the bootstrap pod")
}

/** RPC and gRPC of seid: closed until it has caught up far enough. */
const LATE_PORTS: ReadonlyArray<number | string | undefined> = [26657, 9090]

const asksLatePort = ({ ports = [] }: Container, { grpc, httpGet, tcpSocket }: Probe): boolean => {
  const asked = (httpGet ?? tcpSocket ?? grpc)?.port
  const named = ports.find(({ name }) => name === asked)?.containerPort
  return LATE_PORTS.includes(named ?? asked)
}

const containersOf = ({ containers, initContainers }: Pod) => [...initContainers, ...containers]

/** Fields of a pod spec that name a Secret: volumes, projected volumes, `envFrom`, `env`. */
const SECRET_FIELDS = new Set(["secret", "secretRef", "secretKeyRef"])

/** Names of the Secrets that a part of a pod spec refers to, however deep. */
const secretsIn = (part: unknown): ReadonlyArray<string> =>
  entries(part).flatMap(([field, value]) =>
    SECRET_FIELDS.has(field)
      ? entries(value).flatMap(([key, name]) => (key === "secretName" || key === "name" ? [String(name)] : []))
      : secretsIn(value)
  )

const entries = (value: unknown): ReadonlyArray<[string, unknown]> =>
  typeof value === "object" && value !== null ? Object.entries(value) : []

const refuse = (field: string, message: string) => Result.fail(new Reconciler.PlanRejected({ field, message }))
