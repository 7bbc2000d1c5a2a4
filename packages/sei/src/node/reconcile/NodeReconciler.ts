/** What a SeiNode brings to a turn. */
import { type KubernetesApi, Reconciler } from "@portolan/planner"
import * as Option from "effect/Option"
import type { Platform } from "../../shared/Platform.ts"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Decide from "../plan/Decide.ts"
import * as Lost from "../plan/MissingObjects.ts"
import * as NodePlans from "../plan/NodePlans.ts"
import { at, isPauseStored, type Observation, owns, replicas } from "../plan/Observation.ts"
import * as Supersede from "../plan/Supersede.ts"
import { registry } from "../tasks/NodeTasks.ts"
import { buildStatus } from "./BuildStatus.ts"
import { cleanup } from "./Cleanup.ts"
import { events } from "./Events.ts"
import { type ObservationServices, observe } from "./Observe.ts"

/** The reconciler of SeiNodes on a platform. */
export const make = (
  platform: Platform
): Reconciler.Reconciler<Observation, ObservationServices, ObservationServices | KubernetesApi.KubernetesApi> =>
  Reconciler.make({
    kind: SeiNode.resource,
    finalizer: SeiNode.FINALIZER,
    observe: observe(platform),
    override,
    decide: Decide.decide,
    supersede: Supersede.supersede,
    buildStatus,
    events,
    cleanup,
    tasks: registry
  })

/**
 * A pause stands above plans: it is recorded first, then the StatefulSet follows, and back in the same order. The spec's
 * wish alone only holds plans; nothing is scaled before the wish is stored. What an active plan has made and lost is made again.
 */
const override = (observation: Observation): Reconciler.Override => {
  // A workflow that has taken the node moves it, and nobody else.
  if (observation.node.status.adoptedWorkflow !== undefined) return { paused: true, repair: Option.none() }
  const isWanted = observation.node.spec.paused === true
  const isStored = isPauseStored(observation)
  const isBehind =
    owns(observation, observation.statefulSet) &&
    Number(at(observation.statefulSet.spec, "replicas") ?? 1) !== replicas(observation)
  const held = isWanted || isStored
  if (isWanted === isStored && isBehind)
    return { paused: held, repair: Option.some(NodePlans.applyStatefulSet(observation.node)) }
  return { paused: held, repair: held ? Option.none() : Option.fromUndefinedOr(Lost.find(observation)) }
}
