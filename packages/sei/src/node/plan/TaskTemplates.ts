/** Every task that a node's plans are made of, as a step: its type, and the parameters that are stored with it. */
import { Plan, type PlanBuilder, type TaskPlan } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { keyringSecret, nodeKeySecret, signingKeySecret, snapshotSource } from "../kinds/SeiNode.ts"
import * as ConfigIntent from "../resources/ConfigIntent.ts"
import { bootstrapJobName } from "../resources/Identity.ts"

/** How often a genesis that is not published yet is asked for: with the back-off of tasks, about 90 minutes. */
const GENESIS_RETRIES = 180
const REPLACE_RETRIES = 3
const DEFAULT_KEY_NAME = "node_admin"

const located = ({ name, namespace }: SeiNode) => ({ nodeName: name, namespace })
const nothing = () => ({})

/** Parameters by task type, under the names that are already in clusters. */
const PARAMS = {
  "ensure-data-pvc": located,
  "validate-signing-key": (node: SeiNode) => secret(node, signingKeySecret(node.spec)),
  "validate-node-key": (node: SeiNode) => secret(node, nodeKeySecret(node.spec)),
  "validate-operator-keyring": (node: SeiNode) => {
    const keyring = keyringSecret(node.spec)
    return {
      secretName: keyring?.secretName ?? "",
      keyName: keyring?.keyName || DEFAULT_KEY_NAME,
      passphraseSecretName: keyring?.passphraseSecretRef.secretName ?? "",
      passphraseSecretKey: keyring?.passphraseSecretRef.key ?? "",
      namespace: node.namespace
    }
  },
  "apply-rbac-proxy-config": located,
  "apply-statefulset": located,
  "apply-service": located,
  "deploy-bootstrap-service": ({ name, namespace }: SeiNode) => ({ serviceName: name, namespace }),
  "deploy-bootstrap-job": (node: SeiNode) => bootstrapJob(node),
  "await-bootstrap-complete": (node: SeiNode) => bootstrapJob(node),
  "teardown-bootstrap": (node: SeiNode) => ({ ...bootstrapJob(node), serviceName: node.name }),
  "snapshot-restore": ({ spec }: SeiNode) => ({ TargetHeight: snapshotSource(spec)?.s3?.targetHeight ?? 0 }),
  "configure-genesis": () => ({ ExpectedGenesisHash: "" }),
  "config-apply": ConfigIntent.apply,
  "configure-state-sync": ({ spec, status }: SeiNode) => {
    const source = snapshotSource(spec)
    return {
      UseLocalSnapshot: source?.s3 !== undefined,
      TrustPeriod: source?.trustPeriod ?? "",
      BackfillBlocks: source?.backfillBlocks ?? 0,
      RpcServers: status.resolvedStateSyncers ?? null
    }
  },
  "config-patch": ConfigIntent.patch,
  "config-validate": nothing,
  "mark-ready": nothing,
  "generate-identity": ({ name, spec }: SeiNode) => ({
    ChainID: spec.validator?.genesisCeremony?.chainId ?? "",
    Moniker: name
  }),
  "generate-gentx": ({ spec }: SeiNode) => {
    const ceremony = spec.validator?.genesisCeremony
    return {
      ChainID: ceremony?.chainId ?? "",
      StakingAmount: ceremony?.stakingAmount ?? "",
      AccountBalance: ceremony?.accountBalance ?? ""
    }
  },
  "upload-genesis-artifacts": ({ name }: SeiNode) => ({ NodeName: name }),
  "set-genesis-peers": nothing,
  "replace-pod": located,
  "observe-image": located
}

/** Every task type of a node; the registry of tasks has one entry each. */
export type NodeTaskType = keyof typeof PARAMS
export type NodeTaskTemplate = PlanBuilder.TaskTemplate<NodeTaskType>

const RETRIES: { readonly [T in NodeTaskType]?: number } = {
  "configure-genesis": GENESIS_RETRIES,
  "replace-pod": REPLACE_RETRIES
}

/** One step for a node as it is now. */
export const taskTemplate =
  (node: SeiNode) =>
  (type: NodeTaskType): NodeTaskTemplate => {
    const maxRetries = RETRIES[type]
    return { type, params: PARAMS[type](node), ...(maxRetries === undefined ? {} : { maxRetries }) }
  }

const secret = ({ namespace }: SeiNode, secretName = "") => ({ secretName, namespace })

const bootstrapJob = (node: SeiNode) => ({ jobName: bootstrapJobName(node), namespace: node.namespace })

type Tasks = Pick<TaskPlan.TaskPlan, "tasks">

/** Whether a plan has done a task of a type. */
export const isDone = ({ tasks }: Tasks, type: string): boolean =>
  tasks.some((task) => task.type === type && task.status === "Complete")

/** Whether a plan has a task of a type that it has not done. */
export const isToCome = ({ tasks }: Tasks, type: string): boolean =>
  tasks.some((task) => task.type === type && task.status !== "Complete")

/** Tasks of a sidecar that write to the data directory. */
const WRITES_DATA: ReadonlySet<string> = new Set([
  "snapshot-restore",
  "configure-genesis",
  "config-apply",
  "configure-state-sync",
  "generate-identity",
  "generate-gentx",
  "upload-genesis-artifacts",
  "set-genesis-peers"
])

export const writesData = (type: string): boolean => WRITES_DATA.has(type)

/** Whether a task is the sidecar's to do, so that it needs a pod that runs. */
export const isSidecars = (type: string): boolean =>
  writesData(type) || type === "config-patch" || type === "config-validate" || type === "mark-ready"

/**
 * The first task of a plan that has been with the sidecar and writes data; `undefined` while there is none. A Job that is
 * waited for without a task before it that writes has its data from an earlier plan.
 */
export const dataMadeBy = ({ tasks }: TaskPlan.TaskPlan): TaskPlan.PlannedTask | undefined => {
  const first = tasks.find(({ type }) => writesData(type) || type === "await-bootstrap-complete")
  return first?.type === "await-bootstrap-complete"
    ? first
    : tasks.find((task) => writesData(task.type) && Plan.stateOf(task)._tag !== "Pending")
}
