/** Every plan a node can have, as steps. */
import { PlanBuilder } from "@portolan/planner"
import type { SeiNode } from "../kinds/SeiNode.ts"
import * as ConfigIntent from "../resources/ConfigIntent.ts"

/** Every task that a node's plans are made of; the registry has one entry each. */
export type NodeTaskType =
  | "ensure-data-pvc"
  | "apply-rbac-proxy-config"
  | "apply-statefulset"
  | "apply-service"
  | "configure-genesis"
  | "config-apply"
  | "config-patch"
  | "config-validate"
  | "replace-pod"
  | "observe-image"
  | "mark-ready"

type Step = PlanBuilder.Step<NodeTaskType>
export type NodeBlueprint = PlanBuilder.Blueprint<NodeTaskType>

/** How often a genesis that is not published yet is asked for: with the back-off of tasks, about 90 minutes. */
const GENESIS_RETRIES = 180
const REPLACE_RETRIES = 3

const here =
  (type: NodeTaskType) =>
  (node: SeiNode): Step => ({
    type,
    params: { nodeName: node.name, namespace: node.namespace }
  })
const ensureVolume = here("ensure-data-pvc")
const applyProxyConfig = here("apply-rbac-proxy-config")
/** Also performed by itself when a pause begins or ends. */
export const applyStatefulSet = here("apply-statefulset")
const applyService = here("apply-service")
const replacePod = (node: SeiNode): Step => ({ ...here("replace-pod")(node), maxRetries: REPLACE_RETRIES })
const observeImage = here("observe-image")

const configureGenesis: Step = {
  type: "configure-genesis",
  params: { ExpectedGenesisHash: "" },
  maxRetries: GENESIS_RETRIES
}
const configApply = (node: SeiNode): Step => ({ type: "config-apply", params: ConfigIntent.apply(node) })
const configPatch = (node: SeiNode): Step => ({ type: "config-patch", params: ConfigIntent.patch(node) })
const configValidate: Step = { type: "config-validate", params: {} }
const markReady: Step = { type: "mark-ready", params: {} }

/**
 * From nothing to a running node that syncs from genesis. Final when it fails, because a half-made data directory
 * needs a person.
 *
 * @param options.replacesPod a pod of an earlier template may exist and has to go first
 */
export const init = (
  node: SeiNode,
  because: string,
  options: { readonly replacesPod: boolean } = { replacesPod: false }
): NodeBlueprint => ({
  name: "init",
  because,
  targetPhase: "Running",
  onFailure: PlanBuilder.failTo("Failed"),
  steps: [
    ensureVolume(node),
    applyProxyConfig(node),
    applyStatefulSet(node),
    ...(options.replacesPod ? [replacePod(node)] : []),
    applyService(node),
    configureGenesis,
    configApply(node),
    configValidate,
    markReady
  ]
})

/**
 * From one image to another. The configuration is patched through the sidecar that runs, before its pod goes; where no
 * sidecar answers, the pod goes first, because its replacement may be the cure.
 */
export const update = (
  node: SeiNode,
  because: string,
  options: { readonly sidecarAnswers: boolean }
): NodeBlueprint => {
  const configure = [configPatch(node), configValidate]
  const replace = [replacePod(node), observeImage(node)]
  return {
    name: "update",
    because,
    targetPhase: "Running",
    onFailure: PlanBuilder.retry,
    steps: [
      applyStatefulSet(node),
      applyService(node),
      ...(options.sidecarAnswers ? [...configure, ...replace] : [...replace, ...configure]),
      markReady
    ]
  }
}

/** Tells a sidecar that lost its memory that its node may start. */
export const reapply = (): NodeBlueprint => ({
  name: "mark-ready",
  because: "the sidecar waits to be told that its node may start",
  targetPhase: "Running",
  onFailure: PlanBuilder.retry,
  steps: [markReady]
})

/** An object of a running node that can be made again, and whether it is missing. */
export interface Restorable {
  readonly proxyConfig: boolean
  readonly statefulSet: boolean
  readonly service: boolean
}

/** Makes again what somebody else deleted. */
export const restore = (node: SeiNode, missing: Restorable): NodeBlueprint => {
  const steps = [
    ...(missing.proxyConfig ? [applyProxyConfig(node)] : []),
    ...(missing.statefulSet ? [applyStatefulSet(node)] : []),
    ...(missing.service ? [applyService(node)] : [])
  ]
  return {
    name: "restore",
    because: `missing: ${steps.map(({ type }) => type.slice("apply-".length)).join(", ")}`,
    targetPhase: "Running",
    onFailure: PlanBuilder.retry,
    steps
  }
}

/** True for a plan that rolls a node from one image to another. */
export const isUpdate = (plan: { readonly tasks: ReadonlyArray<{ readonly type: string }> }): boolean =>
  plan.tasks.some(({ type }) => type === "observe-image")
