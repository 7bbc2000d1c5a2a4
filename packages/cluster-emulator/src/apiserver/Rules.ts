/**
 * Validation of built-in kinds. `Changes` has the validation of updates.
 *
 * A subset of the validation of kube-apiserver: the rules that controllers run into, with its messages.
 */
import { forbidden, invalid, invalidStruct, notFound, required, specOf, unsupported } from "./Causes.ts"
import * as Changes from "./Changes.ts"
import type { Cause } from "./Failure.ts"
import type { Json, JsonObject } from "./Json.ts"
import { arrayOf, at, equal, isSet, objectOf, objectsOf, textOf } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { checkLabels, metadataOf } from "./Metadata.ts"
import * as Names from "./Names.ts"
import { checkCrd } from "./schema/CustomResource.ts"

/** Validates a built-in object. `previous` is the stored object of an update. */
export const check = (kind: ServedKind, object: JsonObject, previous?: JsonObject): ReadonlyArray<Cause> => {
  const rule = rules[`${kind.storage.group}/${kind.plural}`]
  return rule === undefined ? [] : rule(object, previous)
}

type Rule = (object: JsonObject, previous: JsonObject | undefined) => ReadonlyArray<Cause>

const notNegative = (spec: JsonObject, ...fields: ReadonlyArray<string>): ReadonlyArray<Cause> =>
  fields.flatMap((field) => {
    const value = spec[field]
    if (typeof value !== "number" || value >= 0) return []
    return [invalid(`spec.${field}`, value, "must be greater than or equal to 0")]
  })

const oneOf = (value: Json | undefined, field: string, supported: ReadonlyArray<string>): ReadonlyArray<Cause> =>
  typeof value !== "string" || supported.includes(value) ? [] : [unsupported(field, value, supported)]

const isMissing = (value: Json | undefined): boolean => arrayOf(value).length === 0

const notAPort = "must be between 1 and 65535, inclusive"

const isPort = (value: Json | undefined): boolean => typeof value === "number" && value >= 1 && value <= 65_535

const containerPorts = (container: JsonObject, path: string): ReadonlyArray<Cause> =>
  objectsOf(container.ports).flatMap(({ containerPort = 0 }, index) => {
    const fieldPath = `${path}.ports[${index}].containerPort`
    if (containerPort === 0) return [required(fieldPath)]
    return isPort(containerPort) ? [] : [invalid(fieldPath, containerPort, notAPort)]
  })

const containerName = (name: string, path: string): ReadonlyArray<Cause> =>
  name === "" ? [required(path)] : Names.label(name).map((why) => invalid(path, name, why))

/** Validates that volume mounts refer to volumes of the pod, and that their mount paths are unique. */
const mounts = (container: JsonObject, path: string, volumes: ReadonlyArray<string>): ReadonlyArray<Cause> => {
  const all = objectsOf(container.volumeMounts)
  return all.flatMap(({ mountPath, name }, index) => {
    const fieldPath = `${path}.volumeMounts[${index}]`
    const isTaken = all.slice(0, index).some((other) => other.mountPath === mountPath)
    return [
      ...(textOf(name) === "" ? [required(`${fieldPath}.name`)] : []),
      ...(volumes.includes(textOf(name)) ? [] : [notFound(`${fieldPath}.name`, textOf(name))]),
      ...(textOf(mountPath) === "" ? [required(`${fieldPath}.mountPath`)] : []),
      ...(isTaken ? [invalid(`${fieldPath}.mountPath`, textOf(mountPath), "must be unique")] : [])
    ]
  })
}

const containers = (list: Json | undefined, path: string, volumes: ReadonlyArray<string>): ReadonlyArray<Cause> =>
  objectsOf(list).flatMap((container, index) => {
    const fieldPath = `${path}[${index}]`
    return [
      ...containerName(textOf(container.name), `${fieldPath}.name`),
      ...(textOf(container.image) === "" ? [required(`${fieldPath}.image`)] : []),
      ...containerPorts(container, fieldPath),
      ...mounts(container, fieldPath, volumes)
    ]
  })

const namesOf = (list: Json | undefined): ReadonlyArray<string> => objectsOf(list).map(({ name }) => textOf(name))

/**
 * Validates the spec of a pod or pod template. `claims` are volumes that a StatefulSet adds from its
 * `volumeClaimTemplates`.
 */
const podSpec = (spec: JsonObject, path: string, claims: ReadonlyArray<string> = []): ReadonlyArray<Cause> => {
  const volumes = [...namesOf(spec.volumes), ...claims]
  return [
    ...(isMissing(spec.containers) ? [required(`${path}.containers`)] : []),
    ...containers(spec.containers, `${path}.containers`, volumes),
    ...containers(spec.initContainers, `${path}.initContainers`, volumes),
    ...oneOf(spec.restartPolicy, `${path}.restartPolicy`, ["Always", "OnFailure", "Never"])
  ]
}

const podTemplate = (template: JsonObject, volumes?: ReadonlyArray<string>): ReadonlyArray<Cause> => [
  ...checkLabels(metadataOf(template), "spec.template.labels"),
  ...podSpec(objectOf(template.spec), "spec.template.spec", volumes)
]

const templateSpec = (spec: JsonObject): JsonObject => objectOf(at(spec, "template", "spec"))

/** Validates `updateStrategy` of a StatefulSet. Messages show the Go structs. */
const updateStrategy = (spec: JsonObject): ReadonlyArray<Cause> => {
  const { rollingUpdate, type } = objectOf(spec.updateStrategy)
  const { maxUnavailable = null, partition = null } = objectOf(rollingUpdate)
  const rolling = isSet(rollingUpdate) ? { Partition: partition, MaxUnavailable: maxUnavailable } : null
  if (type === "RollingUpdate" || (type === "OnDelete" && rolling === null)) return []
  if (type === "OnDelete") {
    const why = "only allowed for updateStrategy 'RollingUpdate'"
    return [invalidStruct("spec.updateStrategy.rollingUpdate", JSON.stringify(rolling), why)]
  }
  const text = JSON.stringify({ Type: type, RollingUpdate: rolling })
  return [invalidStruct("spec.updateStrategy", text, "must be 'RollingUpdate' or 'OnDelete'")]
}

const podManagementPolicy = ({ podManagementPolicy }: JsonObject): ReadonlyArray<Cause> =>
  podManagementPolicy === "OrderedReady" || podManagementPolicy === "Parallel"
    ? []
    : [invalid("spec.podManagementPolicy", podManagementPolicy ?? "", "must be 'OrderedReady' or 'Parallel'")]

/** Validates that the selector matches the labels of the pod template. */
const selectorMismatch = (spec: JsonObject): ReadonlyArray<Cause> => {
  const labels = at(spec, "template", "metadata", "labels")
  const matchLabels = Object.entries(objectOf(at(spec, "selector", "matchLabels")))
  const selects = matchLabels.every(([name, value]) => objectOf(labels)[name] === value)
  const why = "`selector` does not match template `labels`"
  return selects && isSet(spec.selector) ? [] : [invalid("spec.template.metadata.labels", labels ?? null, why)]
}

const statefulSet: Rule = (object, previous) => {
  const spec = specOf(object)
  const claims = objectsOf(spec.volumeClaimTemplates).map((one) => textOf(metadataOf(one).name))
  return [
    ...podManagementPolicy(spec),
    ...updateStrategy(spec),
    ...notNegative(spec, "replicas"),
    ...(isSet(spec.selector) ? [] : [required("spec.selector")]),
    ...selectorMismatch(spec),
    ...podTemplate(objectOf(spec.template), claims),
    ...(previous === undefined ? [] : Changes.ofStatefulSet(object, previous))
  ]
}

const jobSpec = (object: JsonObject): ReadonlyArray<Cause> => {
  const spec = specOf(object)
  const policy = templateSpec(spec).restartPolicy
  return [
    ...notNegative(
      spec,
      "parallelism",
      "completions",
      "activeDeadlineSeconds",
      "backoffLimit",
      "ttlSecondsAfterFinished"
    ),
    ...podTemplate(objectOf(spec.template)),
    ...(policy === "OnFailure" || policy === "Never"
      ? []
      : [required("spec.template.spec.restartPolicy", `valid values: "OnFailure", "Never"`)]),
    ...(isSet(spec.selector) ? [] : [required("spec.selector")]),
    ...selectorMismatch(spec)
  ]
}

const job: Rule = (object, previous) =>
  previous === undefined
    ? [...Changes.generatedSelector(object), ...jobSpec(object)]
    : [...jobSpec(object), ...Changes.ofJob(object, previous)]

const lease: Rule = (object) => {
  const spec = specOf(object)
  const seconds = spec.leaseDurationSeconds
  const isShort = typeof seconds === "number" && seconds <= 0
  return [
    ...(isShort ? [invalid("spec.leaseDurationSeconds", seconds, "must be greater than 0")] : []),
    ...notNegative(spec, "leaseTransitions")
  ]
}

/** Validates the ports of a Service. Names are required when there is more than one port. */
const servicePorts = (ports: ReadonlyArray<JsonObject>): ReadonlyArray<Cause> =>
  ports.flatMap(({ name, port = 0, targetPort = 0 }, index) => {
    const fieldPath = `spec.ports[${index}]`
    return [
      ...(ports.length > 1 && textOf(name) === "" ? [required(`${fieldPath}.name`)] : []),
      ...(isPort(port) ? [] : [invalid(`${fieldPath}.port`, port, notAPort)]),
      ...(isPort(targetPort) || typeof targetPort === "string"
        ? []
        : [invalid(`${fieldPath}.targetPort`, targetPort, notAPort)])
    ]
  })

const service: Rule = (object, previous) => {
  const spec = specOf(object)
  const isHeadless = spec.clusterIP === "None"
  const before = previous === undefined ? undefined : specOf(previous).clusterIP
  const isChanged = isSet(before) && before !== "" && before !== spec.clusterIP
  return [
    ...oneOf(spec.sessionAffinity, "spec.sessionAffinity", ["ClientIP", "None"]),
    ...oneOf(spec.type, "spec.type", ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]),
    ...servicePorts(objectsOf(spec.ports)),
    ...(isMissing(spec.ports) && !isHeadless && spec.type !== "ExternalName" ? [required("spec.ports")] : []),
    ...(isChanged ? [invalid("spec.clusterIPs[0]", [spec.clusterIP ?? ""], "may not change once set")] : []),
    ...(spec.type !== "LoadBalancer" && setsIngress(object, previous) ? [ingressForbidden] : [])
  ]
}

const setsIngress = (object: JsonObject, previous: JsonObject | undefined): boolean => {
  const ingress = at(object, "status", "loadBalancer", "ingress")
  return !isMissing(ingress) && !equal(ingress, at(previous, "status", "loadBalancer", "ingress"))
}

const ingressForbidden = forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'")

const pod: Rule = (object, previous) => [
  ...podSpec(specOf(object), "spec"),
  ...(previous === undefined ? [] : Changes.ofPod(object, previous))
]

const accessModes = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]

const claim: Rule = (object, previous) => {
  const spec = specOf(object)
  const modes = arrayOf(spec.accessModes)
  const mixesOncePod = modes.length > 1 && modes.includes("ReadWriteOncePod")
  const amount = textOf(at(spec, "resources", "requests", "storage"))
  const isNotPositive = amount === "0" || amount.startsWith("-")
  const storage = "spec.resources[storage]"
  return [
    ...(modes.length === 0 ? [required("spec.accessModes", "at least 1 access mode is required")] : []),
    ...modes.flatMap((mode) => oneOf(mode, "spec.accessModes", accessModes)),
    ...(mixesOncePod ? [forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes")] : []),
    ...(amount === "" ? [required(storage)] : []),
    ...(isNotPositive ? [invalid(storage, amount, "must be greater than zero")] : []),
    ...oneOf(spec.volumeMode, "spec.volumeMode", ["Block", "Filesystem"]),
    ...(previous === undefined ? [] : Changes.ofClaim(object, previous))
  ]
}

const configKey = /^[-._a-zA-Z0-9]+$/u

const configKeyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or " +
  "'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

/** Validates the keys of a Secret or ConfigMap. */
const dataKeys = (object: JsonObject): ReadonlyArray<Cause> => {
  const plain = Object.keys(objectOf(object.data))
  const binary = Object.keys(objectOf(object.binaryData))
  const invalidKeys = (field: string, names: ReadonlyArray<string>) =>
    names.filter((name) => !configKey.test(name)).map((name) => invalid(`${field}[${name}]`, name, configKeyRule))
  const duplicates = plain.filter((name) => binary.includes(name))
  return [
    ...invalidKeys("data", plain),
    ...duplicates.map((name) => invalid(`data[${name}]`, name, "duplicate of key present in binaryData")),
    ...invalidKeys("binaryData", binary)
  ]
}

const tlsKeys = (object: JsonObject): ReadonlyArray<Cause> =>
  object.type === "kubernetes.io/tls"
    ? ["tls.crt", "tls.key"]
        .filter((name) => !isSet(objectOf(object.data)[name]))
        .map((name) => required(`data[${name}]`))
    : []

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
  ...dataKeys(object),
  ...tlsKeys(object),
  ...immutableData(object, previous)
]

const configMap: Rule = (object, previous) => [...dataKeys(object), ...immutableData(object, previous)]

const event: Rule = (object) => {
  const involved = textOf(at(object, "involvedObject", "namespace"))
  const namespace = metadataOf(object).namespace
  const expected = involved === "" ? "default" : involved
  return expected === namespace ? [] : [invalid("involvedObject.namespace", involved, "does not match event.namespace")]
}

const definition: Rule = (object) => {
  const spec = specOf(object)
  const name = textOf(metadataOf(object).name)
  const expected = `${textOf(at(spec, "names", "plural"))}.${textOf(spec.group)}`
  return [
    ...(name === expected ? [] : [invalid("metadata.name", name, `must be spec.names.plural+"."+spec.group`)]),
    ...checkCrd(object).filter((cause) => cause.field !== "metadata.name")
  ]
}

const rules: { readonly [key: string]: Rule } = {
  "/configmaps": configMap,
  "/events": event,
  "/persistentvolumeclaims": claim,
  "/pods": pod,
  "/secrets": secret,
  "/services": service,
  "apiextensions.k8s.io/customresourcedefinitions": definition,
  "apps/statefulsets": statefulSet,
  "batch/jobs": job,
  "coordination.k8s.io/leases": lease
}
