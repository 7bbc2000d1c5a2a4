/** Every task type of a SeiNode, with the parameters that a plan stores for it. */
import { Plan, type PlanBuilder, type TaskPlan } from "@portolan/planner"
import * as Option from "effect/Option"
import { keyringSecret, nodeKeySecret, type SeiNode, signingKeySecret, snapshotSource } from "../kinds/SeiNode.ts"
import * as ConfigIntent from "../resources/ConfigIntent.ts"
import { bootstrapJobName } from "../resources/NodeIdentity.ts"

/** The genesis may not be published yet. With the back-off between attempts this is about 90 minutes. */
const GENESIS_RETRIES = 180
const REPLACE_RETRIES = 3
const DEFAULT_KEY_NAME = "node_admin"

const nodeRef = ({ name, namespace }: SeiNode) => ({ nodeName: name, namespace })
const none = () => ({})

/** Parameters by task type. Stored plans in clusters fix the names. */
const PARAMS = {
  "ensure-data-pvc": nodeRef,
  "validate-signing-key": (node: SeiNode) => secretRef(node, signingKeySecret(node.spec)),
  "validate-node-key": (node: SeiNode) => secretRef(node, nodeKeySecret(node.spec)),
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
  "apply-rbac-proxy-config": nodeRef,
  "apply-statefulset": nodeRef,
  "apply-service": nodeRef,
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
      // The sidecar is sent positive numbers only, and a plan stores what it is sent (INV-16).
      BackfillBlocks: Math.max(source?.backfillBlocks ?? 0, 0),
      RpcServers: status.resolvedStateSyncers ?? null
    }
  },
  "config-patch": ConfigIntent.patch,
  "config-validate": none,
  "mark-ready": none,
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
  "set-genesis-peers": none,
  "replace-pod": nodeRef,
  "observe-image": nodeRef
}

/** Every task type of a SeiNode. `TaskTraits` and the registry have an entry for each. */
export type NodeTaskType = keyof typeof PARAMS
export type NodeTaskTemplate = PlanBuilder.TaskTemplate<NodeTaskType>

const RETRIES: { readonly [T in NodeTaskType]?: number } = {
  "configure-genesis": GENESIS_RETRIES,
  "replace-pod": REPLACE_RETRIES
}

/** The template of one task, with parameters from the current spec and status. */
export const taskTemplate = (node: SeiNode, type: NodeTaskType): NodeTaskTemplate => {
  const maxRetries = RETRIES[type]
  return { type, params: PARAMS[type](node), ...(maxRetries === undefined ? {} : { maxRetries }) }
}

const secretRef = ({ namespace }: SeiNode, secretName = "") => ({ secretName, namespace })
const bootstrapJob = (node: SeiNode) => ({ jobName: bootstrapJobName(node), namespace: node.namespace })

type Tasks = Pick<TaskPlan.TaskPlan, "tasks">

/** Whether a plan has completed a task of a type. */
export const hasCompleted = ({ tasks }: Tasks, type: NodeTaskType): boolean =>
  tasks.some((task) => task.type === type && task.status === "Complete")

/** Whether a plan has an incomplete task of a type. */
export const hasIncomplete = ({ tasks }: Tasks, type: NodeTaskType): boolean =>
  tasks.some((task) => task.type === type && task.status !== "Complete")

/** Whether a task of a type is the next one of a plan. */
export const isCurrent = (plan: TaskPlan.TaskPlan, type: NodeTaskType): boolean =>
  Option.exists(Plan.current(plan), (task) => task.type === type)
