/**
 * The rules of built-in kinds that controllers run into: what must be there, what must agree, what may never change.
 * Far from all that a real server checks; what is here is refused in its words.
 */
import type { Cause } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, at, canonical, equal, isSet, objectOf, objectsOf, textOf, without } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { metadataOf } from "./Metadata.ts"
import { checkCrd } from "./schema/CustomResource.ts"

/** Causes to refuse a built-in object; `previous` is what an update replaces. */
export const check = (kind: ServedKind, object: JsonObject, previous?: JsonObject): ReadonlyArray<Cause> => {
  const rule = rules[`${kind.storage.group}/${kind.plural}`]
  return rule === undefined ? [] : rule(object, previous)
}

type Rule = (object: JsonObject, previous: JsonObject | undefined) => ReadonlyArray<Cause>

const required = (field: string, more = ""): Cause => ({
  reason: "FieldValueRequired",
  field,
  message: more === "" ? "Required value" : `Required value: ${more}`
})

const invalid = (field: string, value: Json, why: string): Cause => ({
  reason: "FieldValueInvalid",
  field,
  message: `Invalid value: ${canonical(value)}: ${why}`
})

const forbidden = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  field,
  message: `Forbidden: ${why}`
})

const specOf = (object: JsonObject): JsonObject => objectOf(object.spec)

const isMissing = (value: Json | undefined): boolean => arrayOf(value).length === 0

const containers = (spec: JsonObject, path: string): ReadonlyArray<Cause> => {
  if (isMissing(spec.containers)) return [required(`${path}.containers`)]
  return objectsOf(spec.containers).flatMap((container, index) => {
    const here = `${path}.containers[${index}]`
    return [
      ...(textOf(container.name) === "" ? [required(`${here}.name`)] : []),
      ...(textOf(container.image) === "" ? [required(`${here}.image`)] : [])
    ]
  })
}

const templateSpec = (spec: JsonObject): JsonObject => objectOf(at(spec, "template", "spec"))

const changeableInStatefulSet = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds"
]

const statefulSetFrozen =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
  "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"

const statefulSet: Rule = (object, previous) => {
  const spec = specOf(object)
  const labels = at(spec, "template", "metadata", "labels")
  const wanted = Object.entries(objectOf(at(spec, "selector", "matchLabels")))
  const selects = wanted.every(([name, value]) => objectOf(labels)[name] === value)
  const isFrozen = (before: JsonObject) =>
    !equal(without(before, ...changeableInStatefulSet), without(spec, ...changeableInStatefulSet))
  return [
    ...(isSet(spec.selector) ? [] : [required("spec.selector")]),
    ...(selects && isSet(spec.selector)
      ? []
      : [invalid("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`")]),
    ...containers(templateSpec(spec), "spec.template.spec"),
    ...(previous !== undefined && isFrozen(specOf(previous)) ? [forbidden("spec", statefulSetFrozen)] : [])
  ]
}

const frozen = (previous: JsonObject | undefined, object: JsonObject, ...fields: ReadonlyArray<string>) =>
  previous === undefined
    ? []
    : fields
        .filter((field) => isSet(specOf(previous)[field]) && !equal(specOf(previous)[field], specOf(object)[field]))
        .map((field) => invalid(`spec.${field}`, specOf(object)[field] ?? null, "field is immutable"))

const job: Rule = (object, previous) => {
  const spec = specOf(object)
  const policy = templateSpec(spec).restartPolicy
  const isSuspended = previous !== undefined && specOf(previous).suspend === true
  return [
    ...(policy === "OnFailure" || policy === "Never"
      ? []
      : [required("spec.template.spec.restartPolicy", `valid values: "OnFailure", "Never"`)]),
    ...containers(templateSpec(spec), "spec.template.spec"),
    ...frozen(previous, object, "selector", "completionMode", ...(isSuspended ? [] : ["template"]))
  ]
}

const service: Rule = (object, previous) => {
  const spec = specOf(object)
  const headless = spec.clusterIP === "None"
  const before = previous === undefined ? undefined : specOf(previous).clusterIP
  const moved = isSet(before) && before !== "" && before !== spec.clusterIP
  return [
    ...(isMissing(spec.ports) && !headless && spec.type !== "ExternalName" ? [required("spec.ports")] : []),
    ...(moved ? [invalid("spec.clusterIPs[0]", [spec.clusterIP ?? ""], "may not change once set")] : [])
  ]
}

const podFrozen =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`," +
  "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations)," +
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"

const podRest = (object: JsonObject): JsonObject => {
  const spec = without(specOf(object), "activeDeadlineSeconds", "tolerations")
  const bare = (field: string) => arrayOf(spec[field]).map((container) => without(objectOf(container), "image"))
  return { ...spec, containers: bare("containers"), initContainers: bare("initContainers") }
}

const pod: Rule = (object, previous) => [
  ...containers(specOf(object), "spec"),
  ...(previous !== undefined && !equal(podRest(previous), podRest(object)) ? [forbidden("spec", podFrozen)] : [])
]

const claimFrozen =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"

/** A claim may still be given its class and its volume, once. */
const claimRest = (object: JsonObject, previous: JsonObject): JsonObject => {
  const late = ["storageClassName", "volumeName"].filter((field) => !isSet(specOf(previous)[field]))
  return without(specOf(object), "resources", "volumeAttributesClassName", ...late)
}

const claim: Rule = (object, previous) => {
  const spec = specOf(object)
  return [
    ...(isMissing(spec.accessModes) ? [required("spec.accessModes", "at least 1 access mode is required")] : []),
    ...(isSet(at(spec, "resources", "requests", "storage")) ? [] : [required("spec.resources[storage]")]),
    ...(previous !== undefined && !equal(claimRest(previous, previous), claimRest(object, previous))
      ? [forbidden("spec", claimFrozen)]
      : [])
  ]
}

const immutableData: Rule = (object, previous) => {
  if (previous?.immutable !== true) return []
  const fields = ["data", "binaryData"].filter((field) => !equal(previous[field], object[field]))
  const unset = object.immutable === true ? [] : ["immutable"]
  return [...unset, ...fields].map((field) => forbidden(field, "field is immutable when `immutable` is set"))
}

const secret: Rule = (object, previous) => [
  ...(previous !== undefined && previous.type !== object.type
    ? [invalid("type", object.type ?? "", "field is immutable")]
    : []),
  ...immutableData(object, previous)
]

const event: Rule = (object) => {
  const about = textOf(at(object, "involvedObject", "namespace"))
  const namespace = metadataOf(object).namespace
  const where = about === "" ? "default" : about
  return where === namespace ? [] : [invalid("involvedObject.namespace", about, "does not match event.namespace")]
}

const definition: Rule = (object) => {
  const spec = specOf(object)
  const name = textOf(metadataOf(object).name)
  const wanted = `${textOf(at(spec, "names", "plural"))}.${textOf(spec.group)}`
  return [
    ...(name === wanted ? [] : [invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`)]),
    ...checkCrd(object).filter((cause) => cause.field !== "metadata.name")
  ]
}

const rules: { readonly [key: string]: Rule } = {
  "/configmaps": immutableData,
  "/events": event,
  "/persistentvolumeclaims": claim,
  "/pods": pod,
  "/secrets": secret,
  "/services": service,
  "apiextensions.k8s.io/customresourcedefinitions": definition,
  "apps/statefulsets": statefulSet,
  "batch/jobs": job
}
