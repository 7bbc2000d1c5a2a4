/**
 * What the server fills into built-in kinds: on every write, and once more when an object is created.
 */

import { structOf } from "./BuiltInFields.ts"
import * as Causes from "./Causes.ts"
import { invalid } from "./Failure.ts"
import * as GoDecoder from "./GoDecoder.ts"
import type { Json, JsonObject } from "./Json.ts"
import {
  arrayOf,
  changing,
  changingEach,
  isObject,
  isSet,
  objectOf,
  stringsOf,
  textOf,
  withDefaults,
  without
} from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"
import { metadataOf } from "./Metadata.ts"
import * as PodDefaults from "./PodDefaults.ts"

type Defaulter = (object: JsonObject) => JsonObject

/** Defaults that hold for any write of a built-in kind. */
export const applyDefaults = (kind: ServedKind, object: JsonObject): JsonObject =>
  (defaulters[keyOf(kind)] ?? same)(object)

/** How an object is made. */
export interface CreateContext {
  readonly now: string
  readonly isDryRun: boolean
}

/**
 * What a new object of a built-in kind starts with. `uid` and `metadata` are settled already. Fails with 422 when it
 * cannot be given what it needs.
 */
export const prepareForCreate = (kind: ServedKind, object: JsonObject, making: CreateContext): JsonObject =>
  (createStrategies[keyOf(kind)] ?? same)(object, making)

/**
 * Whether a real server reads a new object otherwise than it stores it, so that the next write is one even when it
 * changes nothing: a claim, and a job that takes its labels from its pods. `created` is the object before `begin`.
 */
export const isNonCanonical = (kind: ServedKind, created: JsonObject): boolean => {
  const key = keyOf(kind)
  return key === "/persistentvolumeclaims" || (key === "batch/jobs" && !isSet(metadataOf(created).labels))
}

/** What admission adds to a built-in kind; it belongs to no manager. `current` is what an update replaces. */
export const mutate = (kind: ServedKind, object: JsonObject, current?: JsonObject): JsonObject => {
  if (kind.custom !== undefined || kind.group !== "") return object
  if (kind.plural === "pods") return PodDefaults.admitted(object)
  return kind.plural === "services" && current !== undefined ? keepClusterIPs(object, current) : object
}

/** What an update of a service leaves out of its addresses stays. */
const keepClusterIPs: (object: JsonObject, current: JsonObject) => JsonObject = (object, current) => {
  const before = objectOf(current.spec)
  const spec = objectOf(object.spec)
  if (spec.type === "ExternalName" || before.type === "ExternalName") return object
  const kept = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].filter((field) => isSet(before[field]))
  const asked = textOf(spec.clusterIP) === "" ? without(spec, "clusterIP", "clusterIPs") : spec
  const addresses = Object.fromEntries(kept.map((field): [string, Json] => [field, before[field] ?? null]))
  return { ...object, spec: withDefaults(asked, addresses) }
}

/**
 * An object of a built-in kind that says nothing, as it is stored: what its structs look like when they are empty.
 * Whoever creates owns what differs from it.
 */
export const empty = (kind: ServedKind): JsonObject | undefined => {
  const struct = structOf({ ...kind, ...kind.storage })
  return struct === undefined ? undefined : GoDecoder.decode({}, struct).object
}

const keyOf = (kind: ServedKind): string => `${kind.storage.group}/${kind.plural}`

const same: Defaulter = (object) => object

const inSpec = (object: JsonObject, change: Defaulter): JsonObject => ({
  ...object,
  spec: change(objectOf(object.spec))
})

const withPhase = (object: JsonObject, phase: string): JsonObject => ({
  ...object,
  status: withDefaults(objectOf(object.status), { phase })
})

const claim: Defaulter = (object) =>
  inSpec(withPhase(object, "Pending"), (spec) => withDefaults(spec, { volumeMode: "Filesystem" }))

const statefulSet: Defaulter = (object) =>
  inSpec(object, (spec) => {
    const templated = changing(spec, "template", PodDefaults.template)
    const claims = changingEach(templated, "volumeClaimTemplates", (one) =>
      claim(withDefaults(one, { apiVersion: "v1", kind: "PersistentVolumeClaim" }))
    )
    return withDefaults(
      { ...claims, updateStrategy: updateStrategy(objectOf(claims.updateStrategy)) },
      {
        replicas: 1,
        podManagementPolicy: "OrderedReady",
        revisionHistoryLimit: 10,
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" }
      }
    )
  })

const updateStrategy: Defaulter = (strategy) => {
  const typed = withDefaults(strategy, { type: "RollingUpdate" })
  if (typed.type !== "RollingUpdate") return typed
  return { ...typed, rollingUpdate: withDefaults(objectOf(typed.rollingUpdate), { partition: 0 }) }
}

/** Three hours. */
const AFFINITY_SECONDS = 10_800

const service: Defaulter = (object) =>
  inSpec(object, (spec) => {
    const ports = changingEach(spec, "ports", (port) =>
      withDefaults(port.targetPort === 0 || port.targetPort === "" ? without(port, "targetPort") : port, {
        protocol: "TCP",
        targetPort: port.port ?? 0
      })
    )
    const typed = withDefaults(ports, { type: "ClusterIP", sessionAffinity: "None" })
    const timed =
      typed.sessionAffinity === "ClientIP"
        ? withDefaults(typed, { sessionAffinityConfig: { clientIP: { timeoutSeconds: AFFINITY_SECONDS } } })
        : without(typed, "sessionAffinityConfig")
    return timed.type === "ExternalName" ? timed : withDefaults(timed, { internalTrafficPolicy: "Cluster" })
  })

/** Addresses are dealt from the object's own uid, so that the same run deals the same ones. */
const clusterIPFor = (uid: string): string => {
  let hash = 0
  for (const letter of uid) hash = (hash * 31 + letter.charCodeAt(0)) % 65_024
  return `10.0.${Math.floor(hash / 254)}.${(hash % 254) + 1}`
}

/** What a dry run shows in place of an address. */
const DRY_RUN_ADDRESS = "10.0.0.0"

/** Addresses are noted under the name of their service, before anybody looks whether it has one. */
const checkHasName = (object: JsonObject, asked: string, clusterIP: string): void => {
  if (textOf(metadataOf(object).name) !== "" || clusterIP === "None") return
  const what = asked === "" ? "IP" : `IP ${asked}`
  const why = `IPAddress.networking.k8s.io "${clusterIP}" is invalid: spec.parentRef.name: Required value`
  const cause = Causes.invalid("spec.clusterIPs", [asked], `failed to allocate ${what}: ${why}`)
  throw invalid({ group: "", plural: "services", kind: "Service" }, "", [cause])
}

const newService = (object: JsonObject, { isDryRun }: CreateContext): JsonObject => {
  const asked = textOf(objectOf(object.spec).clusterIP)
  return {
    ...inSpec(object, (spec) => {
      if (spec.type === "ExternalName") return spec
      const dealt = isDryRun ? DRY_RUN_ADDRESS : clusterIPFor(textOf(metadataOf(object).uid))
      const clusterIP = asked === "" ? dealt : asked
      if (!isDryRun) checkHasName(object, asked, clusterIP)
      return withDefaults(
        { ...spec, clusterIP },
        {
          clusterIPs: [clusterIP],
          ipFamilies: ["IPv4"],
          ipFamilyPolicy: "SingleStack"
        }
      )
    }),
    status: { loadBalancer: {} }
  }
}

/** A job without labels takes those of its pods. */
const jobLabels: Defaulter = (object) => {
  const metadata = metadataOf(object)
  const labels = objectOf(metadataOf(objectOf(objectOf(object.spec).template)).labels)
  const isLabelled = Object.keys(objectOf(metadata.labels)).length > 0
  return isLabelled || Object.keys(labels).length === 0 ? object : { ...object, metadata: { ...metadata, labels } }
}

const job: Defaulter = (object) =>
  inSpec(jobLabels(object), (spec) => {
    const counted =
      isSet(spec.completions) || isSet(spec.parallelism)
        ? withDefaults(spec, { parallelism: 1 })
        : withDefaults(spec, { parallelism: 1, completions: 1 })
    return withDefaults(changing(counted, "template", PodDefaults.template), {
      backoffLimit: 6,
      manualSelector: false,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: isSet(spec.podFailurePolicy) ? "Failed" : "TerminatingOrFailed"
    })
  })

const newJob: Defaulter = (object) => {
  const { name, uid } = metadataOf(object)
  const owner = {
    "batch.kubernetes.io/controller-uid": textOf(uid),
    "batch.kubernetes.io/job-name": textOf(name),
    "controller-uid": textOf(uid),
    "job-name": textOf(name)
  }
  const labelled = (thing: JsonObject): JsonObject => {
    const metadata = metadataOf(thing)
    return { ...thing, metadata: { ...metadata, labels: { ...objectOf(metadata.labels), ...owner } } }
  }
  if (objectOf(object.spec).manualSelector === true) return { ...object, status: {} }
  const { "batch.kubernetes.io/controller-uid": controllerUid } = owner
  const selecting = inSpec(object, (spec) => ({
    ...spec,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": controllerUid } },
    template: labelled(objectOf(spec.template))
  }))
  return { ...selecting, status: {} }
}

const withFinalizer = (object: JsonObject, finalizer: string): JsonObject => {
  const metadata = metadataOf(object)
  const finalizers = stringsOf(metadata.finalizers)
  return finalizers.includes(finalizer)
    ? object
    : { ...object, metadata: { ...metadata, finalizers: [...finalizers, finalizer] } }
}

const namespace: Defaulter = (object) => {
  const metadata = metadataOf(object)
  const labels = { ...objectOf(metadata.labels), "kubernetes.io/metadata.name": textOf(metadata.name) }
  return withPhase({ ...object, metadata: { ...metadata, labels } }, "Active")
}

/** `stringData` is only ever written: it ends up in `data`. */
const secret: Defaulter = (object) => {
  const plain = Object.entries(objectOf(object.stringData))
  const encoded = plain.map(([name, text]): [string, Json] => [name, Buffer.from(textOf(text)).toString("base64")])
  const data = plain.length === 0 ? {} : { data: { ...objectOf(object.data), ...Object.fromEntries(encoded) } }
  return withDefaults({ ...without(object, "stringData"), ...data }, { type: "Opaque" })
}

const persistentVolume: Defaulter = (object) =>
  inSpec(withPhase(object, "Pending"), (spec) =>
    withDefaults(
      changing(spec, "hostPath", (path) => (isObject(path) ? withDefaults(path, { type: "" }) : path)),
      { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" }
    )
  )

const definition: Defaulter = (object) =>
  inSpec(object, (spec) => {
    const names = objectOf(spec.names)
    const kind = textOf(names.kind)
    const named = withDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` })
    return withDefaults({ ...spec, names: named }, { conversion: { strategy: "None" } })
  })

const newDefinition: Defaulter = (object) => {
  const versions = arrayOf(objectOf(object.spec).versions).map(objectOf)
  const storedVersions = versions.filter((version) => version.storage === true).map((one) => textOf(one.name))
  return { ...object, status: { conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions } }
}

const defaulters: { readonly [key: string]: Defaulter } = {
  "/namespaces": namespace,
  "/persistentvolumeclaims": claim,
  "/persistentvolumes": persistentVolume,
  "/pods": PodDefaults.pod,
  "/secrets": secret,
  "/services": service,
  "apiextensions.k8s.io/customresourcedefinitions": definition,
  "apps/statefulsets": statefulSet,
  "batch/jobs": job
}

const createStrategies: { readonly [key: string]: (object: JsonObject, making: CreateContext) => JsonObject } = {
  "/namespaces": (object) => ({ ...object, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } }),
  "/persistentvolumeclaims": (object) => ({
    ...withFinalizer(object, "kubernetes.io/pvc-protection"),
    status: { phase: "Pending" }
  }),
  "/persistentvolumes": (object, { now }) => ({
    ...withFinalizer(object, "kubernetes.io/pv-protection"),
    status: { phase: "Pending", lastPhaseTransitionTime: now }
  }),
  "/pods": (object) => ({ ...object, status: { phase: "Pending", ...objectOf(object.status) } }),
  "/services": newService,
  "apiextensions.k8s.io/customresourcedefinitions": newDefinition,
  "apps/statefulsets": (object) => ({ ...object, status: { replicas: 0, availableReplicas: 0 } }),
  "batch/jobs": newJob
}
