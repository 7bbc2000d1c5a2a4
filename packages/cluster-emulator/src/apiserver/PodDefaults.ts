/**
 * Defaulting of pods and pod templates. A client that compares an applied object with the stored one finds these
 * fields.
 */
import type { Json, JsonObject } from "./Json.ts"
import {
  arrayOf,
  changing,
  changingEach,
  equal,
  isArray,
  isObject,
  isSet,
  objectOf,
  textOf,
  withDefaults
} from "./Json.ts"

/** Defaults of a pod template. */
export const template = (value: Json): Json =>
  isObject(value) ? changing(value, "spec", (spec) => (isObject(spec) ? podSpec(spec) : spec)) : value

/** Defaults of a pod: those of a template, and those of pods only. */
export const pod = (object: JsonObject): JsonObject => {
  const spec = podSpec(objectOf(object.spec))
  return {
    ...object,
    spec: withDefaults(spec, { enableServiceLinks: true }),
    status: withDefaults(objectOf(object.status), { qosClass: qosClass(spec) })
  }
}

/** The changes of admission plugins to a pod: priority and tolerations. No manager owns them. */
export const admitted = (object: JsonObject): JsonObject => {
  const spec = objectOf(object.spec)
  const priority = { priority: 0, preemptionPolicy: "PreemptLowerPriority" }
  const tolerated = tolerations(spec.tolerations)
  const withTolerations = equal(tolerated, spec.tolerations) ? spec : { ...spec, tolerations: tolerated }
  return { ...object, spec: withDefaults(withTolerations, priority) }
}

const podSpec = (spec: JsonObject): JsonObject => {
  const lists = ["initContainers", "containers", "ephemeralContainers"]
  const defaulted = lists.reduce((all, field) => changingEach(all, field, container), spec)
  const accounts = isSet(spec.serviceAccountName)
    ? { serviceAccount: spec.serviceAccountName }
    : isSet(spec.serviceAccount)
      ? { serviceAccountName: spec.serviceAccount }
      : {}
  return withDefaults(changingEach(defaulted, "volumes", volume), {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...accounts
  })
}

const container = (spec: JsonObject): JsonObject => {
  const withPorts = changingEach(spec, "ports", (port) => withDefaults(port, { protocol: "TCP" }))
  const withEnv = changingEach(withPorts, "env", environment)
  const withProbes = ["livenessProbe", "readinessProbe", "startupProbe"].reduce(
    (all, field) => changing(all, field, (value) => (isObject(value) ? probe(value) : value)),
    withEnv
  )
  const withHooks = changing(withProbes, "lifecycle", (hooks) =>
    isObject(hooks) ? ["postStart", "preStop"].reduce((all, hook) => changing(all, hook, handler), hooks) : hooks
  )
  return withDefaults(withHooks, {
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    imagePullPolicy: pullPolicy(textOf(spec.image))
  })
}

/** An image reference: host, path, tag and digest. Captures tag and digest. */
const IMAGE = (() => {
  const label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
  const host = `(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
  const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
  const digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
  return new RegExp(`^(?:${host}/)?${part}(?:/${part})*(?::(\\w[\\w.-]{0,127}))?(?:@(${digest}))?$`, "u")
})()

/** `Always` for the tag `latest` and for images without tag and digest, else `IfNotPresent`. */
const pullPolicy = (image: string): string => {
  const [name, tag, digest] = IMAGE.exec(image) ?? []
  const isLatest = tag === "latest" || (tag === undefined && digest === undefined)
  return name !== undefined && isLatest && !/^[a-f0-9]{64}$/u.test(name) ? "Always" : "IfNotPresent"
}

const environment = (variable: JsonObject): JsonObject =>
  changing(variable, "valueFrom", (from) => (isObject(from) ? fieldRef(from) : from))

const fieldRef = (from: JsonObject): JsonObject =>
  changing(from, "fieldRef", (ref) => (isObject(ref) ? withDefaults(ref, { apiVersion: "v1" }) : ref))

const handler = (value: Json): Json =>
  isObject(value)
    ? changing(value, "httpGet", (get) => (isObject(get) ? withDefaults(get, { path: "/", scheme: "HTTP" }) : get))
    : value

const probe = (value: JsonObject): JsonObject =>
  withDefaults(objectOf(handler(value)), {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3
  })

/** The default mode of files in a volume: 0644. */
const FILE_MODE = 420

const volume = (value: JsonObject): JsonObject => {
  const withModes = ["configMap", "secret", "downwardAPI", "projected"].reduce(
    (all, field) => changing(all, field, (source) => (isObject(source) ? withMode(source) : source)),
    value
  )
  return changing(withModes, "hostPath", (source) => (isObject(source) ? withDefaults(source, { type: "" }) : source))
}

const withMode = (source: JsonObject): JsonObject =>
  changingEach(changingEach(withDefaults(source, { defaultMode: FILE_MODE }), "items", fieldRef), "sources", projection)

const projection = (source: JsonObject): JsonObject => {
  const tokens = changing(source, "serviceAccountToken", (token) =>
    isObject(token) ? withDefaults(token, { expirationSeconds: 3600 }) : token
  )
  return changing(tokens, "downwardAPI", (api) => (isObject(api) ? changingEach(api, "items", fieldRef) : api))
}

const toleratedTaints = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]

const tolerations = (value: Json | undefined): Json => {
  const current = arrayOf(value)
  const missing = toleratedTaints.filter((key) => !current.some((one) => isObject(one) && one.key === key))
  const added = missing.map((key) => ({ key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 }))
  return [...current, ...added]
}

const qosClass = (spec: JsonObject): string => {
  const resources = arrayOf(spec.containers).map((one) => objectOf(objectOf(one).resources))
  const isEmpty = (value: Json | undefined) => Object.keys(objectOf(value)).length === 0
  if (resources.every(({ limits, requests }) => isEmpty(limits) && isEmpty(requests))) return "BestEffort"
  const guaranteed = resources.every(({ limits, requests }) =>
    ["cpu", "memory"].every((name) => {
      const limit = objectOf(limits)[name]
      return isSet(limit) && (objectOf(requests)[name] ?? limit) === limit
    })
  )
  return guaranteed ? "Guaranteed" : "Burstable"
}

/** True for the phases `Succeeded` and `Failed`. */
export const isFinished = (object: JsonObject): boolean =>
  ["Succeeded", "Failed"].includes(textOf(objectOf(object.status).phase))

/** The names of the claims that the volumes of a pod refer to. */
export const claimsOf = (object: JsonObject): ReadonlyArray<string> => {
  const volumes = objectOf(object.spec).volumes
  return isArray(volumes) ? volumes.map((one) => textOf(objectOf(objectOf(one).persistentVolumeClaim).claimName)) : []
}
