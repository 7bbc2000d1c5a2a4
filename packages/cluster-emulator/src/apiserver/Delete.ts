/**
 * Deletes objects: immediately, after the grace period, or after the last finalizer is removed.
 */
import type { DeleteOptions } from "./DeleteOptions.ts"
import * as Options from "./DeleteOptions.ts"
import { notFound, preconditionFailed } from "./Failure.ts"
import type { JsonObject } from "./Json.ts"
import { arrayOf, equal, isSet, objectOf, stringsOf, textOf, without } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import * as Lists from "./Lists.ts"
import { metadataOf } from "./Metadata.ts"
import { isFinished } from "./PodDefaults.ts"
import type { ApiRequest, ApiResponse } from "./Request.ts"
import type { ServerState, Target } from "./ServerState.ts"
import { read, toServedVersion } from "./ServerState.ts"
import type { Stored } from "./Storage.ts"
import * as Times from "./Times.ts"
import { isRemovable } from "./Update.ts"

/**
 * Deletes one object. Responds with the object while it is terminating or when its kind always does, else with a
 * `Status`.
 */
export const remove = (state: ServerState, target: Target, request: ApiRequest): Omit<ApiResponse, "warnings"> => {
  const options = Options.of(request)
  warnAboutOrphans(state, target, options)
  const current = read(state, target)
  if (current === undefined) throw notFound(target.kind, target.name)
  const { removed, object } = deleteObject(state, target, current, options)
  if (!removed || target.kind.returnsDeleted) return { code: 200, body: toServedVersion(target.kind, object) }
  return { code: 200, body: success(target, current) }
}

const warnAboutOrphans = (state: ServerState, { kind }: Target, { policy }: DeleteOptions): void => {
  if (kind.dependents !== "Orphan" || policy !== undefined) return
  state.warn(
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set " +
      "propagationPolicy=Orphan to suppress this warning"
  )
}

/** Deletes every object that a list with the same parameters returns. Responds with that list. */
export const removeCollection = (state: ServerState, target: Target, request: ApiRequest): JsonObject => {
  const list = Lists.list(state, target, request)
  const options = Options.of(request)
  warnAboutOrphans(state, target, options)
  for (const item of arrayOf(list.items)) {
    const { name, namespace } = metadataOf(objectOf(item))
    const itemTarget = { kind: target.kind, namespace: textOf(namespace), name: textOf(name) }
    const current = read(state, itemTarget)
    if (current !== undefined) deleteObject(state, itemTarget, current, options)
  }
  return list
}

/** The outcome of a delete. */
interface Deletion {
  /** True when the object left the storage; false while it is terminating. */
  readonly removed: boolean
  readonly object: JsonObject
}

/**
 * Removes an object, or sets its `deletionTimestamp` when finalizers or a grace period keep it. A second delete changes
 * nothing, unless it shortens the grace period of a pod.
 */
export const deleteObject = (state: ServerState, target: Target, current: Stored, options: DeleteOptions): Deletion => {
  checkPreconditions(target, current, options)
  const { storage } = state
  const marked = markForDeletion(state, target, current, options)
  const removed = isRemovable(metadataOf(marked)) && !hasContent(target, marked)
  const isMarkedFirst = isPod(target) && changesGracePeriod(metadataOf(marked), current.metadata)
  if (options.dryRun) return { removed, object: removed && !isMarkedFirst ? current : marked }
  if (removed && !isMarkedFirst) return { removed, object: storage.remove(target.kind, current) }
  const stored = equal(marked, current) ? current : storage.put(target.kind, marked, current)
  return { removed, object: removed ? storage.remove(target.kind, stored) : stored }
}

const isPod = ({ kind }: Target): boolean => kind.kind === "Pod" && kind.group === ""

/** A pod gets one more write before its removal when the grace period changes. Other kinds are removed in one write. */
const changesGracePeriod = (marked: JsonObject, current: JsonObject): boolean =>
  marked.deletionGracePeriodSeconds !== current.deletionGracePeriodSeconds

/** A namespace is removed after its content. The namespace controller then clears `spec.finalizers`. */
const hasContent = ({ kind }: Target, object: JsonObject): boolean =>
  kind.kind === "Namespace" && kind.group === "" && stringsOf(objectOf(object.spec).finalizers).length > 0

const checkPreconditions = ({ kind, name }: Target, current: Stored, options: DeleteOptions): void => {
  const { resourceVersion, uid } = current.metadata
  if (options.uid !== "" && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). `
    throw preconditionFailed(kind, name, `${why}The object might have been deleted and then recreated`)
  }
  if (options.resourceVersion !== "" && options.resourceVersion !== resourceVersion) {
    const found = `does not match the ResourceVersion in record (${resourceVersion}). `
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) ${found}`
    throw preconditionFailed(kind, name, `${why}The object might have been modified`)
  }
}

const markForDeletion = (state: ServerState, target: Target, current: Stored, options: DeleteOptions): JsonObject => {
  const metadata = current.metadata
  const finalizers = finalizersFor(target, current, options)
  const grace = gracePeriodFor(target, current, options)
  const isShorter = isSet(metadata.deletionGracePeriodSeconds) && grace < Number(metadata.deletionGracePeriodSeconds)
  const isFirst = metadata.deletionTimestamp === undefined
  const time =
    isFirst || isShorter
      ? {
          deletionTimestamp: isFirst ? Times.after(state.now(), grace) : earlierTimestamp(metadata, grace),
          ...(target.kind.kind === "Namespace" && target.kind.group === "" ? {} : { deletionGracePeriodSeconds: grace })
        }
      : {}
  const generation = isFirst && metadata.generation !== undefined ? { generation: metadata.generation + 1 } : {}
  const others = without(metadata, "finalizers")
  const remaining = finalizers.length === 0 ? {} : { finalizers }
  return withPhase(target, { ...current, metadata: { ...others, ...remaining, ...time, ...generation } })
}

const withPhase = ({ kind }: Target, object: JsonObject): JsonObject =>
  kind.kind === "Namespace" && kind.group === ""
    ? { ...object, status: { ...objectOf(object.status), phase: "Terminating" } }
    : object

const policyFinalizers = { Background: [], Foreground: ["foregroundDeletion"], Orphan: ["orphan"] } as const

/** The finalizers of the object plus the one of the propagation policy, which the garbage collector processes. */
const finalizersFor = ({ kind }: Target, current: Stored, { policy }: DeleteOptions): ReadonlyArray<string> => {
  const before = current.metadata.finalizers ?? []
  if (kind.dependents === "None") return before
  const others = before.filter((finalizer) => finalizer !== "orphan" && finalizer !== "foregroundDeletion")
  const after = [...others, ...policyFinalizers[policy ?? policyFor(kind, before)]]
  return equal(before.toSorted(), after.toSorted()) ? before : after
}

/** The propagation policy of a delete without one: that of an earlier delete, else the default of the kind. */
const policyFor = (kind: ServedKind, finalizers: ReadonlyArray<string>): keyof typeof policyFinalizers => {
  if (finalizers.includes("orphan")) return "Orphan"
  if (finalizers.includes("foregroundDeletion")) return "Foreground"
  return kind.dependents === "Orphan" ? "Orphan" : "Background"
}

/** Only a running pod on a node has a grace period. Its kubelet deletes it again with a grace period of 0. */
const gracePeriodFor = (target: Target, current: Stored, { gracePeriodSeconds }: DeleteOptions): number => {
  if (!isPod(target)) return 0
  const spec = objectOf(current.spec)
  if (textOf(spec.nodeName) === "" || isFinished(current)) return 0
  const seconds = gracePeriodSeconds ?? Number(spec.terminationGracePeriodSeconds ?? 30)
  return seconds < 0 ? 1 : seconds
}

/**
 * The `deletionTimestamp` after the grace period is shortened: the time of the first delete plus the new grace period.
 */
const earlierTimestamp = (metadata: JsonObject, grace: number): string => {
  const before = Number(metadata.deletionGracePeriodSeconds ?? 0)
  return Times.after(textOf(metadata.deletionTimestamp), grace - before)
}

const success = ({ kind, name }: Target, current: Stored): JsonObject => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  details: {
    name,
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: current.metadata.uid
  }
})
