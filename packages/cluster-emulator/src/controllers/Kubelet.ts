/** Runs pods: starts them once their volumes and images are there, says how they are, and lets them go. */
import { MergePatch, type ObjectMeta } from "@portolan/planner"
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at, objectOf, textOf } from "../apiserver/Json.ts"
import { claimsOf, isFinished } from "../apiserver/PodDefaults.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import * as ClusterController from "./ClusterController.ts"
import * as PodStatus from "./PodStatus.ts"
import { TimerQueue } from "./TimerQueue.ts"
import { VolumeAttachments } from "./VolumeAttachments.ts"
import * as Hindrance from "./WaitingReason.ts"

export interface Options {
  /** From the moment that a pod can start until it runs: 300 ms unless told. */
  readonly startMs?: number
  /** From the deletion of a pod until it is gone: 20 ms unless told. */
  readonly stopMs?: number
  /** Whether an image can be pulled: all can, unless told. */
  readonly pulls?: (image: string) => boolean
  /** Whether a running pod is ready: it is, unless told. Asked at every step. */
  readonly isReady?: (pod: ObjectMeta.KubernetesObject) => boolean
  /**
   * How a running pod that is never restarted ended, or when to ask again for the clock's sake; it runs on unless told.
   * Asked at every step.
   */
  readonly ends?: (pod: ObjectMeta.KubernetesObject, nowMs: number) => Ending | undefined
}

type Ending = { readonly exitCode: number } | { readonly askAgainMs: number }

const USER = "kubelet"

export const make = (server: ApiServer, options: Options = {}): ClusterController.ClusterController =>
  new Kubelet(server, options)

class Kubelet implements ClusterController.ClusterController {
  readonly #server: ApiServer
  readonly #options: Options
  readonly #agenda: TimerQueue
  readonly #disks: VolumeAttachments
  readonly #sightings = new ClusterController.Sightings()
  /** Pods that wait for an object, by its name. */
  readonly #waiting = new Map<string, Set<ObjectMeta.KubernetesObject>>()
  /** Pods about which a test may change its mind at any time, by uid. */
  readonly #asked = new Map<string, ObjectMeta.KubernetesObject>()

  constructor(server: ApiServer, options: Options) {
    this.#server = server
    this.#options = options
    this.#agenda = new TimerQueue(server, ClusterController.Pod)
    this.#disks = new VolumeAttachments(server)
    for (const pod of ClusterController.all(server, ClusterController.Pod)) if (isRunning(pod)) this.#disks.take(pod)
  }

  receive(event: ApiEvent): void {
    const { kind, metadata } = event.object
    if (ClusterController.isAbout(ClusterController.Pod, event)) this.#hearOf(event.object, event.type === "DELETED")
    else this.#enqueue(Hindrance.nameOf(kind, metadata.namespace ?? "", metadata.name))
  }

  step(nowMs: number): number | undefined {
    for (const pod of this.#asked.values()) if (this.#mayDiffer(pod)) this.#touch(pod)
    return this.#agenda.round(nowMs, (pod) => this.#look(pod, nowMs))
  }

  #hearOf(pod: ObjectMeta.KubernetesObject, isGone: boolean): void {
    this.#asked.delete(pod.metadata.uid)
    this.#touch(pod)
    if (isGone || isFinished(pod)) {
      this.#disks.release(pod)
      const { namespace = "" } = pod.metadata
      for (const claim of claimsOf(pod)) this.#enqueue(Hindrance.nameOf(ClusterController.Claim.kind, namespace, claim))
    } else if (isRunning(pod)) this.#disks.take(pod)
  }

  #touch({ metadata }: ObjectMeta.KubernetesObject): void {
    this.#agenda.touch(metadata.namespace, metadata.name)
  }

  /** Has everybody looked at who waits for an object. */
  #enqueue(name: string): void {
    for (const pod of this.#waiting.get(name) ?? []) this.#touch(pod)
    this.#waiting.delete(name)
  }

  /** Whether a test may want something else of a pod now than it did when the pod was last looked at. */
  #mayDiffer(pod: ObjectMeta.KubernetesObject): boolean {
    const { ends, isReady } = this.#options
    if (!isRunning(pod) || (ends !== undefined && runsOnce(pod))) return true
    return isReady !== undefined && isReady(pod) !== PodStatus.isReady(pod)
  }

  /** One pod; returns when it is to be looked at again. */
  #look(pod: ObjectMeta.KubernetesObject, nowMs: number): number | undefined {
    const { startMs = 300, stopMs = 20 } = this.#options
    if (pod.metadata.deletionTimestamp !== undefined) {
      const gone = this.#sightings.since(pod, "deleted", nowMs) + stopMs
      if (gone > nowMs) return gone
      ClusterController.remove(this.#server, USER, ClusterController.Pod, pod, { gracePeriodSeconds: 0 })
      return undefined
    }
    if (isFinished(pod)) return undefined
    if (isRunning(pod)) return this.#attend(pod, nowMs)
    if (this.#isHindered(pod)) return undefined
    const runs = this.#sightings.since(pod, "startable", nowMs) + startMs
    if (runs > nowMs) return runs
    return this.#attend(pod, nowMs)
  }

  #isHindered(pod: ObjectMeta.KubernetesObject): boolean {
    const hindrance = Hindrance.find(this.#server, this.#disks, pod, this.#options.pulls ?? (() => true))
    if (hindrance === undefined) return false
    this.#write(pod, PodStatus.pending(pod, hindrance))
    const { waitsFor } = hindrance
    if (waitsFor === undefined) this.#asked.set(pod.metadata.uid, pod)
    else this.#waiting.set(waitsFor, (this.#waiting.get(waitsFor) ?? new Set()).add(pod))
    return true
  }

  /** A pod that runs, or starts to. */
  #attend(pod: ObjectMeta.KubernetesObject, nowMs: number): number | undefined {
    const { ends, isReady } = this.#options
    const ending = isRunning(pod) && runsOnce(pod) ? ends?.(pod, nowMs) : undefined
    if (ending !== undefined && "exitCode" in ending) {
      this.#write(pod, PodStatus.ended(pod, ending.exitCode, this.#server.now()))
      return undefined
    }
    if (ends !== undefined || isReady !== undefined) this.#asked.set(pod.metadata.uid, pod)
    this.#write(pod, PodStatus.running(pod, isReady?.(pod) ?? true, this.#server.now()))
    return ending?.askAgainMs
  }

  #write(pod: ObjectMeta.KubernetesObject, status: JsonObject): void {
    const before = objectOf(pod.status)
    if (MergePatch.same(MergePatch.merge(before, status), before)) return
    ClusterController.patchStatus(this.#server, USER, ClusterController.Pod, pod, status)
  }
}

const isRunning = ({ status }: ObjectMeta.KubernetesObject): boolean => textOf(at(status, "phase")) === "Running"

const runsOnce = ({ spec }: ObjectMeta.KubernetesObject): boolean => textOf(at(spec, "restartPolicy")) === "Never"
