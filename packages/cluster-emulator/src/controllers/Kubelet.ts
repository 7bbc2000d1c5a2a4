/**
 * The kubelet: starts pods when their volumes and images are available, writes their status, and ends them on deletion.
 */
import type { ApiServer } from "../apiserver/ApiServer.ts"
import type { JsonObject } from "../apiserver/Json.ts"
import { at, objectOf, textOf } from "../apiserver/Json.ts"
import type { KubernetesObject } from "../apiserver/KubernetesObject.ts"
import * as MergePatch from "../apiserver/MergePatch.ts"
import { claimsOf, isFinished } from "../apiserver/PodDefaults.ts"
import type { ApiEvent } from "../apiserver/Request.ts"
import * as ClusterController from "./ClusterController.ts"
import * as PodStatus from "./PodStatus.ts"
import { TimerQueue } from "./TimerQueue.ts"
import { VolumeAttachments } from "./VolumeAttachments.ts"
import * as WaitingReason from "./WaitingReason.ts"

export interface Options {
  /** Time from when a pod can start until it runs. Defaults to 300 ms. */
  readonly startMs?: number
  /** Time from the delete of a pod until its object is removed. Defaults to 20 ms. */
  readonly stopMs?: number
  /** Whether an image can be pulled. By default all images can. */
  readonly pulls?: (image: string) => boolean
  /** Whether a running pod is ready. By default it is. Called at every step. */
  readonly isReady?: (pod: KubernetesObject) => boolean
  /**
   * The exit code of a running pod whose restart policy is `Never`, or the time of the next call. By default such a pod
   * runs on. Called at every step.
   */
  readonly ends?: (pod: KubernetesObject, nowMs: number) => Exit | undefined
}

type Exit = { readonly exitCode: number } | { readonly askAgainMs: number }

const USER = "kubelet"

export const make = (server: ApiServer, options: Options = {}): ClusterController.ClusterController =>
  new Kubelet(server, options)

class Kubelet implements ClusterController.ClusterController {
  readonly #server: ApiServer
  readonly #options: Options
  readonly #pods: TimerQueue
  readonly #attachments: VolumeAttachments
  readonly #observed = new ClusterController.FirstObserved()
  /** Pods that wait for an object, by the reference of the object. */
  readonly #waiting = new Map<string, Set<KubernetesObject>>()
  /** Pods whose state depends on the options, which can change at any time; by uid. */
  readonly #dynamic = new Map<string, KubernetesObject>()

  constructor(server: ApiServer, options: Options) {
    this.#server = server
    this.#options = options
    this.#pods = new TimerQueue(server, ClusterController.Pod)
    this.#attachments = new VolumeAttachments(server)
    for (const pod of ClusterController.all(server, ClusterController.Pod))
      if (isRunning(pod)) this.#attachments.attach(pod)
  }

  receive(event: ApiEvent): void {
    const { kind, metadata } = event.object
    if (ClusterController.isOfKind(ClusterController.Pod, event))
      this.#receivePod(event.object, event.type === "DELETED")
    else this.#enqueueWaiting(WaitingReason.referenceOf(kind, metadata.namespace ?? "", metadata.name))
  }

  step(nowMs: number): number | undefined {
    for (const pod of this.#dynamic.values()) if (this.#mayChange(pod)) this.#enqueue(pod)
    return this.#pods.round(nowMs, (pod) => this.#reconcile(pod, nowMs))
  }

  #receivePod(pod: KubernetesObject, isDeleted: boolean): void {
    this.#dynamic.delete(pod.metadata.uid)
    this.#enqueue(pod)
    if (isDeleted || isFinished(pod)) {
      this.#attachments.detach(pod)
      const { namespace = "" } = pod.metadata
      for (const claim of claimsOf(pod)) {
        this.#enqueueWaiting(WaitingReason.referenceOf(ClusterController.Claim.kind, namespace, claim))
      }
    } else if (isRunning(pod)) this.#attachments.attach(pod)
  }

  #enqueue({ metadata }: KubernetesObject): void {
    this.#pods.enqueue(metadata.namespace, metadata.name)
  }

  /** Enqueues all pods that wait for an object. */
  #enqueueWaiting(reference: string): void {
    for (const pod of this.#waiting.get(reference) ?? []) this.#enqueue(pod)
    this.#waiting.delete(reference)
  }

  /** True when the options may return something else for the pod than in the last step. */
  #mayChange(pod: KubernetesObject): boolean {
    const { ends, isReady } = this.#options
    if (!isRunning(pod) || (ends !== undefined && runsOnce(pod))) return true
    return isReady !== undefined && isReady(pod) !== PodStatus.isReady(pod)
  }

  /** Reconciles one pod. Returns when it is due again. */
  #reconcile(pod: KubernetesObject, nowMs: number): number | undefined {
    const { startMs = 300, stopMs = 20 } = this.#options
    if (pod.metadata.deletionTimestamp !== undefined) {
      const removedAt = this.#observed.since(pod, "deleted", nowMs) + stopMs
      if (removedAt > nowMs) return removedAt
      ClusterController.remove(this.#server, USER, ClusterController.Pod, pod, { gracePeriodSeconds: 0 })
      return undefined
    }
    if (isFinished(pod)) return undefined
    if (isRunning(pod)) return this.#run(pod, nowMs)
    if (this.#mustWait(pod)) return undefined
    const runsAt = this.#observed.since(pod, "startable", nowMs) + startMs
    if (runsAt > nowMs) return runsAt
    return this.#run(pod, nowMs)
  }

  /** Writes a pending status when something keeps the pod from starting. */
  #mustWait(pod: KubernetesObject): boolean {
    const waiting = WaitingReason.find(this.#server, this.#attachments, pod, this.#options.pulls ?? (() => true))
    if (waiting === undefined) return false
    this.#writeStatus(pod, PodStatus.pending(pod, waiting))
    const { waitsFor } = waiting
    if (waitsFor === undefined) this.#dynamic.set(pod.metadata.uid, pod)
    else this.#waiting.set(waitsFor, (this.#waiting.get(waitsFor) ?? new Set()).add(pod))
    return true
  }

  /** Writes the status of a pod that runs or has just started. */
  #run(pod: KubernetesObject, nowMs: number): number | undefined {
    const { ends, isReady } = this.#options
    const exit = isRunning(pod) && runsOnce(pod) ? ends?.(pod, nowMs) : undefined
    if (exit !== undefined && "exitCode" in exit) {
      this.#writeStatus(pod, PodStatus.terminated(pod, exit.exitCode, this.#server.now()))
      return undefined
    }
    if (ends !== undefined || isReady !== undefined) this.#dynamic.set(pod.metadata.uid, pod)
    this.#writeStatus(pod, PodStatus.running(pod, isReady?.(pod) ?? true, this.#server.now()))
    return exit?.askAgainMs
  }

  #writeStatus(pod: KubernetesObject, status: JsonObject): void {
    const before = objectOf(pod.status)
    if (MergePatch.isNoOp(before, status)) return
    ClusterController.patchStatus(this.#server, USER, ClusterController.Pod, pod, status)
  }
}

const isRunning = ({ status }: KubernetesObject): boolean => textOf(at(status, "phase")) === "Running"

const runsOnce = ({ spec }: KubernetesObject): boolean => textOf(at(spec, "restartPolicy")) === "Never"
