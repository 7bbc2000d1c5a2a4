/**
 * The fields of built-in kinds in the objects that a controller writes: a server drops what is not among them. Objects
 * further down are taken as they come.
 */
import type { Json, JsonObject } from "./Json.ts"
import { isObject } from "./Json.ts"
import type { ServedKind } from "./Kinds.ts"

/** Known fields; those with fields of their own lead on. */
type Known = ReadonlyMap<string, Known | undefined>

const fields = (names: string, inner: { readonly [field: string]: Known } = {}): Known =>
  new Map<string, Known | undefined>([
    ...names
      .split(/\s+/u)
      .filter((name) => name !== "")
      .map((name): [string, undefined] => [name, undefined]),
    ...Object.entries(inner)
  ])

const metadata = fields(
  `name generateName namespace selfLink uid resourceVersion generation creationTimestamp deletionTimestamp
  deletionGracePeriodSeconds labels annotations ownerReferences finalizers managedFields`
)

const kind = (names: string, inner: { readonly [field: string]: Known } = {}): Known =>
  fields(`apiVersion kind ${names}`, { metadata, ...inner })

const podSpec = fields(
  `volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds
  activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount automountServiceAccountToken nodeName
  hostNetwork hostPID hostIPC shareProcessNamespace securityContext imagePullSecrets hostname subdomain affinity
  schedulerName tolerations hostAliases priorityClassName priority dnsConfig readinessGates runtimeClassName
  enableServiceLinks preemptionPolicy overhead topologySpreadConstraints setHostnameAsFQDN os hostUsers schedulingGates
  resourceClaims resources hostnameOverride workloadRef schedulingGroup`
)

const podStatus = fields(
  `observedGeneration phase conditions message reason nominatedNodeName hostIP hostIPs podIP podIPs startTime
  initContainerStatuses containerStatuses qosClass ephemeralContainerStatuses resize resourceClaimStatuses
  extendedResourceClaimStatus allocatedResources resources`
)

const template = fields("", { metadata, spec: podSpec })

const statefulSetSpec = fields(
  `replicas selector volumeClaimTemplates serviceName podManagementPolicy updateStrategy revisionHistoryLimit
  minReadySeconds persistentVolumeClaimRetentionPolicy ordinals`,
  { template }
)

const statefulSetStatus = fields(
  `observedGeneration replicas readyReplicas currentReplicas updatedReplicas currentRevision updateRevision
  collisionCount conditions availableReplicas`
)

const jobSpec = fields(
  `parallelism completions activeDeadlineSeconds podFailurePolicy successPolicy backoffLimit backoffLimitPerIndex
  maxFailedIndexes selector manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy`,
  { template }
)

const jobStatus = fields(
  `conditions startTime completionTime active succeeded failed terminating completedIndexes failedIndexes
  uncountedTerminatedPods ready`
)

const serviceSpec = fields(
  `ports selector clusterIP clusterIPs type externalIPs sessionAffinity loadBalancerIP loadBalancerSourceRanges
  externalName externalTrafficPolicy healthCheckNodePort publishNotReadyAddresses sessionAffinityConfig ipFamilies
  ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution`
)

const claimSpec = fields(
  `accessModes selector resources volumeName storageClassName volumeMode dataSource dataSourceRef
  volumeAttributesClassName`
)

const claimStatus = fields(
  `phase accessModes capacity conditions allocatedResources allocatedResourceStatuses
  currentVolumeAttributesClassName modifyVolumeStatus`
)

const leaseSpec = fields(
  "holderIdentity leaseDurationSeconds acquireTime renewTime leaseTransitions strategy preferredHolder"
)

const kinds: { readonly [key: string]: Known } = {
  "/configmaps": kind("immutable data binaryData"),
  "/events": kind(
    `involvedObject reason message source firstTimestamp lastTimestamp count type eventTime series action related
    reportingComponent reportingInstance`
  ),
  "/persistentvolumeclaims": kind("", { spec: claimSpec, status: claimStatus }),
  "/pods": kind("", { spec: podSpec, status: podStatus }),
  "/secrets": kind("immutable data stringData type"),
  "/services": kind("", { spec: serviceSpec, status: fields("loadBalancer conditions") }),
  "apps/statefulsets": kind("", { spec: statefulSetSpec, status: statefulSetStatus }),
  "batch/jobs": kind("", { spec: jobSpec, status: jobStatus }),
  "coordination.k8s.io/leases": kind("", { spec: leaseSpec })
}

/** The object without what its kind does not know, and the paths of that. */
export const prune = (
  served: ServedKind,
  object: JsonObject
): { readonly object: JsonObject; readonly unknown: ReadonlyArray<string> } => {
  const known = kinds[`${served.storage.group}/${served.plural}`]
  if (known === undefined) return { object, unknown: [] }
  const unknown: Array<string> = []
  return { object: pruned(object, known, "", unknown), unknown }
}

const pruned = (object: JsonObject, known: Known, path: string, unknown: Array<string>): JsonObject => {
  const kept: Array<[string, Json]> = []
  let changed = false
  for (const [field, value] of Object.entries(object)) {
    const inner = known.get(field)
    if (!known.has(field)) unknown.push(`${path}${field}`)
    const next = inner !== undefined && isObject(value) ? pruned(value, inner, `${path}${field}.`, unknown) : value
    changed ||= next !== value || !known.has(field)
    if (known.has(field)) kept.push([field, next])
  }
  return changed ? Object.fromEntries(kept) : object
}
