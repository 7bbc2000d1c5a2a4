/**
 * The status of a node as the Go operator can read it, written down a second time, independently of our schemas. Unknown
 * fields are rejected. Fields that the operator does not know are marked as ours.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const optional = Schema.optionalKey
const Text = Schema.String
const Texts = Schema.Array(Text)
const Seconds = Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u))
const Time = Schema.String.check(Schema.isPattern(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/u))
const Uuid = Schema.String.check(Schema.isPattern(/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/u))
const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
/** The field is omitted when it is 0. */
const Positive = Schema.Int.check(Schema.isGreaterThan(0))

/** The stored parameters, by task type. */
const PARAMS: { readonly [type: string]: Schema.Decoder<unknown> } = (() => {
  const located = Schema.Struct({ nodeName: Text, namespace: Text })
  const secret = Schema.Struct({ secretName: Text, namespace: Text })
  const job = Schema.Struct({ jobName: Text, namespace: Text })
  const nothing = Schema.Struct({})
  const p2p = Schema.Struct({ "external-address": Text, "persistent-peers": Text })
  return {
    "ensure-data-pvc": located,
    "apply-statefulset": located,
    "apply-service": located,
    "apply-rbac-proxy-config": located,
    "replace-pod": located,
    "observe-image": located,
    "validate-signing-key": secret,
    "validate-node-key": secret,
    "validate-operator-keyring": Schema.Struct({
      ...secret.fields,
      keyName: Text,
      passphraseSecretName: Text,
      passphraseSecretKey: Text
    }),
    "deploy-bootstrap-service": Schema.Struct({ serviceName: Text, namespace: Text }),
    "deploy-bootstrap-job": job,
    "await-bootstrap-complete": job,
    "teardown-bootstrap": Schema.Struct({ ...job.fields, serviceName: Text }),
    "snapshot-restore": Schema.Struct({ TargetHeight: Schema.Int }),
    "configure-genesis": Schema.Struct({ ExpectedGenesisHash: Schema.Literal("") }),
    "config-apply": Schema.Struct({ mode: Text, overrides: Schema.Record(Text, Text) }),
    "configure-state-sync": Schema.Struct({
      UseLocalSnapshot: Schema.Boolean,
      TrustPeriod: Text,
      BackfillBlocks: Schema.Int,
      RpcServers: Schema.NullOr(Texts)
    }),
    "config-validate": nothing,
    "mark-ready": nothing,
    "set-genesis-peers": nothing,
    "config-patch": Schema.Struct({ files: Schema.Struct({ "config.toml": Schema.Struct({ p2p }) }) }),
    "generate-identity": Schema.Struct({ ChainID: Text, Moniker: Text }),
    "generate-gentx": Schema.Struct({ ChainID: Text, StakingAmount: Text, AccountBalance: Text }),
    "upload-genesis-artifacts": Schema.Struct({ NodeName: Text })
  }
})()

/** Every pair of status and reason, by condition type. */
const CONDITIONS: { readonly [type: string]: ReadonlyArray<string> } = {
  Paused: ["True/Paused", "False/NotPaused"],
  StateSyncReady: ["True/Ready", "False/NoSyncersConfigured", "False/NotApplicable", "Unknown/SyncerSourceError"],
  SidecarReady: ["True/Ready", "False/NotReady", "Unknown/Unreachable"],
  NodeUpdateInProgress: ["True/UpdateStarted", "False/UpdateComplete", "False/UpdateFailed"],
  ImportPVCReady: ["True/PVCValidated", "False/PVCNotReady", "False/PVCInvalid"],
  SigningKeyReady: ["True/SigningKeyValidated", "False/SigningKeyNotReady", "False/SigningKeyInvalid"],
  NodeKeyReady: ["True/NodeKeyValidated", "False/NodeKeyNotReady", "False/NodeKeyInvalid"],
  OperatorKeyringReady: [
    "True/OperatorKeyringValidated",
    "False/OperatorKeyringNotReady",
    "False/OperatorKeyringInvalid"
  ],
  WorkflowInProgress: ["False/NoWorkflow", "True/WorkflowRunning", "True/WorkflowFailedHeld"],
  // Ours.
  Degraded: ["False/AsExpected", "True/PlanRetrying", "True/PlanFailed", "True/PlanRefused", "True/WaitOverdue"],
  PlanUpToDate: ["True/AsSpecified", "True/Superseded", "False/SupersessionHeld"]
}

const Condition = Schema.Struct({
  type: Text,
  status: Schema.Literals(["True", "False", "Unknown"]),
  reason: Text,
  message: Text,
  lastTransitionTime: Seconds,
  observedGeneration: Positive
}).check(
  Schema.makeFilter(({ reason, status, type }) =>
    CONDITIONS[type]?.includes(`${status}/${reason}`) === true ? undefined : `${type} has no ${status}/${reason}`
  )
)

/** The operator also reads `Running`. We do not write it, because it would wait for such a task without an end. */
const Task = Schema.Struct({
  type: Schema.Literals(Object.keys(PARAMS)),
  id: Uuid,
  status: Schema.Literals(["Pending", "Complete", "Failed"]),
  params: Schema.Json,
  submittedAt: optional(Time),
  error: optional(Text),
  maxRetries: optional(Positive),
  retryCount: optional(Positive),
  // Ours.
  retryAt: optional(Time)
}).check(
  Schema.makeFilter(({ error, status }) =>
    (status === "Failed") === (error !== undefined) ? undefined : "only a failed task has an error"
  ),
  Schema.makeFilter(({ params, type }) => {
    const schema = PARAMS[type]
    if (schema === undefined) return `the parameters of ${type} are unknown`
    const found = Schema.decodeUnknownResult(schema)(params, STRICT)
    return Result.isFailure(found) ? `parameters of ${type}: ${found.failure.message}` : undefined
  })
)

const Plan = Schema.Struct({
  id: Uuid,
  phase: Schema.Literals(["Active", "Complete", "Failed"]),
  tasks: Schema.NonEmptyArray(Task),
  targetPhase: Schema.Literal("Running"),
  failedPhase: optional(Schema.Literal("Failed")),
  failedTaskIndex: optional(Count),
  failedTaskDetail: optional(
    Schema.Struct({ type: Text, id: Uuid, reason: optional(Text), error: Text, retryCount: Count, maxRetries: Count })
  ),
  // Ours.
  attempt: optional(Positive),
  failedAt: optional(Time),
  supersedes: optional(Uuid),
  variant: optional(
    Schema.Literals([
      "Init",
      "InitReplacePod",
      "InitRerunBootstrap",
      "InitAfterBootstrap",
      "InitResumeBootstrap",
      "Update",
      "MarkReady",
      "Restore"
    ])
  )
}).check(
  Schema.makeFilter(({ failedTaskDetail: detail, failedTaskIndex: index, phase, tasks }) => {
    const failed = index === undefined ? undefined : tasks[index]
    if (phase !== "Failed")
      return index === undefined && detail === undefined ? undefined : "only a failed plan names a failed task"
    return failed?.status === "Failed" && failed.id === detail?.id && failed.error === detail.error
      ? undefined
      : "a failed plan names the failed task and its error"
  })
)

const Status = Schema.Struct({
  phase: optional(Schema.Literals(["Initializing", "Running", "Failed", "Terminating"])),
  currentImage: optional(Text),
  currentSidecarImage: optional(Text),
  conditions: optional(Schema.Array(Condition)),
  phaseTransitionTime: optional(Seconds),
  plan: optional(Plan),
  adoptedWorkflow: optional(Schema.Struct({ name: Text, uid: Text, adoptedAt: Time })),
  resolvedPeers: optional(Texts),
  resolvedStateSyncers: optional(Texts),
  statefulSet: optional(Schema.Struct({ name: Text, uid: Text })),
  endpoint: optional(Schema.Struct({ evmJsonRpc: Text, evmWs: Text, tendermintRpc: Text, tendermintRest: Text })),
  // Ours.
  waiting: optional(
    Schema.Struct({
      reason: optional(Text),
      task: optional(Text),
      for: Text,
      detail: optional(Text),
      since: Seconds,
      until: Seconds
    })
  ),
  sidecarMarkedReadyAt: optional(Time)
})

const STRICT = { onExcessProperty: "error" } as const
const decode = Schema.decodeUnknownResult(Status)

/** Why a status does not have the shape; `undefined` when it has. */
export const mistake = (status: unknown): string | undefined => {
  const found = decode(status, STRICT)
  return Result.isFailure(found) ? found.failure.message : undefined
}
