/**
 * CustomResourceDefinitions: a stored definition is served, and its finalizer deletes the custom objects before it.
 */
import * as Delete from "./Delete.ts"
import * as DeleteOptions from "./DeleteOptions.ts"
import type { JsonObject } from "./Json.ts"
import { at, equal, objectOf, objectsOf, stringsOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { metadataOf } from "./Metadata.ts"
import type { ApiEvent } from "./Request.ts"
import type { ServerState } from "./ServerState.ts"
import type { Stored } from "./Storage.ts"

export const plural = "customresourcedefinitions"
export const group = "apiextensions.k8s.io"

const finalizer = "customresourcecleanup.apiextensions.k8s.io"

/** Updates the served kinds after a change of a definition. Ignores changes of other kinds. */
export const syncServedKinds = (state: ServerState, event: ApiEvent): void => {
  if (event.plural !== plural || event.group !== group) return
  if (event.type === "DELETED") {
    state.kinds.uninstall(event.object)
    return
  }
  if (event.previous === undefined || !equal(event.previous.spec, event.object.spec)) {
    state.kinds.install(event.object)
  }
}

/**
 * Sets the conditions `NamesAccepted` and `Established`. In a real cluster, a controller does so shortly after the
 * write.
 */
export const establish = (state: ServerState, kind: ServedKind, name: string): void => {
  const current = state.storage.get(kind, "", name)
  if (current === undefined) return
  const names = objectOf(at(current, "spec", "names"))
  const conditions = [
    condition(state, "NamesAccepted", "NoConflicts", "no conflicts found"),
    condition(state, "Established", "InitialNamesAccepted", "the initial names have been accepted")
  ]
  const before = objectOf(current.status)
  const versions = stringsOf(before.storedVersions)
  const stored = storageVersion(current)
  const storedVersions = versions.includes(stored) ? versions : [...versions, stored]
  const currentConditions = Array.isArray(before.conditions) ? before.conditions : conditions
  const status = { ...before, conditions: currentConditions, acceptedNames: names, storedVersions }
  if (!equal(status, before)) state.storage.put(kind, { ...current, status }, current)
}

const storageVersion = (definition: JsonObject): string =>
  textOf(objectsOf(at(definition, "spec", "versions")).find((version) => version.storage === true)?.name)

const condition = (state: ServerState, type: string, reason: string, message: string): JsonObject => ({
  type,
  status: "True",
  lastTransitionTime: state.now(),
  reason,
  message
})

/** Adds the finalizer that keeps a definition until its custom objects are deleted. */
export const withCleanupFinalizer = (definition: Stored): JsonObject => {
  const metadata = metadataOf(definition)
  const finalizers = stringsOf(metadata.finalizers)
  return finalizers.includes(finalizer)
    ? definition
    : { ...definition, metadata: { ...metadata, finalizers: [...finalizers, finalizer] } }
}

/**
 * Deletes the custom objects of terminating definitions, and removes the finalizer of definitions without objects.
 * Returns the number of deleted custom objects.
 */
export const finalizeTerminating = (state: ServerState, kind: ServedKind): number => {
  let count = 0
  for (const definition of state.storage.list(kind)) {
    if (definition.metadata.deletionTimestamp === undefined) continue
    if (!stringsOf(definition.metadata.finalizers).includes(finalizer)) continue
    const served = state.kinds.find(
      textOf(at(definition, "spec", "group")),
      storageVersion(definition),
      textOf(at(definition, "spec", "names", "plural"))
    )
    const objects = served === undefined ? [] : state.storage.list(served)
    for (const object of objects) {
      if (served === undefined || object.metadata.deletionTimestamp !== undefined) continue
      const { name, namespace = "" } = object.metadata
      Delete.deleteObject(state, { kind: served, namespace, name }, object, DeleteOptions.background)
      count += 1
    }
    if (served === undefined || state.storage.list(served).length === 0) removeCleanupFinalizer(state, kind, definition)
  }
  return count
}

const removeCleanupFinalizer = (state: ServerState, kind: ServedKind, definition: Stored): void => {
  const finalizers = stringsOf(definition.metadata.finalizers).filter((one) => one !== finalizer)
  if (finalizers.length === 0) state.storage.remove(kind, definition)
  else state.storage.put(kind, { ...definition, metadata: { ...definition.metadata, finalizers } }, definition)
}
