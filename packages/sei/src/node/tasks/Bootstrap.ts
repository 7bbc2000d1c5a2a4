/** A Job that brings a restored node up to a height with an older image, before its own pod exists. */
import { KubernetesApi, type ObjectMeta, Task } from "@portolan/planner"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as BootstrapState from "../plan/BootstrapState.ts"
import { isOfBootstrap, type Observation, owns } from "../plan/Observation.ts"
import * as BootstrapJob from "../resources/BootstrapJob.ts"
import * as BootstrapService from "../resources/BootstrapService.ts"
import { bootstrapJobKey, serviceKey } from "../resources/Identity.ts"
import * as Objects from "./Objects.ts"

/** From a snapshot to a height can be weeks of blocks. */
const REPLAY_PATIENCE = Duration.days(7)

const InJob = Schema.Struct({ jobName: Schema.String, namespace: Schema.String })
const AsService = Schema.Struct({ serviceName: Schema.String, namespace: Schema.String })

/** The name of the Job's pod. */
export const deployService = Task.local({
  params: AsService,
  perform: (observation: Observation) => {
    const key = serviceKey(observation.node)
    const applied = Effect.as(Objects.apply(key, BootstrapService.generate(observation.node)), Task.done)
    return Objects.ifOwned(observation, key, observation.service, applied)
  }
})

/** A Job cannot be changed, so one that is the node's own is left as it is. */
export const deployJob = Task.local({
  params: InJob,
  perform: (observation: Observation) => {
    const { bootstrapJob, node } = observation
    const key = bootstrapJobKey(node)
    return Objects.ifOwned(
      observation,
      key,
      bootstrapJob,
      bootstrapJob === undefined ? create(observation) : Effect.succeed(Task.done)
    )
  }
})

const create = Effect.fnUntraced(function* ({ node, platform }: Observation) {
  const manifest = yield* Effect.fromResult(BootstrapJob.generate(node, platform)).pipe(
    Effect.mapError(
      ({ field, message }) => new Task.TaskImpossible({ reason: "InvalidSpec", message: `${field}: ${message}` })
    )
  )
  const api = yield* KubernetesApi.KubernetesApi
  yield* api.create(bootstrapJobKey(node), manifest).pipe(Effect.mapError(Task.fromKubernetesCreate))
  return Task.done
})

/** Waits until the height is reached. Only looks. */
export const awaitComplete = Task.local({
  params: InJob,
  overdueAfter: REPLAY_PATIENCE,
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

/** Nothing of the bootstrap is left when this is done: no Job, no pod that has the volume, no Service of another shape. */
export const teardown = Task.local({
  params: Schema.Struct({ ...InJob.fields, ...AsService.fields }),
  perform: (observation: Observation) => remove(observation)
})

const remove = Effect.fnUntraced(function* (observation: Observation) {
  const { bootstrapJob, node, pods, service } = observation
  const isGoing = ({ metadata }: ObjectMeta.KubernetesObject) => metadata.deletionTimestamp !== undefined
  if (owns(observation, bootstrapJob) && !isGoing(bootstrapJob))
    yield* Objects.remove(bootstrapJobKey(node), bootstrapJob)
  const hasService = owns(observation, service) && isOfBootstrap(service)
  if (hasService && !isGoing(service)) yield* Objects.remove(serviceKey(node), service)
  if (owns(observation, bootstrapJob) || pods.some(isOfBootstrap))
    return Task.waiting({ reason: "BootstrapPodTerminating", message: "the bootstrap pod is being deleted" })
  return hasService
    ? Task.waiting({ reason: "BootstrapServiceTerminating", message: "the bootstrap Service is being deleted" })
    : Task.done
})
