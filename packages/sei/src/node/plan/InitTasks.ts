/** The tasks that initialise a SeiNode, by data source and by variant of the plan. */
import { keyringSecret, nodeKeySecret, type SeiNodeSpec, signingKeySecret, snapshotSource } from "../kinds/SeiNode.ts"
import type { InitVariant } from "./PlanVariant.ts"
import type { NodeTaskType } from "./TaskTemplates.ts"

/** Where the data of a node comes from. */
export type DataSource =
  /** Every block since the first one. */
  | "genesis"
  /** State chunks from peers. */
  | "stateSync"
  /** A snapshot from the object store. */
  | "snapshot"
  /** A snapshot, then an older image that syncs to a height, in a Job. */
  | "bootstrap"
  /** The genesis of a new chain, which its first validators create together. */
  | "ceremony"

export const dataSource = (spec: SeiNodeSpec): DataSource => {
  if (spec.validator?.genesisCeremony !== undefined) return "ceremony"
  const snapshot = snapshotSource(spec)
  if (snapshot === undefined) return "genesis"
  if (snapshot.s3 === undefined) return "stateSync"
  return snapshot.bootstrapImage ? "bootstrap" : "snapshot"
}

/** Stands for the tasks that validate the Secrets of the spec. */
const VALIDATIONS = "validations"
type Slot = NodeTaskType | typeof VALIDATIONS
type Slots = ReadonlyArray<Slot>

/** The tasks before a pod exists, and the sidecar tasks of the permanent pod. */
interface Sequence {
  readonly prepare: Slots
  readonly configure: Slots
}

const PREPARE: Slots = ["ensure-data-pvc", VALIDATIONS, "apply-rbac-proxy-config"]
const CONFIGURE: Slots = ["configure-genesis", "config-apply", "config-validate", "mark-ready"]
const CONFIGURE_STATE_SYNC: Slots = [
  "configure-genesis",
  "config-apply",
  "configure-state-sync",
  "config-validate",
  "mark-ready"
]

const SEQUENCES: { readonly [S in DataSource]: Sequence } = {
  genesis: { prepare: PREPARE, configure: CONFIGURE },
  stateSync: { prepare: PREPARE, configure: CONFIGURE_STATE_SYNC },
  snapshot: { prepare: PREPARE, configure: ["snapshot-restore", ...CONFIGURE_STATE_SYNC] },
  bootstrap: { prepare: ["ensure-data-pvc", "apply-rbac-proxy-config", VALIDATIONS], configure: CONFIGURE },
  ceremony: {
    prepare: ["ensure-data-pvc", "apply-rbac-proxy-config"],
    configure: [
      "generate-identity",
      "generate-gentx",
      "upload-genesis-artifacts",
      "configure-genesis",
      "config-apply",
      "set-genesis-peers",
      "config-validate",
      "mark-ready"
    ]
  }
}

const DEPLOY_BOOTSTRAP: Slots = ["deploy-bootstrap-service", "deploy-bootstrap-job"]
const FINISH_BOOTSTRAP: Slots = ["await-bootstrap-complete", "teardown-bootstrap"]
const BOOTSTRAP: Slots = [...DEPLOY_BOOTSTRAP, "snapshot-restore", ...CONFIGURE_STATE_SYNC, ...FINISH_BOOTSTRAP]
const RESUME_BOOTSTRAP: Slots = [...DEPLOY_BOOTSTRAP, "mark-ready", ...FINISH_BOOTSTRAP]

/** The task types of an init plan, in order. */
export const tasks = (spec: SeiNodeSpec, variant: InitVariant): ReadonlyArray<NodeTaskType> =>
  slots(dataSource(spec), variant).flatMap((slot) => (slot === VALIDATIONS ? validations(spec) : [slot]))

const slots = (source: DataSource, variant: InitVariant): Slots => {
  const { configure, prepare } = SEQUENCES[source]
  const start: Slots = ["apply-statefulset", "apply-service", ...configure]
  const bootstrap = source === "bootstrap" ? BOOTSTRAP : []
  switch (variant) {
    case "Init":
      return [...prepare, ...bootstrap, ...start]
    case "InitReplacePod":
      return [...prepare, "apply-statefulset", "replace-pod", "apply-service", ...configure]
    case "InitRerunBootstrap":
      return [...prepare, "teardown-bootstrap", ...bootstrap, ...start]
    case "InitAfterBootstrap":
      return [...prepare, "teardown-bootstrap", ...start]
    case "InitResumeBootstrap":
      return [...prepare, ...(source === "bootstrap" ? RESUME_BOOTSTRAP : []), ...start]
  }
}

/** The tasks that validate the Secrets of the spec, in order. */
export const validations = (spec: SeiNodeSpec): ReadonlyArray<NodeTaskType> => {
  const isSet = (name: string | undefined) => name !== undefined && name !== ""
  return [
    ...(isSet(signingKeySecret(spec)) ? ["validate-signing-key" as const] : []),
    ...(isSet(nodeKeySecret(spec)) ? ["validate-node-key" as const] : []),
    ...(isSet(keyringSecret(spec)?.secretName) ? ["validate-operator-keyring" as const] : [])
  ]
}
