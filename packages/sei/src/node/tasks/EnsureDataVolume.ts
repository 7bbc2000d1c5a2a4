/** Creates the PersistentVolumeClaim of a node once, or checks an imported one. Neither is ever updated. */
import { KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Deadlines from "../plan/Deadlines.ts"
import type { Observation } from "../plan/Observation.ts"
import * as DataVolume from "../resources/DataVolume.ts"
import { claimKey } from "../resources/NodeIdentity.ts"
import * as CheckPreconditions from "./CheckPreconditions.ts"
import { NodeRef } from "./NodeRef.ts"

/** Impossible when a claim of that name has another owner: its data must not be adopted by accident. */
export const ensureDataVolume = Task.local({
  params: NodeRef,
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) =>
    CheckPreconditions.whenReady(observation, "ensure-data-pvc", createClaim(observation))
})

const createClaim = Effect.fnUntraced(function* ({ node, platform, pvc }: Observation) {
  if (pvc !== undefined) return Task.done
  const api = yield* KubernetesApi.KubernetesApi
  yield* api
    .create(claimKey(node), DataVolume.generate(node, platform))
    .pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
})
