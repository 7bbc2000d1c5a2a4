/** Every plan a node can have. */
import { PlanBuilder } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import * as Modes from "./Modes.ts"
import { type NodeTaskTemplate, type NodeTaskType, taskTemplate } from "./TaskTemplates.ts"

export type NodePlanTemplate = PlanBuilder.PlanTemplate<NodeTaskType>

/** Performed by itself when a pause begins or ends. */
export const applyStatefulSet = (node: SeiNode): NodeTaskTemplate => taskTemplate(node)("apply-statefulset")

const IN_WORDS: { readonly [S in Modes.Source]: string } = {
  genesis: "from genesis",
  stateSync: "from the state of its peers",
  snapshot: "from a snapshot",
  bootstrap: "from a snapshot, by way of an older image",
  ceremony: "whose genesis is made first"
}

/** What an earlier try at the same may have left behind, and has to go first. */
export type Leftover =
  | "nothing"
  /** A pod of an earlier template. */
  | "pod"
  /** A bootstrap Job that has to be run again. */
  | "job"
  /** A bootstrap Job that has done its work. */
  | "finishedJob"
  /** A bootstrap Job that has its data and waits to be told that it may start. */
  | "untoldJob"

/** From nothing to a running node. Final when it fails, because a half-made data directory needs a person. */
export const init = (
  node: SeiNode,
  because = `a new ${node.spec.chainId} node ${IN_WORDS[Modes.source(node.spec)]}`,
  leftover: Leftover = "nothing"
): NodePlanTemplate => {
  const isOver = leftover === "pod" || leftover === "finishedJob"
  const begun = leftover === "untoldJob" ? Modes.fromMarkReady(node.spec) : Modes.init(node.spec)
  const steps = isOver ? Modes.afterBootstrap(node.spec) : begun
  const hasJob = leftover === "job" || leftover === "finishedJob"
  const first = steps.find((type) => type === "deploy-bootstrap-service" || type === "apply-statefulset")
  const types = steps.flatMap((type): ReadonlyArray<NodeTaskType> => {
    if (leftover === "pod" && type === "apply-statefulset") return [type, "replace-pod"]
    return hasJob && type === first ? ["teardown-bootstrap", type] : [type]
  })
  return template(node, "init", because, PlanBuilder.failTo("Failed"), types)
}

/**
 * From one image to another. The configuration is patched through the sidecar that runs, before its pod goes; where no
 * sidecar answers, the pod goes first, because its replacement may be the cure.
 */
export const update = (
  node: SeiNode,
  because: string,
  { sidecarAnswers }: { readonly sidecarAnswers: boolean }
): NodePlanTemplate => {
  const configure: ReadonlyArray<NodeTaskType> = ["config-patch", "config-validate"]
  const replace: ReadonlyArray<NodeTaskType> = ["replace-pod", "observe-image"]
  return template(node, "update", because, PlanBuilder.retry, [
    ...Modes.preconditions(node.spec),
    "apply-statefulset",
    "apply-service",
    ...(sidecarAnswers ? [...configure, ...replace] : [...replace, ...configure]),
    "mark-ready"
  ])
}

/** Tells a sidecar that lost its memory that its node may start. */
export const reapply = (node: SeiNode): NodePlanTemplate =>
  template(node, "mark-ready", "the sidecar waits to be told that its node may start", PlanBuilder.retry, [
    "mark-ready"
  ])

/** An object of a running node that can be made again: whether it is missing or was made for another spec. */
export interface Restorable {
  readonly proxyConfig: boolean
  readonly statefulSet: boolean
  readonly service: boolean
}

/** Makes objects again that somebody deleted, or that an edit of the spec left behind. Pods are not replaced for it. */
export const restore = (node: SeiNode, stale: Restorable): NodePlanTemplate => {
  const types: ReadonlyArray<NodeTaskType> = [
    ...(stale.proxyConfig ? ["apply-rbac-proxy-config" as const] : []),
    ...(stale.statefulSet ? ["apply-statefulset" as const] : []),
    ...(stale.service ? ["apply-service" as const] : [])
  ]
  const because = `missing or not as the spec says: ${types.map((type) => type.slice("apply-".length)).join(", ")}`
  const gates = stale.statefulSet ? Modes.preconditions(node.spec) : []
  return template(node, "restore", because, PlanBuilder.retry, [...gates, ...types])
}

/** True for a plan that rolls a node from one image to another. */
export const isUpdate = (plan: { readonly tasks: ReadonlyArray<{ readonly type: string }> }): boolean =>
  plan.tasks.some(({ type }) => type === "observe-image")

const template = (
  node: SeiNode,
  name: string,
  because: string,
  onFailure: PlanBuilder.OnFailure,
  types: ReadonlyArray<NodeTaskType>
): NodePlanTemplate => ({
  name,
  reason: because,
  targetPhase: "Running",
  onFailure,
  tasks: types.map(taskTemplate(node))
})
