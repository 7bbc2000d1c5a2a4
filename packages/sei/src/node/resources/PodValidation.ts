/**
 * Validates generated pods before they are applied: configuration, Secrets, probes. A mistake in a generator is
 * rejected here and never reaches the API server.
 */
import { Reconciler } from "@portolan/planner"
import * as Result from "effect/Result"
import type { Platform } from "../../shared/Platform.ts"
import { keyringSecret, mode, type SeiNode, signingKeySecret } from "../kinds/SeiNode.ts"
import * as NodeSizing from "./NodeSizing.ts"

type Validation = Result.Result<void, Reconciler.PlanRejected>

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

/** The fields of a pod spec that are validated. */
export interface PodSpec {
  readonly volumes: ReadonlyArray<{ readonly name: string; readonly [source: string]: unknown }>
  readonly initContainers: ReadonlyArray<Container>
  readonly containers: ReadonlyArray<Container>
}

/** Fails with the key of the platform configuration that the pods of this node need and that is empty. */
export const requireConfiguration = (node: SeiNode, platform: Platform): Validation => {
  const required: ReadonlyArray<readonly [string, string]> = [
    [NodeSizing.poolKey(node), NodeSizing.pool(node, platform)],
    ["images.kubeRBACProxy", platform.images.kubeRBACProxy],
    ...(mode(node.spec) === "seed" ? [] : [["images.cosmosExporter", platform.images.cosmosExporter] as const])
  ]
  const missing = required.find(([, value]) => value === "")
  return missing === undefined ? Result.void : reject(missing[0], "must be set in the platform configuration")
}

/**
 * Only the sidecar may use the operator keyring and its passphrase, and seid when `seidMount` is set: a container
 * with both can sign as the operator. Volumes are resolved to their Secrets, so the name of a volume does not matter.
 */
export const confineKeyring = ({ spec }: SeiNode, pod: PodSpec): Validation => {
  const secret = keyringSecret(spec)
  if (secret === undefined) return Result.void
  const confined = new Set([secret.secretName, secret.passphraseSecretRef.secretName])
  const references = (value: unknown) => secretsIn(value).some((name) => confined.has(name))
  const volumes = new Set(pod.volumes.filter(references).map(({ name }) => name)).add("operator-keyring")
  const allowed = ["sei-sidecar", ...(secret.seidMount === true ? ["seid"] : [])]
  const leak = containersOf(pod).find(
    (container) =>
      !allowed.includes(container.name) &&
      (references(container) || (container.volumeMounts ?? []).some(({ name }) => volumes.has(name)))
  )
  return leak === undefined
    ? Result.void
    : reject("spec.validator.operatorKeyring", `must not be available to container "${leak.name}"`)
}

/**
 * No probe may kill seid while it is halted at a height or restores a snapshot: a liveness probe is forbidden, and so
 * is a startup probe of a port that seid opens late. A seed never opens those ports, so its readiness probe must not
 * use them either.
 */
export const forbidUnsafeProbes = (node: SeiNode, pod: PodSpec): Validation => {
  const seid = pod.containers.find(({ name }) => name === "seid")
  if (seid?.livenessProbe !== undefined)
    return reject("pod.seid.livenessProbe", "must not be set: it would kill a node that is halted at a height")
  const probes =
    mode(node.spec) === "seed" ? (["startupProbe", "readinessProbe"] as const) : (["startupProbe"] as const)
  const late = probes.find((probe) => seid?.[probe] !== undefined && usesLatePort(seid, seid[probe]))
  return late === undefined
    ? Result.void
    : reject(`pod.seid.${late}`, "must not use a port that seid may open only after days")
}

/** A bootstrap pod must not reference a Secret of its validator, neither in a volume nor in an environment variable. */
export const forbidValidatorSecrets = ({ spec }: SeiNode, pod: PodSpec): Validation => {
  const keyring = keyringSecret(spec)
  const secrets = {
    "spec.validator.signingKey": signingKeySecret(spec),
    "spec.validator.nodeKey": spec.validator?.nodeKey?.secret?.secretName,
    "spec.validator.operatorKeyring": keyring?.secretName,
    "spec.validator.operatorKeyring.secret.passphraseSecretRef": keyring?.passphraseSecretRef.secretName
  }
  const found = new Set(secretsIn(pod))
  const leak = Object.entries(secrets).find(([, name]) => name !== undefined && found.has(name))
  return leak === undefined ? Result.void : reject(leak[0], "must not be available to the bootstrap pod")
}

/** RPC and gRPC ports of seid. They stay closed until seid has caught up. */
const LATE_PORTS: ReadonlyArray<number | string | undefined> = [26657, 9090]

const usesLatePort = ({ ports = [] }: Container, { grpc, httpGet, tcpSocket }: Probe): boolean => {
  const port = (httpGet ?? tcpSocket ?? grpc)?.port
  const named = ports.find(({ name }) => name === port)?.containerPort
  return LATE_PORTS.includes(named ?? port)
}

const containersOf = ({ containers, initContainers }: PodSpec) => [...initContainers, ...containers]

/** Fields that reference a Secret in volumes, projected volumes, `envFrom` and `env`. */
const SECRET_FIELDS = new Set(["secret", "secretRef", "secretKeyRef"])

/** Names of all Secrets that a part of a pod spec references, at any depth. */
const secretsIn = (part: unknown): ReadonlyArray<string> =>
  entries(part).flatMap(([field, value]) =>
    SECRET_FIELDS.has(field)
      ? entries(value).flatMap(([key, name]) => (key === "secretName" || key === "name" ? [String(name)] : []))
      : secretsIn(value)
  )

const entries = (value: unknown): ReadonlyArray<[string, unknown]> =>
  typeof value === "object" && value !== null ? Object.entries(value) : []

const reject = (field: string, message: string) => Result.fail(new Reconciler.PlanRejected({ field, message }))
