/** The claim for a node's data: made once, and never touched again. */
import { KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { owns, type Seen } from "../plan/Seen.ts"
import * as DataVolume from "../resources/DataVolume.ts"
import { claimKey, claimName } from "../resources/Identity.ts"
import { Located } from "./Located.ts"

/** Impossible when somebody else's claim has the name: data is never adopted by accident. */
export const ensureDataVolume = Task.local({ params: Located, perform: (seen: Seen) => ensure(seen) })

/** A claim that appeared since the node was looked at is judged by the next look. */
const notFinalWhenTaken = (error: KubernetesApi.KubernetesError) =>
  error.reason._tag === "Rejected" && error.reason.code === "AlreadyExists"
    ? new Task.TaskDeferred({ message: error.message })
    : Task.fromKubernetes(error)

const ensure = Effect.fnUntraced(function* (seen: Seen) {
  const { claim, node, platform } = seen
  if (owns(seen, claim)) return Task.done
  if (claim !== undefined) {
    const message = `claim ${claimName(node)} already exists and is not owned by this node; name it in spec.dataVolume.import to use it`
    return yield* new Task.TaskImpossible({ message })
  }
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.create(claimKey(node), DataVolume.generate(node, platform)).pipe(Effect.mapError(notFinalWhenTaken))
  return Task.done
})
