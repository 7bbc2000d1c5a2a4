/** The claim for a node's data: made once and never touched again, or brought along by the user and only looked at. */
import { KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import type { Observation } from "../plan/Observation.ts"
import * as DataVolume from "../resources/DataVolume.ts"
import { claimKey } from "../resources/Identity.ts"
import { Located } from "./Located.ts"
import * as Gates from "./Preconditions.ts"

/** Impossible when somebody else's claim has the name: data is never adopted by accident. */
export const ensureDataVolume = Task.local({
  params: Located,
  overdueAfter: Gates.PATIENCE,
  perform: (observation: Observation) => Gates.pass(observation, "ensure-data-pvc", create(observation))
})

const create = Effect.fnUntraced(function* ({ pvc: claim, node, platform }: Observation) {
  if (claim !== undefined) return Task.done
  const api = yield* KubernetesApi.KubernetesApi
  yield* api
    .create(claimKey(node), DataVolume.generate(node, platform))
    .pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
})
