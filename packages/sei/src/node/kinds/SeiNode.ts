/** The kind SeiNode: one node of a chain, in one of five modes. */
import { CustomKind, type ObjectMeta, Reconciler, StatusFields } from "@portolan/planner"
import { memoize } from "effect/Function"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import {
  Archive,
  DataVolume,
  FullNode,
  PeerSource,
  Replayer,
  Seed,
  Sidecar,
  type SnapshotSource,
  StringMap,
  Validator
} from "./SpecParts.ts"

const optional = Schema.optionalKey

/** Operating modes, in the order in which they are looked up. Each is a field of the spec. */
export const MODES = ["fullNode", "archive", "replayer", "validator", "seed"] as const
export type Mode = (typeof MODES)[number]

export const SeiNodeSpec = CustomKind.rules(
  Schema.Struct({
    chainId: Schema.String.check(Schema.isMinLength(1), Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u)).annotate({
      description: "Id of the chain that the node belongs to."
    }),
    image: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(512)).annotate({
      description: "Image of seid. A change replaces the pod."
    }),
    peers: optional(Schema.Array(PeerSource)),
    overrides: optional(StringMap).annotateKey({
      description: "Configuration values by dotted key. They take precedence over the defaults of the mode."
    }),
    sidecar: optional(Sidecar),
    podLabels: optional(StringMap),
    dataVolume: optional(DataVolume),
    fullNode: optional(FullNode),
    archive: optional(Archive),
    replayer: optional(Replayer),
    validator: optional(Validator),
    seed: optional(Seed),
    externalAddress: optional(Schema.String).annotateKey({
      description: "Address that the node advertises to peers, as host:port."
    }),
    paused: optional(Schema.Boolean).annotateKey({
      description: "Scales the StatefulSet to zero and suspends the plan."
    })
  }),
  {
    rule: MODES.map((mode) => `(has(self.${mode}) ? 1 : 0)`)
      .join(" + ")
      .concat(" == 1"),
    message: `must set exactly one mode: ${MODES.join(", ")}`
  },
  {
    rule: "!has(self.replayer) || (has(self.peers) && size(self.peers) > 0)",
    message: "peers must not be empty when replayer is set"
  }
)
export type SeiNodeSpec = typeof SeiNodeSpec.Type

const Endpoint = Schema.Struct({
  evmJsonRpc: optional(Schema.String),
  evmWs: optional(Schema.String),
  tendermintRpc: optional(Schema.String),
  tendermintRest: optional(Schema.String)
})

const Time = CustomKind.extend(Schema.String, { format: "date-time" })

/** `Pending` is accepted from earlier controllers and never written. */
export const PHASES = ["Pending", "Initializing", "Running", "Failed", "Terminating"] as const

export const SeiNodeStatus = Schema.Struct({
  phase: optional(Schema.Literals(PHASES)),
  phaseTransitionTime: optional(Time),
  currentImage: optional(Schema.String),
  currentSidecarImage: optional(Schema.String),
  conditions: StatusFields.conditions,
  plan: StatusFields.plan,
  adoptedWorkflow: optional(Schema.Struct({ name: Schema.String, uid: Schema.String, adoptedAt: Time })),
  resolvedPeers: optional(Schema.Array(Schema.String)),
  resolvedRPCWitnesses: optional(Schema.Array(Schema.String)),
  resolvedStateSyncers: optional(Schema.Array(Schema.String)),
  statefulSet: optional(Schema.Struct({ name: Schema.String, uid: Schema.String })),
  endpoint: optional(Endpoint),
  waiting: StatusFields.waiting.annotateKey({
    description: "What the node waits for, since when, and when the wait counts as overdue."
  }),
  sidecarMarkedReadyAt: optional(Time).annotateKey({
    description: "When mark-ready last completed: the sidecar was allowed to start seid."
  })
})
export type SeiNodeStatus = typeof SeiNodeStatus.Type

export const kind: CustomKind.CustomKind = {
  group: "sei.io",
  version: "v1alpha1",
  kind: "SeiNode",
  plural: "seinodes",
  singular: "seinode",
  shortNames: ["snode"],
  description: "A node of a Sei chain: one pod with its volume and configuration.",
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "StatefulSet", type: "string", jsonPath: ".status.statefulSet.name", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  spec: SeiNodeSpec,
  status: SeiNodeStatus
}

/** The kind as the API server addresses it. */
export const resource: ObjectMeta.ObjectKind = CustomKind.resource(kind)

/** Keeps a deleted SeiNode until its pod and data volume are deleted. */
export const FINALIZER = "sei.io/seinode-finalizer"

/** A decoded SeiNode. `object` is the stored object, with fields that the schema does not know. */
export interface SeiNode {
  readonly object: ObjectMeta.KubernetesObject
  readonly namespace: string
  readonly name: string
  readonly spec: SeiNodeSpec
  readonly status: SeiNodeStatus
}

const decodeSpec = Schema.decodeUnknownResult(SeiNodeSpec)
const decodeStatus = Schema.decodeUnknownResult(SeiNodeStatus)

/**
 * Decodes a stored object. Fails with the field at fault when admission would reject the spec, and when the status
 * does not decode, so that an unknown status is never overwritten. Memoized, because a reconcile observes the same
 * object again after every local task.
 */
export const decode = memoize(
  (object: ObjectMeta.KubernetesObject): Result.Result<SeiNode, Reconciler.PlanRejected> =>
    Result.gen(function* () {
      const spec = yield* Result.mapError(decodeSpec(object.spec ?? {}), rejected("spec"))
      const status = yield* Result.mapError(decodeStatus(object.status ?? {}), rejected("status"))
      return { object, namespace: object.metadata.namespace ?? "default", name: object.metadata.name, spec, status }
    })
)

const rejected = (field: string) => (error: Schema.SchemaError) =>
  new Reconciler.PlanRejected({ field, message: error.message })

/** The mode of a node. Admission ensures that exactly one is set. */
export const mode = (spec: SeiNodeSpec): Mode => MODES.find((candidate) => spec[candidate] !== undefined) ?? "fullNode"

/** The snapshot that the node restores; `undefined` when it syncs every block from genesis. */
export const snapshotSource = (spec: SeiNodeSpec): SnapshotSource | undefined =>
  spec.fullNode?.snapshot ?? spec.validator?.snapshot ?? spec.replayer?.snapshot

/** Name of the Secret with the P2P identity; `undefined` when the node generates its own. */
export const nodeKeySecret = (spec: SeiNodeSpec): string | undefined =>
  spec.validator?.nodeKey?.secret?.secretName ?? spec.seed?.nodeKey.secret?.secretName

/** Name of the Secret with the key that a validator signs blocks with; `undefined` when the spec references none. */
export const signingKeySecret = (spec: SeiNodeSpec): string | undefined =>
  spec.validator?.signingKey?.secret?.secretName

/** References to the Secrets of a validator's operator keyring. */
export const keyringSecret = (spec: SeiNodeSpec) => spec.validator?.operatorKeyring?.secret

/** Names of all Secrets that the spec references, without duplicates. */
export const secretNames = (spec: SeiNodeSpec): ReadonlyArray<string> => {
  const keyring = keyringSecret(spec)
  const names = [
    signingKeySecret(spec),
    nodeKeySecret(spec),
    keyring?.secretName,
    keyring?.passphraseSecretRef.secretName
  ]
  return [...new Set(names.flatMap((name) => (name === undefined || name === "" ? [] : [name])))]
}

/** Port on which the sidecar listens on loopback. */
export const sidecarPort = (spec: SeiNodeSpec): number => spec.sidecar?.port || 7777
