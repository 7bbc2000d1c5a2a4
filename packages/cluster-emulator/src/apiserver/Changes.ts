/**
 * Validation of updates of built-in kinds: immutable fields and allowed changes. Covers the kinds that controllers
 * write.
 */
import { forbidden, invalid, invalidStruct, required, specOf } from "./Causes.ts"
import type { Cause } from "./Failure.ts"
import * as GoStructs from "./GoStructs.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, at, changing, equal, isSet, objectOf, objectsOf, textOf, withField, without } from "./Json.ts"
import { metadataOf } from "./Metadata.ts"
import * as Quantity from "./schema/Quantity.ts"

/** Validates an update. */
type Rule = (object: JsonObject, previous: JsonObject) => ReadonlyArray<Cause>

const mutableStatefulSetFields = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds"
]

const statefulSetForbidden =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

export const ofStatefulSet: Rule = (object, previous) => {
  const immutablePart = (one: JsonObject) => without(specOf(one), ...mutableStatefulSetFields)
  return equal(immutablePart(previous), immutablePart(object)) ? [] : [forbidden("spec", statefulSetForbidden)]
}

const immutable =
  (field: string): Rule =>
  (object, previous) => {
    const [before, after] = [specOf(previous)[field], specOf(object)[field]]
    return !isSet(before) || equal(before, after) ? [] : [invalid(`spec.${field}`, after ?? null, "field is immutable")]
  }

/** Validates that the generated selector of a Job and the generated labels of its pod template are unchanged. */
export const generatedSelector = (object: JsonObject): ReadonlyArray<Cause> => {
  const { name = "", uid = "" } = metadataOf(object)
  const { manualSelector, selector, template } = specOf(object)
  if (manualSelector === true || !isSet(selector)) return []
  const generated = ["", "batch.kubernetes.io/"].flatMap(
    (prefix): ReadonlyArray<[string, Json]> => [
      [`${prefix}controller-uid`, uid],
      [`${prefix}job-name`, name]
    ]
  )
  const labels = objectOf(at(template, "metadata", "labels"))
  const causes = generated.flatMap(([label, value]) => {
    const [field, why] = [`spec.template.metadata.labels[${label}]`, `must be '${textOf(value)}'`]
    if (labels[label] === undefined) return [required(field, why)]
    return labels[label] === value ? [] : [invalid(field, labels, why)]
  })
  const expected = Object.fromEntries(generated)
  const selected = Object.entries(objectOf(at(selector, "matchLabels")))
  const isGenerated = selected.every(([label, value]) => expected[label] === value)
  return isGenerated ? causes : [...causes, invalid("spec.selector", selector, "`selector` not auto-generated")]
}

/** Scheduling directives: mutable in the pod template of a suspended Job, as are container resources. */
const schedulingFields = ["affinity", "nodeSelector", "schedulingGates", "tolerations"]

const withoutScheduling = (spec: JsonObject): JsonObject => {
  const withoutResources = (field: string) =>
    arrayOf(spec[field]).map((container) => without(objectOf(container), "resources"))
  return {
    ...without(spec, ...schedulingFields),
    containers: withoutResources("containers"),
    initContainers: withoutResources("initContainers")
  }
}

const jobTemplate: Rule = (object, previous) => {
  const template = objectOf(specOf(object).template)
  const before = objectOf(specOf(previous).template)
  const immutableStruct = (field: string, struct: JsonObject): Cause =>
    invalidStruct(field, JSON.stringify(struct), "field is immutable")
  if (specOf(previous).suspend !== true) {
    return equal(before, template)
      ? []
      : [immutableStruct("spec.template", GoStructs.toGoStruct(template, "PodTemplateSpec"))]
  }
  const spec = objectOf(template.spec)
  const isSame = equal(withoutScheduling(objectOf(before.spec)), withoutScheduling(spec))
  return isSame ? [] : [immutableStruct("spec.template.spec", GoStructs.toGoStruct(spec, "PodSpec"))]
}

/** `completions` is mutable for indexed Jobs only. */
const jobCompletions: Rule = (object, previous) => {
  if (specOf(object).completionMode === "Indexed") return []
  if (equal(specOf(previous).completions, specOf(object).completions)) return []
  return [invalid("spec.completions", specOf(object).completions ?? null, "field is immutable")]
}

/** `status.startTime` of an unsuspended Job is immutable once set. */
const jobStart: Rule = (object, previous) => {
  const [{ startTime }, { startTime: before }] = [objectOf(object.status), objectOf(previous.status)]
  if (!isSet(before) || equal(before, startTime) || specOf(object).suspend === true) return []
  return [invalid("status.startTime", startTime ?? null, "field is immutable for unsuspended job once set")]
}

export const ofJob: Rule = (object, previous) => [
  ...jobCompletions(object, previous),
  ...immutable("selector")(object, previous),
  ...jobTemplate(object, previous),
  ...immutable("completionMode")(object, previous),
  ...jobStart(object, previous)
]

const podForbidden =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
  "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

export const ofPod: Rule = (object, previous) => {
  const [spec, before] = [specOf(object), specOf(previous)]
  const lists = ["containers", "initContainers"]
  const resized = lists.find((field) => arrayOf(spec[field]).length !== arrayOf(before[field]).length)
  if (resized !== undefined) return [forbidden(`spec.${resized}`, "pod updates may not add or remove containers")]
  const missingImages = lists.flatMap((field) =>
    objectsOf(spec[field]).flatMap(({ image }, index) =>
      textOf(image) === "" ? [required(`spec.${field}[${index}].image`)] : []
    )
  )
  const deadline = deadlineChange(spec.activeDeadlineSeconds, before.activeDeadlineSeconds)
  const mutable = ["activeDeadlineSeconds", "tolerations"]
  const reverted = mutable.reduce((all, field) => withField(all, field, before[field]), withImages(spec, before, lists))
  const isDeadlineInvalid = isSet(spec.activeDeadlineSeconds) && deadline.length > 0
  const causes = [...missingImages, ...deadline, ...tolerationChange(spec.tolerations, before.tolerations)]
  if (isDeadlineInvalid || equal(before, reverted)) return causes
  return [...causes, forbidden("spec", `${podForbidden}\n${GoStructs.difference(before, reverted, "PodSpec")}`)]
}

/** Existing tolerations cannot be removed or changed, except for their `tolerationSeconds`. */
const tolerationChange = (list: Json | undefined, before: Json | undefined): ReadonlyArray<Cause> => {
  const withoutSeconds = (all: Json | undefined) => objectsOf(all).map((one) => without(one, "tolerationSeconds"))
  const after = withoutSeconds(list)
  const isKept = withoutSeconds(before).every((one) => after.some((other) => equal(one, other)))
  const why = "existing toleration can not be modified except its tolerationSeconds"
  return isKept ? [] : [forbidden("spec.tolerations", why)]
}

/** `activeDeadlineSeconds` can only decrease. */
const deadlineChange = (seconds: Json | undefined, before: Json | undefined): ReadonlyArray<Cause> => {
  const field = "spec.activeDeadlineSeconds"
  if (typeof before !== "number") return []
  if (typeof seconds !== "number") return [invalid(field, null, "must not update from a positive integer to nil value")]
  return seconds > before ? [invalid(field, seconds, "must be less than or equal to previous value")] : []
}

/** The spec with the container images of another one. */
const withImages = (spec: JsonObject, from: JsonObject, lists: ReadonlyArray<string>): JsonObject =>
  lists.reduce((all, field) => {
    const images = objectsOf(from[field]).map(({ image }) => image)
    return changing(all, field, (list) =>
      objectsOf(list).map((container, index) => withField(container, "image", images[index]))
    )
  }, spec)

const claimForbidden =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"

/** A claim accepts its storage class and volume name once, and a larger request while it is bound. */
export const ofClaim: Rule = (object, previous) => {
  const [spec, before] = [specOf(object), specOf(previous)]
  const isBound = at(object, "status", "phase") === "Bound"
  const storage = at(before, "resources", "requests", "storage")
  const withoutResize = isBound && storage !== undefined ? withStorage(spec, storage) : spec
  const settable = ["storageClassName", "volumeName"].filter((field) => !isSet(before[field]))
  const reverted = withField(withoutResize, "volumeAttributesClassName", before.volumeAttributesClassName)
  const expected = settable.reduce((all, field) => withField(all, field, spec[field]), before)
  if (equal(expected, reverted)) return shrinkErrors(object, previous)
  const difference = GoStructs.difference(expected, reverted, "PersistentVolumeClaimSpec")
  const changesMode = !equal(spec.volumeMode, before.volumeMode)
  return [
    forbidden("spec", `${claimForbidden}\n${difference}`),
    ...shrinkErrors(object, previous),
    ...(changesMode ? [invalid("volumeMode", spec.volumeMode ?? null, "field is immutable")] : [])
  ]
}

const amountOf = (size: Json | undefined): Quantity.Quantity => Quantity.parse(textOf(size)) ?? Quantity.ofWhole(0n)

/** A request can be reduced after a failed expansion, but not to the current capacity or below. */
const shrinkErrors: Rule = (object, previous) => {
  const requested = amountOf(at(object, "spec", "resources", "requests", "storage"))
  const isSmaller = Quantity.compare(requested, amountOf(at(previous, "spec", "resources", "requests", "storage"))) < 0n
  const isTooSmall = Quantity.compare(requested, amountOf(at(previous, "status", "capacity", "storage"))) <= 0n
  if (!isSmaller || !isTooSmall) return []
  return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")]
}

const withStorage = (spec: JsonObject, storage: Json): JsonObject =>
  changing(spec, "resources", (resources) =>
    changing(objectOf(resources), "requests", (requests) => ({ ...objectOf(requests), storage }))
  )
