/**
 * The garbage collector and the controllers that finalize deletions, as one synchronous pass.
 *
 * - A dependent whose owners are all absent is deleted in the background. Owners are found by uid; an owner in another
 *   namespace counts as absent.
 * - `foregroundDeletion` deletes dependents and waits for those with `blockOwnerDeletion`. `orphan` removes the owner
 *   references of dependents.
 * - Terminating PersistentVolumeClaims lose their protection finalizer when no pod uses them, PersistentVolumes when
 *   they are not bound.
 * - The content of a terminating namespace or CustomResourceDefinition is deleted before the object itself.
 */
import * as Crds from "./Crds.ts"
import * as Delete from "./Delete.ts"
import * as DeleteOptions from "./DeleteOptions.ts"
import type { JsonObject } from "./Json.ts"
import { objectOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { storageOf } from "./Kinds.ts"
import { claimsOf, isFinished } from "./PodDefaults.ts"
import type { ServerState } from "./ServerState.ts"
import type { Stored } from "./Storage.ts"
import { keyOf, keyWithin } from "./Storage.ts"
import { isRemovable } from "./Update.ts"

/** One pass over all objects. Returns the number of objects that it deleted or marked for deletion. */
export const collect = (state: ServerState): number =>
  deleteDependentsOfAbsentOwners(state) +
  processDeletionFinalizers(state) +
  removeVolumeProtection(state) +
  finalizeNamespaces(state) +
  finalizeDefinitions(state)

interface Item {
  readonly kind: ServedKind
  readonly object: Stored
}

/** Every stored object, with its kind in the storage version. */
const allObjects = (state: ServerState): ReadonlyArray<Item> => {
  const kinds = new Map(state.kinds.all().map((kind) => [storageOf(kind), state.kinds.stored(kind)]))
  return [...kinds.values()].flatMap((kind) => state.storage.list(kind).map((object) => ({ kind, object })))
}

const targetOf = ({ kind, object }: Item) => ({
  kind,
  namespace: object.metadata.namespace ?? "",
  name: object.metadata.name
})

const isTerminating = (object: Stored): boolean => object.metadata.deletionTimestamp !== undefined

const remove = (state: ServerState, item: Item): void => {
  const { name, namespace } = targetOf(item)
  const current = state.storage.get(item.kind, namespace, name)
  if (current?.metadata.uid !== item.object.metadata.uid) return
  const { resourceVersion, uid } = current.metadata
  Delete.deleteObject(state, targetOf(item), current, { ...DeleteOptions.background, uid, resourceVersion })
}

const deleteDependentsOfAbsentOwners = (state: ServerState): number => {
  const items = allObjects(state)
  const byUid = new Map(items.map((item) => [item.object.metadata.uid, item]))
  const dependents = items.filter(({ object }) => !isTerminating(object) && hasOnlyAbsentOwners(object, byUid))
  for (const item of dependents) remove(state, item)
  return dependents.length
}

/** True when the object has owners and all are absent. An owner in foreground deletion counts as absent. */
const hasOnlyAbsentOwners = (object: Stored, byUid: ReadonlyMap<string, Item>): boolean => {
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length === 0) return false
  return owners.every((reference) => {
    const owner = byUid.get(reference.uid)
    if (owner === undefined) return true
    const { namespace = "" } = owner.object.metadata
    if (namespace !== "" && namespace !== object.metadata.namespace) return true
    return isTerminating(owner.object) && (owner.object.metadata.finalizers ?? []).includes("foregroundDeletion")
  })
}

/** Processes the finalizers `foregroundDeletion` and `orphan` of terminating objects. */
const processDeletionFinalizers = (state: ServerState): number => {
  let count = 0
  for (const item of terminating(state)) {
    const finalizers = item.object.metadata.finalizers ?? []
    if (finalizers.includes("orphan")) {
      for (const dependent of dependentsOf(state, item)) removeOwner(state, dependent, item.object.metadata.uid)
      count += removeFinalizer(state, item, "orphan")
    } else if (finalizers.includes("foregroundDeletion")) {
      const blocking = dependentsOf(state, item).filter(({ object }) => isBlocking(object, item.object.metadata.uid))
      if (blocking.length === 0) count += removeFinalizer(state, item, "foregroundDeletion")
    }
  }
  return count
}

const terminating = (state: ServerState): ReadonlyArray<Item> =>
  allObjects(state).filter(({ object }) => isTerminating(object))

const dependentsOf = (state: ServerState, owner: Item): ReadonlyArray<Item> =>
  allObjects(state).filter(({ object }) =>
    (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === owner.object.metadata.uid)
  )

const isBlocking = (object: Stored, uid: string): boolean =>
  (object.metadata.ownerReferences ?? []).some(
    (reference) => reference.uid === uid && reference.blockOwnerDeletion === true
  )

const removeOwner = (state: ServerState, { kind, object }: Item, uid: string): void => {
  const { ownerReferences = [], ...metadataWithoutOwners } = object.metadata
  const others = ownerReferences.filter((reference) => reference.uid !== uid)
  const metadata = others.length === 0 ? metadataWithoutOwners : { ...metadataWithoutOwners, ownerReferences: others }
  state.storage.put(kind, { ...object, metadata }, object)
}

/** Removes one finalizer. Returns 1 when that removed the object, else 0. */
const removeFinalizer = (state: ServerState, { kind, object }: Item, finalizer: string): number => {
  const { finalizers = [], ...metadataWithoutFinalizers } = object.metadata
  const others = finalizers.filter((one) => one !== finalizer)
  const metadata: JsonObject =
    others.length === 0 ? metadataWithoutFinalizers : { ...metadataWithoutFinalizers, finalizers: others }
  if (isRemovable(metadata)) {
    state.storage.remove(kind, object)
    return 1
  }
  state.storage.put(kind, { ...object, metadata }, object)
  return 0
}

/** Removes the protection finalizers of claims that no unfinished pod mounts, and of volumes that are not bound. */
const removeVolumeProtection = (state: ServerState): number => {
  let count = 0
  const items = terminating(state)
  const used = items.length === 0 ? new Set<string>() : claimsInUse(state)
  for (const item of items) {
    const { metadata } = item.object
    const isUsed = used.has(keyOf(item.object))
    if ((metadata.finalizers ?? []).includes("kubernetes.io/pvc-protection") && !isUsed) {
      count += removeFinalizer(state, item, "kubernetes.io/pvc-protection")
    } else if ((metadata.finalizers ?? []).includes("kubernetes.io/pv-protection")) {
      const isBound = objectOf(item.object.status).phase === "Bound"
      count += isBound ? 0 : removeFinalizer(state, item, "kubernetes.io/pv-protection")
    }
  }
  return count
}

/** Keys of the claims that unfinished pods mount. */
const claimsInUse = (state: ServerState): ReadonlySet<string> =>
  new Set(
    allObjects(state)
      .filter(({ kind, object }) => kind.kind === "Pod" && !isFinished(object))
      .flatMap(({ object }) => claimsOf(object).map((claim) => keyWithin(object.metadata.namespace ?? "", claim)))
  )

const finalizeNamespaces = (state: ServerState): number => {
  let count = 0
  for (const item of terminating(state)) {
    if (item.kind.kind !== "Namespace" || item.kind.group !== "") continue
    const content = allObjects(state).filter(({ object }) => object.metadata.namespace === item.object.metadata.name)
    for (const active of content.filter(({ object }) => !isTerminating(object))) {
      remove(state, active)
      count += 1
    }
    const isEmpty = allObjects(state).every(({ object }) => object.metadata.namespace !== item.object.metadata.name)
    if (!isEmpty) continue
    state.storage.remove(item.kind, item.object)
    count += 1
  }
  return count
}

const finalizeDefinitions = (state: ServerState): number => {
  const kind = state.kinds.find(Crds.group, "v1", Crds.plural)
  return kind === undefined ? 0 : Crds.finalizeTerminating(state, kind)
}
