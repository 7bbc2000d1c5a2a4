/** Tasks that check the preconditions of creating a node, and show the result as a condition. */
import { KubernetesApi, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Deadlines from "../plan/Deadlines.ts"
import type { Observation } from "../plan/Observation.ts"
import * as Preconditions from "../plan/Preconditions.ts"
import type { NodeTaskType } from "../plan/TaskTemplates.ts"
import * as SigningKeyLock from "../resources/SigningKeyLock.ts"

const SecretRef = Schema.Struct({ secretName: Schema.String, namespace: Schema.String })

type Performed<R> = Effect.Effect<Task.Progress, Task.TaskImpossible | Task.TaskDeferred, R>

/** Runs `then` when the precondition of the task is ready. Waits while it is pending; fails when it is invalid. */
export const whenReady = <R>(observation: Observation, type: NodeTaskType, then: Performed<R>): Performed<R> => {
  const result = Preconditions.check(observation, type)
  const conditions = Preconditions.conditions(observation, type, result)
  switch (result._tag) {
    case "Ready":
      return Effect.map(then, (progress) => ({ ...progress, conditions: [...conditions, ...progress.conditions] }))
    case "Pending":
      return Effect.succeed(Task.waiting({ reason: result.reason, message: result.message }, conditions))
    case "Invalid":
      return Effect.fail(
        new Task.TaskImpossible({
          reason: Preconditions.INVALID,
          message: Preconditions.failure(result.message),
          conditions
        })
      )
  }
}

export const nodeKey = Task.local({
  params: SecretRef,
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) => whenReady(observation, "validate-node-key", Effect.succeed(Task.done))
})

export const operatorKeyring = Task.local({
  params: Schema.Struct({
    ...SecretRef.fields,
    keyName: Schema.String,
    passphraseSecretName: Schema.String,
    passphraseSecretKey: Schema.String
  }),
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) => whenReady(observation, "validate-operator-keyring", Effect.succeed(Task.done))
})

/**
 * Checks the signing key and locks it (INV-15). Only one of two nodes that run this task at the same time can create
 * the lock. The lock is deleted with its node, after the node's last pod.
 */
export const signingKey = Task.local({
  params: SecretRef,
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) => whenReady(observation, "validate-signing-key", createLock(observation))
})

const createLock = Effect.fnUntraced(function* ({ keyLock, node }: Observation) {
  if (keyLock !== undefined) return Task.done
  const api = yield* KubernetesApi.KubernetesApi
  yield* api
    .create(SigningKeyLock.key(node), SigningKeyLock.generate(node))
    .pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
})
