/**
 * Tasks of the bootstrap Job, which syncs a restored node to a height with an older image before the permanent pod
 * exists.
 */
import { KubernetesApi, type ObjectMeta, Task } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as OwnedObjects from "../../shared/OwnedObjects.ts"
import * as BootstrapState from "../plan/BootstrapState.ts"
import * as Deadlines from "../plan/Deadlines.ts"
import { isBootstrapObject, type Observation, owns } from "../plan/Observation.ts"
import * as BootstrapJob from "../resources/BootstrapJob.ts"
import * as BootstrapService from "../resources/BootstrapService.ts"
import { bootstrapJobKey, serviceKey } from "../resources/NodeIdentity.ts"

const JobRef = Schema.Struct({ jobName: Schema.String, namespace: Schema.String })
const ServiceRef = Schema.Struct({ serviceName: Schema.String, namespace: Schema.String })

export const deployService = Task.local({
  params: ServiceRef,
  perform: ({ node, service }: Observation) =>
    OwnedObjects.applyOwned(node.object, serviceKey(node), service, BootstrapService.generate(node))
})

/** A Job is immutable, so an existing one of this node is kept. */
export const deployJob = Task.local({
  params: JobRef,
  perform: (observation: Observation) => {
    const { bootstrapJob, node } = observation
    const deploy = bootstrapJob === undefined ? createJob(observation) : Effect.succeed(Task.done)
    return OwnedObjects.ifOwned(node.object, bootstrapJobKey(node), bootstrapJob, deploy)
  }
})

const createJob = Effect.fnUntraced(function* ({ node, platform }: Observation) {
  const manifest = yield* Effect.fromResult(BootstrapJob.generate(node, platform)).pipe(
    Effect.mapError(
      ({ field, message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message: `${field}: ${message}` })
    )
  )
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.create(bootstrapJobKey(node), manifest).pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
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
export const teardown = Task.local({
  params: Schema.Struct({ ...JobRef.fields, ...ServiceRef.fields }),
  perform: (observation: Observation) => deleteBootstrap(observation)
})

const deleteBootstrap = Effect.fnUntraced(function* (observation: Observation) {
  const { bootstrapJob, node, pods, service } = observation
  const isTerminating = ({ metadata }: ObjectMeta.KubernetesObject) => metadata.deletionTimestamp !== undefined
  const hasJob = owns(observation, bootstrapJob)
  if (hasJob && !isTerminating(bootstrapJob)) yield* OwnedObjects.remove(bootstrapJobKey(node), bootstrapJob)
  const hasService = owns(observation, service) && isBootstrapObject(service)
  if (hasService && !isTerminating(service)) yield* OwnedObjects.remove(serviceKey(node), service)
  if (hasJob || pods.some(isBootstrapObject))
    return Task.waiting({ reason: "BootstrapPodTerminating", message: "the bootstrap pod is being deleted" })
  return hasService
    ? Task.waiting({ reason: "BootstrapServiceTerminating", message: "the bootstrap Service is being deleted" })
    : Task.done
})
