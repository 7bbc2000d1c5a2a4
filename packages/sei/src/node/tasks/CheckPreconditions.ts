/** Tasks that check the preconditions of creating a node, and show the result as a condition. */
import { KubernetesApi, Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Pod } from "../../shared/Identity.ts"
import * as Deadlines from "../plan/Deadlines.ts"
import type { Observation } from "../plan/Observation.ts"
import * as Preconditions from "../plan/Preconditions.ts"
import * as SigningKeyUse from "../plan/SigningKeyUse.ts"
import type { NodeTaskType } from "../plan/TaskTemplates.ts"
import * as SigningKeyLock from "../resources/SigningKeyLock.ts"
import type { ObjectTask } from "./NodeRef.ts"

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
 *
 * Waits while a pod of anybody else in the namespace mounts the key. No watch ends that wait if the pod belongs to no
 * SeiNode: each poll lists the pods again.
 */
export const signingKey: ObjectTask = Task.local({
  params: SecretRef,
  overdueAfter: Deadlines.PRECONDITION,
  perform: (observation: Observation) =>
    Effect.flatMap(withAllPods(observation), (observed) =>
      whenReady(observed, "validate-signing-key", createLock(observed))
    )
})

/**
 * The observation with all pods of the namespace that use the signing key, right before the node takes the lock. The
 * cache has only the pods of SeiNodes, so they are read from the API server, and only when nothing else is in the way.
 */
const withAllPods = Effect.fnUntraced(function* (observation: Observation) {
  const { keyLock, node, statefulSet } = observation
  const isReady = Preconditions.check(observation, "validate-signing-key")._tag === "Ready"
  if (keyLock !== undefined || !isReady) return observation
  const api = yield* KubernetesApi.KubernetesApi
  const pods = yield* api.list(Pod, { namespace: node.namespace }).pipe(Effect.mapError(Task.fromKubernetes))
  return { ...observation, keyConflicts: SigningKeyUse.otherPods(node, statefulSet, pods) }
})

const createLock = ({ keyLock: existing, node }: Observation) =>
  Owned.create({ owner: node.object, key: SigningKeyLock.key(node), existing }, SigningKeyLock.generate(node))
