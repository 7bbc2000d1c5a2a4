/**
 * `metadata`: what a client may say in it, and what only the server may.
 */
import type { Cause } from "./Failure.ts"
import { quoted } from "./GoText.ts"
import type { Json, JsonObject } from "./Json.ts"
import { equal, isSet, objectOf, objectsOf, stringsOf, textOf, without } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import * as Names from "./Names.ts"

/** `metadata` of an object, or an empty one. */
export const metadataOf = (object: JsonObject): JsonObject => objectOf(object.metadata)

const invalidValue = (field: string, value: Json, why: string): Cause => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${typeof value === "string" ? quoted(value) : JSON.stringify(value)}: ${why}`
})

const namedByLabel = new Set(["/namespaces", "/services", "apps/statefulsets"])

const isEvent = (kind: ServedKind): boolean => kind.plural === "events" && kind.custom === undefined

/** What is wrong with a name. */
const nameErrors = (kind: ServedKind, name: string): ReadonlyArray<string> => {
  if (isEvent(kind)) return Names.segment(name)
  return namedByLabel.has(`${kind.group}/${kind.plural}`) ? Names.label(name) : Names.subdomain(name)
}

const invalidCauses = (field: string, value: string, faults: ReadonlyArray<string>): ReadonlyArray<Cause> =>
  faults.map((why) => invalidValue(field, value, why))

const checkName = (kind: ServedKind, name: string): ReadonlyArray<Cause> => {
  const message = "Required value: name or generateName is required"
  return name === ""
    ? [{ reason: "FieldValueRequired", field: "metadata.name", message }]
    : invalidCauses("metadata.name", name, nameErrors(kind, name))
}

/** Causes against the labels of an object, or of what an object makes, which is at `place`. */
export const checkLabels = (metadata: JsonObject, place = "metadata.labels"): ReadonlyArray<Cause> =>
  Object.entries(objectOf(metadata.labels)).flatMap(([name, value]) => {
    const text = textOf(value)
    return [...invalidCauses(place, name, Names.key(name)), ...invalidCauses(place, text, Names.labelValue(text))]
  })

const checkAnnotations = (metadata: JsonObject): ReadonlyArray<Cause> =>
  Object.keys(objectOf(metadata.annotations)).flatMap((name) =>
    invalidCauses("metadata.annotations", name, Names.key(name.toLowerCase()))
  )

const checkOwners = (metadata: JsonObject): ReadonlyArray<Cause> => {
  const owners = objectsOf(metadata.ownerReferences)
  const missing = owners.flatMap((owner) =>
    ["apiVersion", "kind", "name", "uid"]
      .filter((field) => textOf(owner[field]) === "")
      .map((field) => {
        const why = field === "apiVersion" ? "version must not be empty" : "must not be empty"
        return invalidValue(`metadata.ownerReferences.${field}`, "", why)
      })
  )
  const controllers = owners.filter((owner) => owner.controller === true)
  if (controllers.length < 2) return missing
  const [first, second] = controllers
  const why =
    'Only one reference can have Controller set to true. Found "true" in references for ' +
    `${textOf(first?.kind)}/${textOf(first?.name)} and ${textOf(second?.kind)}/${textOf(second?.name)}`
  return [...missing, invalidValue("metadata.ownerReferences", owners, why)]
}

const checkFinalizerNames = (metadata: JsonObject): ReadonlyArray<Cause> =>
  stringsOf(metadata.finalizers).flatMap((name) => invalidCauses("metadata.finalizers", name, Names.key(name)))

/** Finalizers that need no domain. */
export const standardFinalizers = ["foregroundDeletion", "kubernetes", "orphan"]

/** Built-in kinds that take any finalizer, as custom kinds do. */
const anyFinalizer = new Set([
  "/events",
  "apiextensions.k8s.io/customresourcedefinitions",
  "coordination.k8s.io/leases"
])

/** A finalizer of other kinds has a prefix, or is one that all know. */
export const checkQualifiedFinalizers = (kind: ServedKind, object: JsonObject): ReadonlyArray<Cause> => {
  if (kind.custom !== undefined || anyFinalizer.has(`${kind.group}/${kind.plural}`)) return []
  return stringsOf(metadataOf(object).finalizers).flatMap((name, index) => {
    const why = "name is neither a standard finalizer name nor is it fully qualified"
    const isGood = name.includes("/") || standardFinalizers.includes(name)
    return isGood ? [] : [invalidValue(`metadata.finalizers[${index}]`, name, why)]
  })
}

/** A prefix of names must be good for a name, but for a dash at its end and what is before it. */
const checkGenerateName = (kind: ServedKind, metadata: JsonObject): ReadonlyArray<Cause> => {
  const prefix = textOf(metadata.generateName)
  if (prefix === "") return []
  const name = prefix.endsWith("-") && prefix !== "-" ? `${prefix.slice(0, -2)}a` : prefix
  return invalidCauses("metadata.generateName", prefix, nameErrors(kind, name))
}

/** The rules that metadata of every kind must keep. */
export const check = (kind: ServedKind, object: JsonObject): ReadonlyArray<Cause> => {
  const metadata = metadataOf(object)
  return [
    ...checkGenerateName(kind, metadata),
    ...checkName(kind, textOf(metadata.name)),
    ...checkLabels(metadata),
    ...checkAnnotations(metadata),
    ...checkOwners(metadata),
    ...checkFinalizerNames(metadata)
  ]
}

/** One look at an object: at its metadata, at what changed there, at the object alone, or at all of it. */
export type Step = "metadata" | "change" | "alone" | "rules"

const withoutMetadataStep = new Set([
  "/services",
  "apiextensions.k8s.io/customresourcedefinitions",
  "apps/statefulsets",
  "coordination.k8s.io/leases",
  "events.k8s.io/events"
])

/** What a real server looks at in an update, after metadata and its change, which it always looks at. It tells a mistake each time. */
export const checksOnUpdate = (kind: ServedKind, subresource: string | undefined): ReadonlyArray<Step> => {
  const key = `${kind.group}/${kind.plural}`
  if (key === "/events") return ["rules"]
  if (kind.custom !== undefined || subresource === "status" || withoutMetadataStep.has(key)) return ["change", "rules"]
  return key === "batch/jobs" ? ["metadata", "alone", "change", "rules"] : ["change", "metadata", "rules"]
}

/** What a real server looks at in a new object, before its metadata, which it always looks at when nothing is wrong yet. */
export const checksOnCreate = (kind: ServedKind): ReadonlyArray<Step> =>
  isEvent(kind) ? ["rules"] : ["metadata", "rules"]

const emptiable = ["annotations", "finalizers", "generateName", "labels", "ownerReferences"]

/**
 * Whether an apply made metadata that a server stores and never shows: fields of a custom object that are there and say
 * nothing. To such a server, everything else than what is stored, so that each apply of them is a write.
 */
export const hasEmptyFields = (kind: ServedKind, applied: JsonObject): boolean =>
  kind.custom !== undefined &&
  emptiable.some((field) => {
    const value = applied[field]
    return value !== undefined && (!isSet(value) || value === "" || Object.keys(value).length === 0)
  })

const serverFields = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]

/**
 * Metadata of an update: what the client left out of the server's own fields comes back, and times always do; the rest stays
 * as asked.
 */
export const withServerFields = (incoming: JsonObject, current: JsonObject): JsonObject => {
  const own = Object.fromEntries(
    serverFields.flatMap((field) => {
      const isAsked = isSet(incoming[field]) && incoming[field] !== ""
      const isOurs = isSet(current[field]) && (!isAsked || field.endsWith("Timestamp"))
      const value = isOurs ? current[field] : incoming[field]
      return isSet(value) && value !== "" ? [[field, value]] : []
    })
  )
  const generation = isSet(current.generation) ? { generation: current.generation } : {}
  const rest = without(incoming, "selfLink", ...serverFields, "generation", "managedFields", "resourceVersion")
  return { ...rest, ...own, ...generation, ...versionAndManagers(current) }
}

const versionAndManagers = (current: JsonObject): JsonObject => ({
  resourceVersion: textOf(current.resourceVersion),
  ...(isSet(current.managedFields) ? { managedFields: current.managedFields } : {})
})

/** What an update may not do to metadata, and what may not be in it. */
export const checkUpdate = (metadata: JsonObject, current: JsonObject): ReadonlyArray<Cause> => [
  ...checkFinalizers(metadata, current),
  ...["name", "namespace", ...serverFields].flatMap((field) =>
    equal(metadata[field], current[field])
      ? []
      : [invalidValue(`metadata.${field}`, metadata[field] ?? "", "field is immutable")]
  ),
  ...checkLabels(metadata),
  ...checkAnnotations(metadata),
  ...checkOwners(metadata)
]

const checkFinalizers = (metadata: JsonObject, current: JsonObject): ReadonlyArray<Cause> => {
  if (!isSet(current.deletionTimestamp)) return []
  const before = stringsOf(current.finalizers)
  const added = stringsOf(metadata.finalizers).filter((finalizer) => !before.includes(finalizer))
  if (added.length === 0) return []
  const found = `[]string{${added.map((finalizer) => JSON.stringify(finalizer)).join(", ")}}`
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${found}`
  return [{ reason: "FieldValueForbidden", field: "metadata.finalizers", message: `Forbidden: ${why}` }]
}
