/** Everything that a decision about a SeiNode depends on, read once per pass. */
import { Condition, ObjectMeta } from "@portolan/planner"
import type * as DateTime from "effect/DateTime"
import { COMPONENT_LABEL, REVISION_LABEL } from "../../shared/Identity.ts"
import type { Platform } from "../../shared/Platform.ts"
import { at, objects } from "../../shared/Unstructured.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import type * as StateSync from "./StateSync.ts"
import { hasIncomplete } from "./TaskTemplates.ts"

/** The answer to the health probe of the sidecar. */
export type SidecarHealth =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "NotReady" }
  | { readonly _tag: "Unreachable"; readonly message: string }

type Stored = ObjectMeta.KubernetesObject

export interface Observation {
  readonly node: SeiNode
  readonly platform: Platform
  readonly now: DateTime.Utc
  /** Objects with the names of the node's objects. Another owner is possible. */
  readonly statefulSet: Stored | undefined
  readonly service: Stored | undefined
  readonly proxyConfig: Stored | undefined
  readonly pvc: Stored | undefined
  /**
   * The PersistentVolumeClaim that is generated without an import. Equal to `pvc` unless the spec imports another
   * one.
   */
  readonly generatedPvc: Stored | undefined
  /** The PersistentVolume of an imported claim. */
  readonly volume: Stored | undefined
  readonly bootstrapJob: Stored | undefined
  /** All pods with the node's label. */
  readonly pods: ReadonlyArray<Stored>
  /** The Secrets that the spec references and that exist, by name. */
  readonly secrets: ReadonlyMap<string, Stored>
  /** The lock of the signing key, if this node owns it. */
  readonly keyLock: Stored | undefined
  /** Other SeiNodes and their pods that use the signing key, or are about to: `SeiNode other`, `pod other-0`. */
  readonly keyConflicts: ReadonlyArray<string>
  readonly stateSync: StateSync.StateSync
  /** `undefined` when no probe was sent. */
  readonly sidecar: SidecarHealth | undefined
}

/** Whether the object exists and this node is its controller. */
export const owns = ({ node }: Observation, object: Stored | undefined): object is Stored =>
  object !== undefined && ObjectMeta.controls(node.object, object)

/** Whether the intent to pause is stored. `spec.paused` alone scales nothing (INV-1). */
export const isPauseStored = ({ node }: Observation): boolean => Condition.isTrue(statusOf(node), "Paused")

/** Replicas of the StatefulSet: 0 while a pause is stored and until a bootstrap has completed, even after it failed. */
export const replicas = (observation: Observation): 0 | 1 =>
  isPauseStored(observation) || isBootstrapping(observation) ? 0 : 1

const isBootstrapping = (observation: Observation): boolean => {
  const { plan } = observation.node.status
  const isPlanned = plan !== undefined && hasIncomplete(plan, "await-bootstrap-complete")
  return isPlanned || owns(observation, observation.bootstrapJob) || observation.pods.some(isBootstrapObject)
}

/** Whether an object belongs to the bootstrap. `teardown-bootstrap` deletes it. */
export const isBootstrapObject = ({ metadata }: Stored): boolean => metadata.labels?.[COMPONENT_LABEL] === "bootstrap"

/** The pods of a StatefulSet. */
export const podsOf = (observation: Pick<Observation, "pods">, statefulSet: Stored): ReadonlyArray<Stored> =>
  observation.pods.filter((pod) => ObjectMeta.controls(statefulSet, pod))

/** Images of seid and the sidecar in a pod or a pod template. */
export interface Images {
  readonly seid: string | undefined
  readonly sidecar: string | undefined
}

/** Images in the template of the node's StatefulSet. */
export const templateImages = (observation: Observation): Images =>
  owns(observation, observation.statefulSet)
    ? imagesOf(at(observation.statefulSet.spec, "template", "spec"))
    : imagesOf(undefined)

/** Images in the template of the node's bootstrap Job. */
export const bootstrapImages = (observation: Observation): Images =>
  owns(observation, observation.bootstrapJob)
    ? imagesOf(at(observation.bootstrapJob.spec, "template", "spec"))
    : imagesOf(undefined)

/**
 * Images of the node's pod; absent when there is no pod, or it is being deleted. For a pod of the current revision
 * these are the images of the template, because an admission webhook may have rewritten those of the pod.
 */
export const runningImages = (observation: Observation): Images => {
  const pods = owns(observation, observation.statefulSet) ? podsOf(observation, observation.statefulSet) : []
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined)
  const revision = pod?.metadata.labels?.[REVISION_LABEL]
  return revision !== undefined && revision === revisionOf(observation.statefulSet)
    ? templateImages(observation)
    : imagesOf(pod?.spec)
}

/** The revision of a StatefulSet's template; `undefined` until its controller has observed the template. */
export const revisionOf = (statefulSet: Stored | undefined): string | undefined => {
  const revision = at(statefulSet?.status, "updateRevision")
  const observedGeneration = Number(at(statefulSet?.status, "observedGeneration") ?? 0)
  const isObserved = observedGeneration >= (statefulSet?.metadata.generation ?? 0)
  return isObserved && typeof revision === "string" && revision !== "" ? revision : undefined
}

/** The stored status, with fields that the schema does not know. */
export const statusOf = ({ object }: SeiNode): ObjectMeta.JsonObject => ObjectMeta.statusOf(object)

export const isRunning = (status: ObjectMeta.JsonObject): boolean => status.phase === "Running"

const imagesOf = (podSpec: ObjectMeta.JsonObject[string] | undefined): Images => {
  const containers = [...objects(at(podSpec, "initContainers")), ...objects(at(podSpec, "containers"))]
  const image = (name: string) => {
    const value = containers.find((container) => container.name === name)?.image
    return typeof value === "string" ? value : undefined
  }
  return { seid: image("seid"), sidecar: image("sei-sidecar") }
}
