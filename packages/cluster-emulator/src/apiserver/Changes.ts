/**
 * What an update of a built-in kind may change, in the kinds that controllers run into.
 */
import { forbidden, invalid, invalidStruct, required, specOf } from "./Causes.ts"
import type { Cause } from "./Failure.ts"
import * as GoStructs from "./GoStructs.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, at, changing, equal, isSet, objectOf, objectsOf, textOf, withField, without } from "./Json.ts"
import { metadataOf } from "./Metadata.ts"
import * as Quantity from "./schema/Quantity.ts"

/** The causes to refuse a change. */
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
  const rest = (one: JsonObject) => without(specOf(one), ...mutableStatefulSetFields)
  return equal(rest(previous), rest(object)) ? [] : [forbidden("spec", statefulSetForbidden)]
}

const immutable =
  (field: string): Rule =>
  (object, previous) => {
    const [before, after] = [specOf(previous)[field], specOf(object)[field]]
    return !isSet(before) || equal(before, after) ? [] : [invalid(`spec.${field}`, after ?? null, "field is immutable")]
  }

/** The selector and the labels of pods that a server gives to a job stay. */
export const generatedSelector = (object: JsonObject): ReadonlyArray<Cause> => {
  const { name = "", uid = "" } = metadataOf(object)
  const { manualSelector, selector, template } = specOf(object)
  if (manualSelector === true || !isSet(selector)) return []
  const given = ["", "batch.kubernetes.io/"].flatMap(
    (prefix): ReadonlyArray<[string, Json]> => [
      [`${prefix}controller-uid`, uid],
      [`${prefix}job-name`, name]
    ]
  )
  const labels = objectOf(at(template, "metadata", "labels"))
  const causes = given.flatMap(([label, value]) => {
    const [here, why] = [`spec.template.metadata.labels[${label}]`, `must be '${textOf(value)}'`]
    if (labels[label] === undefined) return [required(here, why)]
    return labels[label] === value ? [] : [invalid(here, labels, why)]
  })
  const expected = Object.fromEntries(given)
  const selected = Object.entries(objectOf(at(selector, "matchLabels")))
  const isGiven = selected.every(([label, value]) => expected[label] === value)
  return isGiven ? causes : [...causes, invalid("spec.selector", selector, "`selector` not auto-generated")]
}

/** What may still change of the pods of a job that is suspended: where they run, and on how much. */
const schedulingFields = ["affinity", "nodeSelector", "schedulingGates", "tolerations"]

const withoutScheduling = (spec: JsonObject): JsonObject => {
  const bare = (field: string) => arrayOf(spec[field]).map((container) => without(objectOf(container), "resources"))
  return {
    ...without(spec, ...schedulingFields),
    containers: bare("containers"),
    initContainers: bare("initContainers")
  }
}

const jobTemplate: Rule = (object, previous) => {
  const template = objectOf(specOf(object).template)
  const before = objectOf(specOf(previous).template)
  const frozenPart = (field: string, part: JsonObject): Cause =>
    invalidStruct(field, JSON.stringify(part), "field is immutable")
  if (specOf(previous).suspend !== true) {
    return equal(before, template)
      ? []
      : [frozenPart("spec.template", GoStructs.toGoStruct(template, "PodTemplateSpec"))]
  }
  const spec = objectOf(template.spec)
  const isSame = equal(withoutScheduling(objectOf(before.spec)), withoutScheduling(spec))
  return isSame ? [] : [frozenPart("spec.template.spec", GoStructs.toGoStruct(spec, "PodSpec"))]
}

/** A job that indexes its pods may grow and shrink. */
const jobCompletions: Rule = (object, previous) => {
  if (specOf(object).completionMode === "Indexed") return []
  if (equal(specOf(previous).completions, specOf(object).completions)) return []
  return [invalid("spec.completions", specOf(object).completions ?? null, "field is immutable")]
}

/** A job that runs has begun when it has begun. */
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
  const grown = lists.find((field) => arrayOf(spec[field]).length !== arrayOf(before[field]).length)
  if (grown !== undefined) return [forbidden(`spec.${grown}`, "pod updates may not add or remove containers")]
  const imageless = lists.flatMap((field) =>
    objectsOf(spec[field]).flatMap(({ image }, index) =>
      textOf(image) === "" ? [required(`spec.${field}[${index}].image`)] : []
    )
  )
  const deadline = deadlineChange(spec.activeDeadlineSeconds, before.activeDeadlineSeconds)
  const kept = ["activeDeadlineSeconds", "tolerations"]
  const rest = kept.reduce((all, field) => withField(all, field, before[field]), withImages(spec, before, lists))
  const isLate = isSet(spec.activeDeadlineSeconds) && deadline.length > 0
  const causes = [...imageless, ...deadline, ...tolerationChange(spec.tolerations, before.tolerations)]
  if (isLate || equal(before, rest)) return causes
  return [...causes, forbidden("spec", `${podForbidden}\n${GoStructs.difference(before, rest, "PodSpec")}`)]
}

/** What a pod tolerates it goes on to tolerate, for as long as it may. */
const tolerationChange = (list: Json | undefined, before: Json | undefined): ReadonlyArray<Cause> => {
  const timeless = (all: Json | undefined) => objectsOf(all).map((one) => without(one, "tolerationSeconds"))
  const now = timeless(list)
  const isKept = timeless(before).every((one) => now.some((other) => equal(one, other)))
  const why = "existing toleration can not be modified except its tolerationSeconds"
  return isKept ? [] : [forbidden("spec.tolerations", why)]
}

/** A deadline may only come closer. */
const deadlineChange = (seconds: Json | undefined, before: Json | undefined): ReadonlyArray<Cause> => {
  const here = "spec.activeDeadlineSeconds"
  if (typeof before !== "number") return []
  if (typeof seconds !== "number") return [invalid(here, null, "must not update from a positive integer to nil value")]
  return seconds > before ? [invalid(here, seconds, "must be less than or equal to previous value")] : []
}

/** A pod whose containers run what those of another one run. */
const withImages = (spec: JsonObject, from: JsonObject, lists: ReadonlyArray<string>): JsonObject =>
  lists.reduce((all, field) => {
    const images = objectsOf(from[field]).map(({ image }) => image)
    return changing(all, field, (list) =>
      objectsOf(list).map((container, index) => withField(container, "image", images[index]))
    )
  }, spec)

const claimForbidden =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"

/** A claim may still be given its class and its volume, once, and more room when it is bound. */
export const ofClaim: Rule = (object, previous) => {
  const [spec, before] = [specOf(object), specOf(previous)]
  const isBound = at(object, "status", "phase") === "Bound"
  const storage = at(before, "resources", "requests", "storage")
  const sized = isBound && storage !== undefined ? withStorage(spec, storage) : spec
  const late = ["storageClassName", "volumeName"].filter((field) => !isSet(before[field]))
  const rest = withField(sized, "volumeAttributesClassName", before.volumeAttributesClassName)
  const given = late.reduce((all, field) => withField(all, field, spec[field]), before)
  if (equal(given, rest)) return shrinkErrors(object, previous)
  const difference = GoStructs.difference(given, rest, "PersistentVolumeClaimSpec")
  const isOfOtherMode = !equal(spec.volumeMode, before.volumeMode)
  return [
    forbidden("spec", `${claimForbidden}\n${difference}`),
    ...shrinkErrors(object, previous),
    ...(isOfOtherMode ? [invalid("volumeMode", spec.volumeMode ?? null, "field is immutable")] : [])
  ]
}

const amountOf = (size: Json | undefined): Quantity.Quantity => Quantity.parse(textOf(size)) ?? Quantity.ofWhole(0n)

/** A claim that grew too far may come back, but not to what it has. */
const shrinkErrors: Rule = (object, previous) => {
  const wanted = amountOf(at(object, "spec", "resources", "requests", "storage"))
  const isSmaller = Quantity.compare(wanted, amountOf(at(previous, "spec", "resources", "requests", "storage"))) < 0n
  const isTooSmall = Quantity.compare(wanted, amountOf(at(previous, "status", "capacity", "storage"))) <= 0n
  if (!isSmaller || !isTooSmall) return []
  return [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")]
}

const withStorage = (spec: JsonObject, storage: Json): JsonObject =>
  changing(spec, "resources", (resources) =>
    changing(objectOf(resources), "requests", (requests) => ({ ...objectOf(requests), storage }))
  )
