/** Tasks that only look, and wait or refuse until a node can be made. What they find is told as a condition. */
import { KubernetesApi, Task } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Observation } from "../plan/Observation.ts"
import * as Gates from "../plan/Preconditions.ts"
import * as KeyLock from "../resources/KeyLock.ts"

/** People bring Secrets and volumes; that may take them a while. */
export const PATIENCE = Duration.hours(1)

const Named = Schema.Struct({ secretName: Schema.String, namespace: Schema.String })

/** Fails or waits with what a gate says, or goes on. */
export const pass = <R>(
  observation: Observation,
  type: string,
  onPass: Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R>
): Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R> => {
  const verdict = Gates.check(observation, type)
  const claims = Gates.conditions(observation, type, verdict)
  switch (verdict._tag) {
    case "Ready":
      return Effect.map(onPass, (progress) => ({ ...progress, conditions: [...claims, ...progress.conditions] }))
    case "Pending":
      return Effect.succeed(Task.waiting({ reason: verdict.reason, message: verdict.message }, claims))
    case "Invalid":
      return Effect.fail(
        new Task.TaskImpossible({ reason: Gates.INVALID, message: Gates.failure(verdict.message), conditions: claims })
      )
  }
}

export const nodeKey = Task.local({
  params: Named,
  overdueAfter: PATIENCE,
  perform: (observation: Observation) => pass(observation, "validate-node-key", Effect.succeed(Task.done))
})

export const operatorKeyring = Task.local({
  params: Schema.Struct({
    ...Named.fields,
    keyName: Schema.String,
    passphraseSecretName: Schema.String,
    passphraseSecretKey: Schema.String
  }),
  overdueAfter: PATIENCE,
  perform: (observation: Observation) => pass(observation, "validate-operator-keyring", Effect.succeed(Task.done))
})

/**
 * Checks the key, and takes it: whoever creates the lock of a Secret is the only one who may sign with it, also when two
 * nodes ask in the same moment. The lock goes with its node, after the node's last pod.
 */
export const signingKey = Task.local({
  params: Named,
  overdueAfter: PATIENCE,
  perform: (observation: Observation) => pass(observation, "validate-signing-key", lock(observation))
})

const lock = Effect.fnUntraced(function* ({ keyLock, node }: Observation) {
  if (keyLock !== undefined) return Task.done
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.create(KeyLock.key(node), KeyLock.generate(node)).pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
})
