/** What a decision about a node rests on: the node, what it owns, and how its sidecar answered. */
import { Condition, ObjectMeta } from "@portolan/planner"
import type * as DateTime from "effect/DateTime"
import type { Platform } from "../../shared/Platform.ts"
import type { SeiNode } from "../kinds/SeiNode.ts"
import { COMPONENT_LABEL } from "../resources/Identity.ts"
import type * as StateSync from "./StateSync.ts"
import * as TaskTemplates from "./TaskTemplates.ts"

/** How the sidecar answered when it was asked whether its node may start. */
export type SidecarHealth =
  | { readonly _tag: "Ready" }
  | { readonly _tag: "NotReady" }
  | { readonly _tag: "Unreachable"; readonly message: string }

type Stored = ObjectMeta.KubernetesObject

export interface Observation {
  readonly node: SeiNode
  readonly platform: Platform
  readonly now: DateTime.Utc
  /** Under the names that the node's objects have, whoever owns them. */
  readonly statefulSet: Stored | undefined
  readonly service: Stored | undefined
  readonly proxyConfig: Stored | undefined
  readonly pvc: Stored | undefined
  /** The claim that is made for a node that imports none; the same as `claim` unless the spec names another. */
  readonly ownPvc: Stored | undefined
  /** The volume behind an imported claim. */
  readonly volume: Stored | undefined
  readonly bootstrapJob: Stored | undefined
  /** Everything that carries the node's label. */
  readonly pods: ReadonlyArray<Stored>
  /** The Secrets that the node refers to and that exist, by name. */
  readonly secrets: ReadonlyMap<string, Stored>
  /** The node's own mark on its signing key. */
  readonly keyLock: Stored | undefined
  /** Who else has the node's signing key, or is about to: a node or a pod, in words. */
  readonly keyConflicts: ReadonlyArray<string>
  /** Whether a node that begins from state may begin. */
  readonly stateSync: StateSync.StateSync
  /** `undefined` when nobody asked: only a running node's sidecar is asked, and only between plans. */
  readonly sidecar: SidecarHealth | undefined
}

/** Whether the object exists and is this node's. */
export const owns = ({ node }: Observation, object: Stored | undefined): object is Stored =>
  object !== undefined && ObjectMeta.controls(node.object, object)

/** The stored intent to pause; the wish in the spec counts once it is stored. */
export const isPauseStored = ({ node }: Observation): boolean => Condition.isTrue(statusOf(node), "Paused")

/** One, but none while a pause is stored, and none from a bootstrap's beginning to its end, also when it has failed. */
export const replicas = (observation: Observation): 0 | 1 =>
  isPauseStored(observation) || isBootstrapping(observation) ? 0 : 1

const isBootstrapping = (observation: Observation): boolean => {
  const { plan } = observation.node.status
  const isAhead = plan !== undefined && TaskTemplates.isToCome(plan, "await-bootstrap-complete")
  return isAhead || owns(observation, observation.bootstrapJob) || observation.pods.some(isOfBootstrap)
}

/** Whether an object is there for the bootstrap, and goes with it. */
export const isOfBootstrap = ({ metadata }: Stored): boolean => metadata.labels?.[COMPONENT_LABEL] === "bootstrap"

/** Pods that the StatefulSet made. */
export const podsOf = (observation: Pick<Observation, "pods">, statefulSet: Stored): ReadonlyArray<Stored> =>
  observation.pods.filter((pod) => ObjectMeta.controls(statefulSet, pod))

/** The images of seid and its sidecar in a pod or a pod template. */
export interface Images {
  readonly seid: string | undefined
  readonly sidecar: string | undefined
}

/** Images in the template of the node's own StatefulSet. */
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
 * Images that the node's pod runs; of none when there is no pod or it is on its way out. A pod of the current template
 * runs the template's, whatever registry an admission webhook rewrote them to.
 */
export const runningImages = (observation: Observation): Images => {
  const pods = owns(observation, observation.statefulSet) ? podsOf(observation, observation.statefulSet) : []
  const pod = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined)
  const own = pod?.metadata.labels?.[REVISION]
  return own !== undefined && own === revisionOf(observation.statefulSet)
    ? templateImages(observation)
    : imagesOf(pod?.spec)
}

/** The revision of a StatefulSet's template; `undefined` until its controller has taken the template in and named it. */
export const revisionOf = (statefulSet: Stored | undefined): string | undefined => {
  const revision = at(statefulSet?.status, "updateRevision")
  const observed = Number(at(statefulSet?.status, "observedGeneration") ?? 0)
  const isObserved = observed >= (statefulSet?.metadata.generation ?? 0)
  return isObserved && typeof revision === "string" && revision !== "" ? revision : undefined
}

/** The label by which a pod tells which template it was made from. */
export const REVISION = "controller-revision-hash"

/** The JSON at a path of field names; `undefined` where there is none. */
export const at = (value: ObjectMeta.JsonObject[string] | undefined, ...path: ReadonlyArray<string>) =>
  path.reduce<ObjectMeta.JsonObject[string] | undefined>(
    (node, field) => (ObjectMeta.isJsonObject(node) ? node[field] : undefined),
    value
  )

/** The objects of a list; whatever else it holds is left out. */
export const objects = (value: ObjectMeta.JsonObject[string] | undefined): ReadonlyArray<ObjectMeta.JsonObject> =>
  Array.isArray(value) ? value.filter(ObjectMeta.isJsonObject) : []

/** The raw status, with the fields we do not know. */
export const statusOf = ({ object }: SeiNode): ObjectMeta.JsonObject => ObjectMeta.statusOf(object)

export const isRunning = (status: ObjectMeta.JsonObject): boolean => status.phase === "Running"

const imagesOf = (podSpec: ObjectMeta.JsonObject[string] | undefined): Images => {
  const containers = [...objects(at(podSpec, "initContainers")), ...objects(at(podSpec, "containers"))]
  const image = (name: string) => {
    const found = containers.find((container) => container.name === name)?.image
    return typeof found === "string" ? found : undefined
  }
  return { seid: image("seid"), sidecar: image("sei-sidecar") }
}
