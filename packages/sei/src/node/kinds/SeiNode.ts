/** SeiNode: one node of a chain, in one of five modes. */
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
} from "./NodeParts.ts"

const optional = Schema.optionalKey

/** The ways a node can take part in its chain, in the order in which they are looked for. */
export const MODES = ["fullNode", "archive", "replayer", "validator", "seed"] as const
export type Mode = (typeof MODES)[number]

export const SeiNodeSpec = CustomKind.rules(
  Schema.Struct({
    chainId: Schema.String.check(Schema.isMinLength(1), Schema.isPattern(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/u)).annotate({
      description: "The chain this node belongs to."
    }),
    image: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(512)).annotate({
      description: "Image of seid. Changing it rolls the node."
    }),
    peers: optional(Schema.Array(PeerSource)),
    overrides: optional(StringMap).annotateKey({
      description: "Configuration by dotted key; wins over what the mode sets."
    }),
    sidecar: optional(Sidecar),
    podLabels: optional(StringMap),
    dataVolume: optional(DataVolume),
    fullNode: optional(FullNode),
    archive: optional(Archive),
    replayer: optional(Replayer),
    validator: optional(Validator),
    seed: optional(Seed),
    externalAddress: optional(Schema.String).annotateKey({ description: "host:port to tell peers." }),
    paused: optional(Schema.Boolean).annotateKey({ description: "Stops the pod and freezes every plan." })
  }),
  {
    rule: MODES.map((mode) => `(has(self.${mode}) ? 1 : 0)`)
      .join(" + ")
      .concat(" == 1"),
    message: `a node has exactly one mode: ${MODES.join(", ")}`
  },
  {
    rule: "!has(self.replayer) || (has(self.peers) && size(self.peers) > 0)",
    message: "a replayer needs peers"
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

/** `Pending` is read, never written. */
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
    description: "What the node waits for, since when, and until when that is expected."
  }),
  sidecarMarkedReadyAt: optional(Time).annotateKey({
    description: "When the sidecar was last told that its node may start."
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
  description: "One node of a chain: its volume, its pod, its configuration, kept as the spec says.",
  columns: [
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "StatefulSet", type: "string", jsonPath: ".status.statefulSet.name", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" }
  ],
  spec: SeiNodeSpec,
  status: SeiNodeStatus
}

/** How SeiNodes are addressed. */
export const resource: ObjectMeta.ObjectKind = CustomKind.resource(kind)

/** Holds a deleted node until its volume is given back. */
export const FINALIZER = "sei.io/seinode-finalizer"

/** A node as we read it. `object` is the whole of it, with the fields we do not know. */
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
 * Reads a stored object. Fails with the path of the field at fault when the spec is not one that admission would
 * accept; a status that cannot be read fails too, rather than being overwritten. An object is read once: a turn looks again
 * after each of its tasks.
 */
export const decode = memoize(
  (object: ObjectMeta.KubernetesObject): Result.Result<SeiNode, Reconciler.PlanRejected> =>
    Result.gen(function* () {
      const spec = yield* Result.mapError(decodeSpec(object.spec ?? {}), refused("spec"))
      const status = yield* Result.mapError(decodeStatus(object.status ?? {}), refused("status"))
      return { object, namespace: object.metadata.namespace ?? "default", name: object.metadata.name, spec, status }
    })
)

const refused = (field: string) => (error: Schema.SchemaError) =>
  new Reconciler.PlanRejected({ field, message: error.message })

/** The mode of a node. Admission sees to it that there is exactly one. */
export const mode = (spec: SeiNodeSpec): Mode => MODES.find((each) => spec[each] !== undefined) ?? "fullNode"

/** What the node restores from; `undefined` means every block from genesis. */
export const snapshotSource = (spec: SeiNodeSpec): SnapshotSource | undefined =>
  spec.fullNode?.snapshot ?? spec.validator?.snapshot ?? spec.replayer?.snapshot

/** The Secret that holds a permanent P2P identity, if the node has one. */
export const nodeKeySecret = (spec: SeiNodeSpec): string | undefined =>
  spec.validator?.nodeKey?.secret?.secretName ?? spec.seed?.nodeKey.secret?.secretName

/** The Secret that holds the key a validator signs blocks with, if it is not made in place. */
export const signingKeySecret = (spec: SeiNodeSpec): string | undefined =>
  spec.validator?.signingKey?.secret?.secretName

/** Where a validator's operator keyring is, if it has one of its own. */
export const keyringSecret = (spec: SeiNodeSpec) => spec.validator?.operatorKeyring?.secret

/** Every Secret that the node refers to, each once. */
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

/** Loopback port of the sidecar. */
export const sidecarPort = (spec: SeiNodeSpec): number => spec.sidecar?.port || 7777
