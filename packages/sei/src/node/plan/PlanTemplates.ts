/** A template for every plan of a SeiNode. */
import { PlanBuilder } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import * as InitTasks from "./InitTasks.ts"
import type { InitVariant, PlanVariant } from "./PlanVariant.ts"
import { type NodeTaskType, taskTemplate } from "./TaskTemplates.ts"

export type NodePlanTemplate = PlanBuilder.PlanTemplate<NodeTaskType>

const DATA_SOURCES: { readonly [S in InitTasks.DataSource]: string } = {
  genesis: "synced from genesis",
  stateSync: "state-synced from its peers",
  snapshot: "restored from a snapshot",
  bootstrap: "restored from a snapshot and bootstrapped with an older image",
  ceremony: "created in a genesis ceremony"
}

/** Initialises a node. A failure is final, because a partly written data directory has to be inspected. */
export const init = (
  node: SeiNode,
  reason = `new node of chain ${node.spec.chainId}, ${DATA_SOURCES[InitTasks.dataSource(node.spec)]}`,
  variant: InitVariant = "Init"
): NodePlanTemplate =>
  template(node, "init", variant, reason, PlanBuilder.failTo("Failed"), InitTasks.tasks(node.spec, variant))

/**
 * Rolls a node from one image to another. The sidecar of the running pod patches the configuration before the pod is
 * replaced. When that sidecar is unreachable, the pod is replaced first, because the new pod may repair it.
 */
export const update = (
  node: SeiNode,
  reason: string,
  { isSidecarReachable }: { readonly isSidecarReachable: boolean }
): NodePlanTemplate => {
  const configure: ReadonlyArray<NodeTaskType> = ["config-patch", "config-validate"]
  const replace: ReadonlyArray<NodeTaskType> = ["replace-pod", "observe-image"]
  return template(node, "update", "Update", reason, PlanBuilder.retry, [
    ...InitTasks.validations(node.spec),
    "apply-statefulset",
    "apply-service",
    ...(isSidecarReachable ? [...configure, ...replace] : [...replace, ...configure]),
    "mark-ready"
  ])
}

/** Repeats `mark-ready` at a sidecar that has restarted and reports not ready. */
export const markReady = (node: SeiNode): NodePlanTemplate =>
  template(node, "mark-ready", "MarkReady", "the sidecar is not ready", PlanBuilder.retry, ["mark-ready"])

/** Which objects of a running node are missing or outdated. */
export interface StaleObjects {
  readonly proxyConfig: boolean
  readonly statefulSet: boolean
  readonly service: boolean
}

/** Applies the missing and outdated objects of a running node again. It does not replace the pod. */
export const restore = (node: SeiNode, stale: StaleObjects): NodePlanTemplate => {
  const types: ReadonlyArray<NodeTaskType> = [
    ...(stale.proxyConfig ? ["apply-rbac-proxy-config" as const] : []),
    ...(stale.statefulSet ? ["apply-statefulset" as const] : []),
    ...(stale.service ? ["apply-service" as const] : [])
  ]
  const reason = `missing or outdated: ${types.map((type) => type.slice("apply-".length)).join(", ")}`
  const validations = stale.statefulSet ? InitTasks.validations(node.spec) : []
  return template(node, "restore", "Restore", reason, PlanBuilder.retry, [...validations, ...types])
}

const template = (
  node: SeiNode,
  name: string,
  variant: PlanVariant,
  reason: string,
  onFailure: PlanBuilder.OnFailure,
  types: ReadonlyArray<NodeTaskType>
): NodePlanTemplate => ({
  name,
  variant,
  reason,
  targetPhase: "Running",
  onFailure,
  tasks: types.map((type) => taskTemplate(node, type))
})
