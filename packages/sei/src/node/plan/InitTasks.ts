/** From nothing to a running node: one table from where its data comes from to the steps, and one of what modes allow. */
import {
  keyringSecret,
  type Mode,
  nodeKeySecret,
  type SeiNodeSpec,
  signingKeySecret,
  snapshotSource
} from "../kinds/SeiNode.ts"
import type { NodeTaskType } from "./TaskTemplates.ts"

/** Where a node's data comes from. */
export type Source =
  /** Every block from the first one on. */
  | "genesis"
  /** Chunks of state from peers. */
  | "stateSync"
  /** A snapshot from the object store. */
  | "snapshot"
  /** A snapshot, and then an older image up to a height, in a Job of its own. */
  | "bootstrap"
  /** The genesis of a new chain, which its first validators make together. */
  | "ceremony"

/** The sources of each mode. */
export const SOURCES: { readonly [M in Mode]: ReadonlyArray<Source> } = {
  fullNode: ["genesis", "stateSync", "snapshot", "bootstrap"],
  archive: ["genesis"],
  replayer: ["snapshot", "bootstrap"],
  validator: ["genesis", "stateSync", "snapshot", "bootstrap", "ceremony"],
  seed: ["genesis"]
}

/** The checks of the Secrets that a node declares, in this order. */
const GATES = "gates"
type Slot = NodeTaskType | typeof GATES

const OBJECTS: ReadonlyArray<Slot> = [
  "ensure-data-pvc",
  GATES,
  "apply-rbac-proxy-config",
  "apply-statefulset",
  "apply-service"
]

const RESTORE: ReadonlyArray<Slot> = [
  "snapshot-restore",
  "configure-genesis",
  "config-apply",
  "configure-state-sync",
  "config-validate",
  "mark-ready"
]

const STEPS: { readonly [S in Source]: ReadonlyArray<Slot> } = {
  genesis: [...OBJECTS, "configure-genesis", "config-apply", "config-validate", "mark-ready"],
  stateSync: [...OBJECTS, "configure-genesis", "config-apply", "configure-state-sync", "config-validate", "mark-ready"],
  snapshot: [...OBJECTS, ...RESTORE],
  bootstrap: [
    "ensure-data-pvc",
    "apply-rbac-proxy-config",
    GATES,
    "deploy-bootstrap-service",
    "deploy-bootstrap-job",
    ...RESTORE,
    "await-bootstrap-complete",
    "teardown-bootstrap",
    "apply-statefulset",
    "apply-service",
    "configure-genesis",
    "config-apply",
    "config-validate",
    "mark-ready"
  ],
  ceremony: [
    "ensure-data-pvc",
    "apply-rbac-proxy-config",
    "apply-statefulset",
    "apply-service",
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

/** Where the data of a node comes from. */
export const source = (spec: SeiNodeSpec): Source => {
  if (spec.validator?.genesisCeremony !== undefined) return "ceremony"
  const snapshot = snapshotSource(spec)
  if (snapshot === undefined) return "genesis"
  if (snapshot.s3 === undefined) return "stateSync"
  return snapshot.bootstrapImage ? "bootstrap" : "snapshot"
}

/** The types of a node's first plan, in order. */
export const init = (spec: SeiNodeSpec): ReadonlyArray<NodeTaskType> =>
  STEPS[source(spec)].flatMap((slot) => (slot === GATES ? preconditions(spec) : [slot]))

/** The part of a plan that runs in a Job of its own, from the first step to the last. */
const BOOTSTRAP = ["deploy-bootstrap-service", "teardown-bootstrap"] as const

/** The types of a plan for a node whose bootstrap is over: nothing of it is done again. */
export const afterBootstrap = (spec: SeiNodeSpec): ReadonlyArray<NodeTaskType> => {
  const types = init(spec)
  const [first, last] = BOOTSTRAP.map((type) => types.indexOf(type))
  return first === undefined || last === undefined || first < 0
    ? types
    : [...types.slice(0, first), ...types.slice(last + 1)]
}

/** The types of a plan for a node whose bootstrap pod has its data, but has to be told again that its node may start. */
export const fromMarkReady = (spec: SeiNodeSpec): ReadonlyArray<NodeTaskType> => {
  const types = init(spec)
  if (source(spec) !== "bootstrap") return types
  const notified = types.indexOf("await-bootstrap-complete") - 1
  return [...types.slice(0, types.indexOf("deploy-bootstrap-job") + 1), ...types.slice(notified)]
}

/** What is checked of a node before it runs: the Secrets that it declares. */
export const preconditions = (spec: SeiNodeSpec): ReadonlyArray<NodeTaskType> => {
  const isNamed = (name: string | undefined) => name !== undefined && name !== ""
  return [
    ...(isNamed(signingKeySecret(spec)) ? ["validate-signing-key" as const] : []),
    ...(isNamed(nodeKeySecret(spec)) ? ["validate-node-key" as const] : []),
    ...(isNamed(keyringSecret(spec)?.secretName) ? ["validate-operator-keyring" as const] : [])
  ]
}
