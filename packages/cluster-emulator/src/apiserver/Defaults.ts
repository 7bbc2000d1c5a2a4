/**
 * Defaulting of built-in kinds, their create strategies, and mutating admission.
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

/** Applies the defaults of a built-in kind. Runs on every write. */
export const applyDefaults = (kind: ServedKind, object: JsonObject): JsonObject =>
  (defaulters[keyOf(kind)] ?? same)(object)

/** The circumstances of a create. */
export interface CreateContext {
  readonly now: string
  readonly isDryRun: boolean
}

/**
 * Sets the initial status and the allocated fields of a new object of a built-in kind. `metadata` is complete, uid
 * included. Fails with 422 when an allocation fails.
 */
export const prepareForCreate = (kind: ServedKind, object: JsonObject, context: CreateContext): JsonObject =>
  (createStrategies[keyOf(kind)] ?? same)(object, context)

/**
 * True when the stored encoding of a new object differs from what a read returns: for a PersistentVolumeClaim, and for
 * a Job that defaults its labels from its pod template. `created` is the object before `prepareForCreate`.
 */
export const isNonCanonical = (kind: ServedKind, created: JsonObject): boolean => {
  const key = keyOf(kind)
  return key === "/persistentvolumeclaims" || (key === "batch/jobs" && !isSet(metadataOf(created).labels))
}

/** Mutating admission of built-in kinds. No manager owns its changes. `current` is the stored object of an update. */
export const mutate = (kind: ServedKind, object: JsonObject, current?: JsonObject): JsonObject => {
  if (kind.custom !== undefined || kind.group !== "") return object
  if (kind.plural === "pods") return PodDefaults.admitted(object)
  return kind.plural === "services" && current !== undefined ? keepClusterIPs(object, current) : object
}

/** An update of a Service that omits its cluster IPs keeps them. */
const keepClusterIPs = (object: JsonObject, current: JsonObject): JsonObject => {
  const before = objectOf(current.spec)
  const spec = objectOf(object.spec)
  if (spec.type === "ExternalName" || before.type === "ExternalName") return object
  const fields = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"].filter((field) => isSet(before[field]))
  const requested = textOf(spec.clusterIP) === "" ? without(spec, "clusterIP", "clusterIPs") : spec
  const addresses = Object.fromEntries(fields.map((field): [string, Json] => [field, before[field] ?? null]))
  return { ...object, spec: withDefaults(requested, addresses) }
}

/**
 * The zero value of a built-in kind, as its structs encode it. The manager of a create owns everything that differs
 * from it.
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

/** The default `sessionAffinityConfig` timeout: three hours. */
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

/** Derives the cluster IP from the uid of the Service, so that equal runs allocate equal addresses. */
const clusterIPFor = (uid: string): string => {
  let hash = 0
  for (const letter of uid) hash = (hash * 31 + letter.charCodeAt(0)) % 65_024
  return `10.0.${Math.floor(hash / 254)}.${(hash % 254) + 1}`
}

/** The cluster IP in the response of a dry run, which allocates none. */
const DRY_RUN_ADDRESS = "10.0.0.0"

/** The allocator records addresses by the name of the Service, before the name is validated. */
const checkHasName = (object: JsonObject, requested: string, clusterIP: string): void => {
  if (textOf(metadataOf(object).name) !== "" || clusterIP === "None") return
  const address = requested === "" ? "IP" : `IP ${requested}`
  const why = `IPAddress.networking.k8s.io "${clusterIP}" is invalid: spec.parentRef.name: Required value`
  const cause = Causes.invalid("spec.clusterIPs", [requested], `failed to allocate ${address}: ${why}`)
  throw invalid({ group: "", plural: "services", kind: "Service" }, "", [cause])
}

const newService = (object: JsonObject, { isDryRun }: CreateContext): JsonObject => {
  const requested = textOf(objectOf(object.spec).clusterIP)
  return {
    ...inSpec(object, (spec) => {
      if (spec.type === "ExternalName") return spec
      const allocated = isDryRun ? DRY_RUN_ADDRESS : clusterIPFor(textOf(metadataOf(object).uid))
      const clusterIP = requested === "" ? allocated : requested
      if (!isDryRun) checkHasName(object, requested, clusterIP)
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

/** The labels of a Job default to those of its pod template. */
const jobLabels: Defaulter = (object) => {
  const metadata = metadataOf(object)
  const labels = objectOf(metadataOf(objectOf(objectOf(object.spec).template)).labels)
  const isLabelled = Object.keys(objectOf(metadata.labels)).length > 0
  return isLabelled || Object.keys(labels).length === 0 ? object : { ...object, metadata: { ...metadata, labels } }
}

const job: Defaulter = (object) =>
  inSpec(jobLabels(object), (spec) => {
    const sized =
      isSet(spec.completions) || isSet(spec.parallelism)
        ? withDefaults(spec, { parallelism: 1 })
        : withDefaults(spec, { parallelism: 1, completions: 1 })
    return withDefaults(changing(sized, "template", PodDefaults.template), {
      backoffLimit: 6,
      manualSelector: false,
      completionMode: "NonIndexed",
      suspend: false,
      podReplacementPolicy: isSet(spec.podFailurePolicy) ? "Failed" : "TerminatingOrFailed"
    })
  })

const newJob: Defaulter = (object) => {
  const { name, uid } = metadataOf(object)
  const generatedLabels = {
    "batch.kubernetes.io/controller-uid": textOf(uid),
    "batch.kubernetes.io/job-name": textOf(name),
    "controller-uid": textOf(uid),
    "job-name": textOf(name)
  }
  const labelled = (thing: JsonObject): JsonObject => {
    const metadata = metadataOf(thing)
    return { ...thing, metadata: { ...metadata, labels: { ...objectOf(metadata.labels), ...generatedLabels } } }
  }
  if (objectOf(object.spec).manualSelector === true) return { ...object, status: {} }
  const { "batch.kubernetes.io/controller-uid": controllerUid } = generatedLabels
  const withSelector = inSpec(object, (spec) => ({
    ...spec,
    selector: { matchLabels: { "batch.kubernetes.io/controller-uid": controllerUid } },
    template: labelled(objectOf(spec.template))
  }))
  return { ...withSelector, status: {} }
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

/** `stringData` is write-only: it is merged into `data`. */
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

const createStrategies: { readonly [key: string]: (object: JsonObject, context: CreateContext) => JsonObject } = {
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
