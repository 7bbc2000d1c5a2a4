/**
 * Validation of `metadata`, and the fields of it that only the server sets.
 */
import type { Cause } from "./Failure.ts"
import { quoted } from "./GoText.ts"
import type { Json, JsonObject } from "./Json.ts"
import { equal, isSet, objectOf, objectsOf, stringsOf, textOf, without } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import * as Names from "./Names.ts"

/** `metadata` of an object; empty when it has none. */
export const metadataOf = (object: JsonObject): JsonObject => objectOf(object.metadata)

const invalidValue = (field: string, value: Json, why: string): Cause => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${typeof value === "string" ? quoted(value) : JSON.stringify(value)}: ${why}`
})

const namedByLabel = new Set(["/namespaces", "/services", "apps/statefulsets"])

const isEvent = (kind: ServedKind): boolean => kind.plural === "events" && kind.custom === undefined

const nameErrors = (kind: ServedKind, name: string): ReadonlyArray<string> => {
  if (isEvent(kind)) return Names.segment(name)
  return namedByLabel.has(`${kind.group}/${kind.plural}`) ? Names.label(name) : Names.subdomain(name)
}

const invalidCauses = (field: string, value: string, errors: ReadonlyArray<string>): ReadonlyArray<Cause> =>
  errors.map((why) => invalidValue(field, value, why))

const checkName = (kind: ServedKind, name: string): ReadonlyArray<Cause> => {
  const message = "Required value: name or generateName is required"
  return name === ""
    ? [{ reason: "FieldValueRequired", field: "metadata.name", message }]
    : invalidCauses("metadata.name", name, nameErrors(kind, name))
}

/** Validates the labels of an object, or of a template, whose labels are at another `path`. */
export const checkLabels = (metadata: JsonObject, path = "metadata.labels"): ReadonlyArray<Cause> =>
  Object.entries(objectOf(metadata.labels)).flatMap(([name, value]) => {
    const text = textOf(value)
    return [...invalidCauses(path, name, Names.key(name)), ...invalidCauses(path, text, Names.labelValue(text))]
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

/** Finalizers without a domain prefix that Kubernetes defines. */
export const standardFinalizers = ["foregroundDeletion", "kubernetes", "orphan"]

/** Built-in kinds that, like custom kinds, accept unqualified finalizers. */
const anyFinalizer = new Set([
  "/events",
  "apiextensions.k8s.io/customresourcedefinitions",
  "coordination.k8s.io/leases"
])

/** Finalizers of all other kinds are domain-qualified or standard. */
export const checkQualifiedFinalizers = (kind: ServedKind, object: JsonObject): ReadonlyArray<Cause> => {
  if (kind.custom !== undefined || anyFinalizer.has(`${kind.group}/${kind.plural}`)) return []
  return stringsOf(metadataOf(object).finalizers).flatMap((name, index) => {
    const why = "name is neither a standard finalizer name nor is it fully qualified"
    const isValid = name.includes("/") || standardFinalizers.includes(name)
    return isValid ? [] : [invalidValue(`metadata.finalizers[${index}]`, name, why)]
  })
}

/** A `generateName` is a valid name, except that it may end with a dash. */
const checkGenerateName = (kind: ServedKind, metadata: JsonObject): ReadonlyArray<Cause> => {
  const prefix = textOf(metadata.generateName)
  if (prefix === "") return []
  const name = prefix.endsWith("-") && prefix !== "-" ? `${prefix.slice(0, -2)}a` : prefix
  return invalidCauses("metadata.generateName", prefix, nameErrors(kind, name))
}

/** Validates the metadata of any kind, as `ValidateObjectMeta` does. */
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

/**
 * One step of validation: the metadata, the update of the metadata, the object without the update, or all rules of the
 * kind.
 */
export type Step = "metadata" | "metadataUpdate" | "objectAlone" | "rules"

const withoutMetadataStep = new Set([
  "/services",
  "apiextensions.k8s.io/customresourcedefinitions",
  "apps/statefulsets",
  "coordination.k8s.io/leases",
  "events.k8s.io/events"
])

/**
 * The validation steps of an update, after `metadata` and `metadataUpdate`, which always run first. kube-apiserver runs
 * a step twice for some kinds, and then reports its errors twice.
 */
export const stepsOnUpdate = (kind: ServedKind, subresource: string | undefined): ReadonlyArray<Step> => {
  const key = `${kind.group}/${kind.plural}`
  if (key === "/events") return ["rules"]
  if (kind.custom !== undefined || subresource === "status" || withoutMetadataStep.has(key))
    return ["metadataUpdate", "rules"]
  return key === "batch/jobs"
    ? ["metadata", "objectAlone", "metadataUpdate", "rules"]
    : ["metadataUpdate", "metadata", "rules"]
}

/** The validation steps of a create. `metadata` runs once more after them when they found no error. */
export const stepsOnCreate = (kind: ServedKind): ReadonlyArray<Step> =>
  isEvent(kind) ? ["rules"] : ["metadata", "rules"]

const emptiable = ["annotations", "finalizers", "generateName", "labels", "ownerReferences"]

/**
 * True when an apply sets empty metadata fields on a custom object. kube-apiserver stores them and never returns them,
 * so the stored object differs from every applied one, and each apply is a write.
 */
export const hasEmptyFields = (kind: ServedKind, applied: JsonObject): boolean =>
  kind.custom !== undefined &&
  emptiable.some((field) => {
    const value = applied[field]
    return value !== undefined && (!isSet(value) || value === "" || Object.keys(value).length === 0)
  })

const serverFields = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]

/**
 * The metadata of an update, with the server-set fields that the client omitted. Timestamps and `generation` always
 * keep their stored value.
 */
export const withServerFields = (incoming: JsonObject, current: JsonObject): JsonObject => {
  const serverSet = Object.fromEntries(
    serverFields.flatMap((field) => {
      const isGiven = isSet(incoming[field]) && incoming[field] !== ""
      const keepsCurrent = isSet(current[field]) && (!isGiven || field.endsWith("Timestamp"))
      const value = keepsCurrent ? current[field] : incoming[field]
      return isSet(value) && value !== "" ? [[field, value]] : []
    })
  )
  const generation = isSet(current.generation) ? { generation: current.generation } : {}
  const clientSet = without(incoming, "selfLink", ...serverFields, "generation", "managedFields", "resourceVersion")
  return { ...clientSet, ...serverSet, ...generation, ...versionAndManagers(current) }
}

const versionAndManagers = (current: JsonObject): JsonObject => ({
  resourceVersion: textOf(current.resourceVersion),
  ...(isSet(current.managedFields) ? { managedFields: current.managedFields } : {})
})

/** Validates an update of metadata, as `ValidateObjectMetaUpdate` does. */
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
