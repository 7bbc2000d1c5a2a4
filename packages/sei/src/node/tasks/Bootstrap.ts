/**
 * Tasks of the bootstrap Job, which syncs a restored node to a height with an older image before the permanent pod
 * exists.
 */
import { type ObjectMeta, Owned, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as BootstrapState from "../plan/BootstrapState.ts"
import * as Deadlines from "../plan/Deadlines.ts"
import { isBootstrapObject, type Observation, owns } from "../plan/Observation.ts"
import * as BootstrapJob from "../resources/BootstrapJob.ts"
import * as BootstrapService from "../resources/BootstrapService.ts"
import { bootstrapJobKey, serviceKey } from "../resources/NodeIdentity.ts"
import type { ObjectTask } from "./NodeRef.ts"

const JobRef = Schema.Struct({ jobName: Schema.String, namespace: Schema.String })
const ServiceRef = Schema.Struct({ serviceName: Schema.String, namespace: Schema.String })

export const deployService: ObjectTask = Task.local({
  params: ServiceRef,
  perform: ({ node, service: existing }: Observation) =>
    Owned.ensure({ owner: node.object, key: serviceKey(node), existing }, BootstrapService.generate(node))
})

/** A Job is immutable, so an existing one of this node is kept. */
export const deployJob: ObjectTask = Task.local({
  params: JobRef,
  perform: (observation: Observation) =>
    owns(observation, observation.bootstrapJob) ? Effect.succeed(Task.done) : createJob(observation)
})

const createJob = Effect.fnUntraced(function* ({ bootstrapJob: existing, node, platform }: Observation) {
  const manifest = yield* Effect.fromResult(BootstrapJob.generate(node, platform)).pipe(
    Effect.mapError(
      ({ field, message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message: `${field}: ${message}` })
    )
  )
  return yield* Owned.create({ owner: node.object, key: bootstrapJobKey(node), existing }, manifest)
})

/** Waits until the Job has reached its height. */
export const awaitComplete = Task.local({
  params: JobRef,
  overdueAfter: Deadlines.BOOTSTRAP,
  perform: (observation: Observation) => {
    const state = BootstrapState.of(observation)
    switch (state._tag) {
      case "Absent":
        return Effect.succeed(
          Task.waiting({ reason: "BootstrapJobNotFound", message: "the bootstrap Job does not exist" })
        )
      case "Active":
        return Effect.succeed(
          Task.waiting({ reason: "BootstrapJobRunning", message: "the bootstrap Job has not reached its height" })
        )
      case "Complete":
        return Effect.succeed(Task.done)
      case "Failed":
        return Effect.fail(
          new Task.TaskImpossible({ reason: "BootstrapJobFailed", message: `bootstrap job failed: ${state.message}` })
        )
    }
  }
})

/** Done when Job, pod and Service of the bootstrap are gone, so that the permanent pod can mount the volume. */
export const teardown: ObjectTask = Task.local({
  params: Schema.Struct({ ...JobRef.fields, ...ServiceRef.fields }),
  perform: (observation: Observation) => deleteBootstrap(observation)
})

const deleteBootstrap = Effect.fnUntraced(function* (observation: Observation) {
  const { bootstrapJob, node, pods, service } = observation
  const remove = (key: ObjectMeta.ObjectKey, existing: ObjectMeta.KubernetesObject) =>
    Owned.remove({ owner: node.object, key, existing })
  const hasJob = owns(observation, bootstrapJob)
  if (hasJob) yield* remove(bootstrapJobKey(node), bootstrapJob)
  const hasService = owns(observation, service) && isBootstrapObject(service)
  if (hasService) yield* remove(serviceKey(node), service)
  if (hasJob || pods.some(isBootstrapObject))
    return Task.waiting({ reason: "BootstrapPodTerminating", message: "the bootstrap pod is being deleted" })
  return hasService
    ? Task.waiting({ reason: "BootstrapServiceTerminating", message: "the bootstrap Service is being deleted" })
    : Task.done
})
