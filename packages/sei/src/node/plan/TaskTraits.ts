/**
 * Traits of every task type of a SeiNode. The table is total: a task type without traits does not compile. It is
 * beside the templates and not beside the registry, because decisions about stored plans read it and imports go down;
 * the type of the registry requires a local or a remote task for each type, as the table says.
 */
import { Plan, type TaskPlan } from "@portolan/planner"
import type { NodeTaskType } from "./TaskTemplates.ts"

export interface TaskTraits {
  /** Performed by the controller, or by the sidecar. */
  readonly runs: "local" | "remote"
  /** Writes to the data volume; another init plan must not start on such data. */
  readonly writesData: boolean
  /** Complete once the sidecar has accepted it. Its effect is observed in the sidecar's health. */
  readonly isSignal: boolean
}

const local = { runs: "local", writesData: false, isSignal: false } as const
const remote = { runs: "remote", writesData: false, isSignal: false } as const
const remoteWrite = { runs: "remote", writesData: true, isSignal: false } as const
const signal = { runs: "remote", writesData: false, isSignal: true } as const

export const TRAITS = {
  "ensure-data-pvc": local,
  "validate-signing-key": local,
  "validate-node-key": local,
  "validate-operator-keyring": local,
  "apply-rbac-proxy-config": local,
  "apply-statefulset": local,
  "apply-service": local,
  "deploy-bootstrap-service": local,
  "deploy-bootstrap-job": local,
  "await-bootstrap-complete": local,
  "teardown-bootstrap": local,
  "snapshot-restore": remoteWrite,
  "configure-genesis": remoteWrite,
  "config-apply": remoteWrite,
  "configure-state-sync": remoteWrite,
  // A patch changes the configuration of a running node, which no init plan follows.
  "config-patch": remote,
  "config-validate": remote,
  "mark-ready": signal,
  "generate-identity": remoteWrite,
  "generate-gentx": remoteWrite,
  "upload-genesis-artifacts": remoteWrite,
  "set-genesis-peers": remoteWrite,
  "replace-pod": local,
  "observe-image": local
} as const satisfies { readonly [T in NodeTaskType]: TaskTraits }

/** Traits of a stored task type; `undefined` for a type that this version does not know. */
const traitsOf = (type: string): TaskTraits | undefined => {
  const table: { readonly [type: string]: TaskTraits } = TRAITS
  return Object.hasOwn(table, type) ? table[type] : undefined
}

/** Whether the sidecar performs a task, so that it needs a running pod. */
export const isRemote = (type: string): boolean => traitsOf(type)?.runs === "remote"

/** The task that the sidecar is working on. Signals do not count, because nothing waits for their end. */
export const taskInFlight = ({ tasks }: TaskPlan.TaskPlan): TaskPlan.PlannedTask | undefined =>
  tasks.find((task) => {
    const traits = traitsOf(task.type)
    return traits?.runs === "remote" && !traits.isSignal && Plan.stateOf(task)._tag === "Submitted"
  })

/**
 * The task that has written data, or may have: a submitted task that writes data. A plan that awaits a bootstrap
 * without any such task before it continues on data of an earlier plan.
 */
export const taskWithData = ({ tasks }: TaskPlan.TaskPlan): TaskPlan.PlannedTask | undefined => {
  const writesData = ({ type }: TaskPlan.PlannedTask) => traitsOf(type)?.writesData === true
  const first = tasks.find((task) => writesData(task) || task.type === "await-bootstrap-complete")
  return first?.type === "await-bootstrap-complete"
    ? first
    : tasks.find((task) => writesData(task) && Plan.stateOf(task)._tag !== "Pending")
}
