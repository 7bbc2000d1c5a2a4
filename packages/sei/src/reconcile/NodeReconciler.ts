/** What a SeiNode brings to a turn. */
import { type KubernetesApi, Reconciler } from "@portolan/planner"
import * as Option from "effect/Option"
import * as SeiNode from "../kinds/SeiNode.ts"
import * as Decide from "../plan/Decide.ts"
import * as Lost from "../plan/Lost.ts"
import * as NodePlans from "../plan/NodePlans.ts"
import { at, isPauseStored, owns, replicas, type Seen } from "../plan/Seen.ts"
import * as Supersede from "../plan/Supersede.ts"
import type { Platform } from "../resources/Platform.ts"
import { registry } from "../tasks/NodeTasks.ts"
import { announce } from "./Announce.ts"
import { type Looks, observe } from "./Observe.ts"
import { present } from "./Present.ts"
import { release } from "./Release.ts"

/** The reconciler of SeiNodes on a platform. */
export const make = (platform: Platform): Reconciler.Reconciler<Seen, Looks, Looks | KubernetesApi.KubernetesApi> =>
  Reconciler.make({
    kind: SeiNode.resource,
    finalizer: SeiNode.FINALIZER,
    observe: observe(platform),
    posture,
    decide: Decide.decide,
    supersede: Supersede.supersede,
    present,
    announce,
    release,
    tasks: registry
  })

/**
 * A pause stands above plans: it is recorded first, then the StatefulSet follows, and back in the same order. The spec's
 * wish alone only holds plans; nothing is scaled before the wish is stored. What an active plan has made and lost is made again.
 */
const posture = (seen: Seen): Reconciler.Posture => {
  // A workflow that has taken the node moves it, and nobody else.
  if (seen.node.status.adoptedWorkflow !== undefined) return { held: true, correct: Option.none() }
  const isWanted = seen.node.spec.paused === true
  const isStored = isPauseStored(seen)
  const isBehind = owns(seen, seen.statefulSet) && Number(at(seen.statefulSet.spec, "replicas") ?? 1) !== replicas(seen)
  const held = isWanted || isStored
  if (isWanted === isStored && isBehind) return { held, correct: Option.some(NodePlans.applyStatefulSet(seen.node)) }
  return { held, correct: held ? Option.none() : Option.fromUndefinedOr(Lost.find(seen)) }
}
