/** Creates the PersistentVolumeClaim of a node once, or checks an imported one. Neither is ever updated. */
import { Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Deadlines from "../plan/Deadlines.ts"
import type { Observation } from "../plan/Observation.ts"
import * as DataVolume from "../resources/DataVolume.ts"
import { claimKey } from "../resources/NodeIdentity.ts"
import * as CheckPreconditions from "./CheckPreconditions.ts"
import { NodeRef, type ObjectTask } from "./NodeRef.ts"

/** Impossible when a claim of that name has another owner: its data must not be adopted by accident. */
export const ensureDataVolume: ObjectTask = Task.local({
  params: NodeRef,
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) =>
    CheckPreconditions.whenReady(observation, "ensure-data-pvc", createClaim(observation))
})

/** The precondition has checked who owns an existing claim. */
const createClaim = ({ node, platform, pvc }: Observation) =>
  pvc === undefined
    ? Owned.create({ owner: node.object, key: claimKey(node), existing: pvc }, DataVolume.generate(node, platform))
    : Effect.succeed(Task.done)
