/** The reconciler of the kind SeiNode. */
import { type KubernetesApi, Reconciler } from "@portolan/planner"
import * as Option from "effect/Option"
import type { Platform } from "../../shared/Platform.ts"
import { at } from "../../shared/Unstructured.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as MissingObjects from "../plan/MissingObjects.ts"
import { isPauseStored, type Observation, owns, replicas } from "../plan/Observation.ts"
import * as PlanSelection from "../plan/PlanSelection.ts"
import * as Supersession from "../plan/Supersession.ts"
import { taskTemplate } from "../plan/TaskTemplates.ts"
import { registry } from "../tasks/NodeTasks.ts"
import { buildStatus } from "./BuildStatus.ts"
import { cleanup } from "./Cleanup.ts"
import { events } from "./Events.ts"
import { type ObservationServices, observe } from "./Observe.ts"

/** The reconciler of SeiNodes with a platform configuration. */
export const make = (
  platform: Platform
): Reconciler.Reconciler<Observation, ObservationServices, ObservationServices | KubernetesApi.KubernetesApi> =>
  Reconciler.make({
    kind: SeiNode.resource,
    finalizer: SeiNode.FINALIZER,
    observe: observe(platform),
    override,
    decide: PlanSelection.decide,
    supersede: Supersession.supersede,
    buildStatus,
    events,
    cleanup,
    tasks: registry
  })

/**
 * A pause overrides plans. The condition `Paused` is stored first and the StatefulSet is scaled after that, in both
 * directions (INV-1). Until `spec.paused` is stored as a condition, it suspends the plan and scales nothing. Without
 * a pause, objects that an active plan has applied and that were deleted are applied again.
 */
const override = (observation: Observation): Reconciler.Override => {
  const { node, statefulSet } = observation
  // The workflow that has adopted the node drives it alone.
  if (node.status.adoptedWorkflow !== undefined) return { paused: true, repair: Option.none() }
  const isPauseRequested = node.spec.paused === true
  const isStored = isPauseStored(observation)
  const paused = isPauseRequested || isStored
  const target = replicas(observation)
  // Without an active plan only a pause stops the node: a bootstrap pod in an old cache must not.
  const mayScale = isStored || target === 1 || node.status.plan?.phase === "Active"
  const isScaled =
    !mayScale || !owns(observation, statefulSet) || Number(at(statefulSet.spec, "replicas") ?? 1) === target
  if (isPauseRequested === isStored && !isScaled)
    return { paused, repair: Option.some(taskTemplate(node, "apply-statefulset")) }
  return { paused, repair: paused ? Option.none() : Option.fromUndefinedOr(MissingObjects.repairTask(observation)) }
}
