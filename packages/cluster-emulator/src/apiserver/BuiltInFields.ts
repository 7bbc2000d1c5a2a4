/**
 * The Go structs of the built-in kinds: fields with their types, in encoding order, with `omitempty`. `GoDecoder`
 * decodes objects with them.
 */

/** The part of a served kind that decides its struct. Custom kinds have none. */
export interface KindName {
  readonly group: string
  readonly kind: string
  readonly custom?: object
}

/** The type of a field. `go` is its Go name in messages. */
export type Type =
  | { readonly _tag: "List" | "Map"; readonly go: string; readonly of: Type }
  | { readonly _tag: "Struct"; readonly go: string; readonly struct: string }
  | { readonly _tag: Scalar; readonly go: string }

type Scalar = "Any" | "Bool" | "Bytes" | "Integer" | "IntOrString" | "MicroTime" | "Quantity" | "String" | "Time"

export interface Field {
  readonly name: string
  readonly type: Type
  /** A pointer distinguishes an absent from an empty value, so that an empty value is encoded. */
  readonly isPointer: boolean
  /** Without `omitempty`: encoded even when empty. */
  readonly isAlwaysWritten: boolean
}

/**
 * One struct per line: `field:type`. The default type is `string`, and so is every type without a line of its own. `*`
 * marks pointers, `!` fields without `omitempty`; structs never have it. Vendor-specific volume sources and the schemas
 * of CustomResourceDefinitions are untyped.
 */
const table = `
Namespace: kind apiVersion metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
ObjectMeta: name generateName namespace selfLink uid:types.UID resourceVersion generation:int64 creationTimestamp:Time
  deletionTimestamp:*Time deletionGracePeriodSeconds:*int64 labels:map[string]string annotations:map[string]string
  ownerReferences:[]OwnerReference finalizers:[]string managedFields:*[]ManagedFieldsEntry
OwnerReference: apiVersion! kind! name! uid!:types.UID controller:*bool blockOwnerDeletion:*bool
ManagedFieldsEntry: manager operation:ManagedFieldsOperationType apiVersion time:*Time fieldsType fieldsV1:*any
  subresource
NamespaceSpec: finalizers:[]FinalizerName
NamespaceStatus: phase:NamespacePhase conditions:[]NamespaceCondition
NamespaceCondition: type!:NamespaceConditionType status!:ConditionStatus lastTransitionTime!:Time reason message
ConfigMap: kind apiVersion metadata:ObjectMeta immutable:*bool data:map[string]string binaryData:map[string][]byte
Secret: kind apiVersion metadata:ObjectMeta immutable:*bool data:map[string][]byte stringData:map[string]string
  type:SecretType
ServiceAccount: kind apiVersion metadata:ObjectMeta secrets:[]ObjectReference imagePullSecrets:[]LocalObjectReference
  automountServiceAccountToken:*bool
ObjectReference: kind namespace name uid:types.UID apiVersion resourceVersion fieldPath
LocalObjectReference: name
Event: kind apiVersion metadata:ObjectMeta involvedObject:ObjectReference reason message source:EventSource
  firstTimestamp!:Time lastTimestamp!:Time count:int32 type eventTime!:MicroTime series:*EventSeries action
  related:*ObjectReference reportingComponent! reportingInstance!
EventSource: component host
EventSeries: count:int32 lastObservedTime!:MicroTime
events.Event: kind apiVersion metadata:ObjectMeta eventTime!:MicroTime series:*events.EventSeries reportingController
  reportingInstance action reason regarding:ObjectReference related:*ObjectReference note type
  deprecatedSource:EventSource deprecatedFirstTimestamp!:Time deprecatedLastTimestamp!:Time deprecatedCount:int32
events.EventSeries: count!:int32 lastObservedTime!:MicroTime
Service: kind apiVersion metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
ServiceSpec: ports:[]ServicePort selector:map[string]string clusterIP clusterIPs:[]string type:ServiceType
  externalIPs:[]string sessionAffinity:ServiceAffinity loadBalancerIP loadBalancerSourceRanges:[]string externalName
  externalTrafficPolicy:ServiceExternalTrafficPolicy healthCheckNodePort:int32 publishNotReadyAddresses:bool
  sessionAffinityConfig:*SessionAffinityConfig ipFamilies:[]IPFamily ipFamilyPolicy:*IPFamilyPolicy
  allocateLoadBalancerNodePorts:*bool loadBalancerClass:*string internalTrafficPolicy:*ServiceInternalTrafficPolicy
  trafficDistribution:*string
ServicePort: name protocol:Reconcile appProtocol:*string port!:int32 targetPort!:IntOrString nodePort:int32
SessionAffinityConfig: clientIP:*ClientIPConfig
ClientIPConfig: timeoutSeconds:*int32
ServiceStatus: loadBalancer:LoadBalancerStatus conditions:[]Condition
LoadBalancerStatus: ingress:[]LoadBalancerIngress
LoadBalancerIngress: ip hostname ipMode:*LoadBalancerIPMode ports:[]PortStatus
PortStatus: port!:int32 protocol!:Reconcile error:*string
Condition: type! status!:ConditionStatus observedGeneration:int64 lastTransitionTime!:Time reason! message!
PersistentVolumeClaim: kind apiVersion metadata:ObjectMeta spec:PersistentVolumeClaimSpec
  status:PersistentVolumeClaimStatus
PersistentVolumeClaimSpec: accessModes:[]PersistentVolumeAccessMode selector:*LabelSelector
  resources:VolumeResourceRequirements volumeName storageClassName:*string volumeMode:*PersistentVolumeMode
  dataSource:*TypedLocalObjectReference dataSourceRef:*TypedObjectReference volumeAttributesClassName:*string
LabelSelector: matchLabels:map[string]string matchExpressions:[]LabelSelectorRequirement
LabelSelectorRequirement: key! operator!:LabelSelectorOperator values:[]string
VolumeResourceRequirements: limits:ResourceList requests:ResourceList
TypedLocalObjectReference: apiGroup!:*string kind! name!
TypedObjectReference: apiGroup!:*string kind! name! namespace:*string
PersistentVolumeClaimStatus: phase:PersistentVolumeClaimPhase accessModes:[]PersistentVolumeAccessMode
  capacity:ResourceList conditions:[]PersistentVolumeClaimCondition allocatedResources:ResourceList
  allocatedResourceStatuses:map[ResourceName]ClaimResourceStatus currentVolumeAttributesClassName:*string
  modifyVolumeStatus:*ModifyVolumeStatus
PersistentVolumeClaimCondition: type!:PersistentVolumeClaimConditionType status!:ConditionStatus lastProbeTime!:Time
  lastTransitionTime!:Time reason message
ModifyVolumeStatus: targetVolumeAttributesClassName status!:PersistentVolumeClaimModifyVolumeStatus
PersistentVolume: kind apiVersion metadata:ObjectMeta spec:PersistentVolumeSpec status:PersistentVolumeStatus
PersistentVolumeSpec: capacity:ResourceList gcePersistentDisk:*any awsElasticBlockStore:*any
  hostPath:*HostPathVolumeSource glusterfs:*any nfs:*NFSVolumeSource rbd:*any iscsi:*any cinder:*any cephfs:*any
  fc:*any flocker:*any flexVolume:*any azureFile:*any vsphereVolume:*any quobyte:*any azureDisk:*any
  photonPersistentDisk:*any portworxVolume:*any scaleIO:*any local:*LocalVolumeSource storageos:*any
  csi:*CSIPersistentVolumeSource accessModes:[]PersistentVolumeAccessMode claimRef:*ObjectReference
  persistentVolumeReclaimPolicy:PersistentVolumeReclaimPolicy storageClassName mountOptions:[]string
  volumeMode:*PersistentVolumeMode nodeAffinity:*VolumeNodeAffinity volumeAttributesClassName:*string
HostPathVolumeSource: path! type:*HostPathType
NFSVolumeSource: server! path! readOnly:bool
LocalVolumeSource: path! fsType:*string
CSIPersistentVolumeSource: driver! volumeHandle! readOnly:bool fsType volumeAttributes:map[string]string
  controllerPublishSecretRef:*SecretReference nodeStageSecretRef:*SecretReference
  nodePublishSecretRef:*SecretReference controllerExpandSecretRef:*SecretReference
  nodeExpandSecretRef:*SecretReference
SecretReference: name namespace
VolumeNodeAffinity: required:*NodeSelector
NodeSelector: nodeSelectorTerms!:[]NodeSelectorTerm
NodeSelectorTerm: matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement
NodeSelectorRequirement: key! operator!:NodeSelectorOperator values:[]string
PersistentVolumeStatus: phase:PersistentVolumePhase message reason lastPhaseTransitionTime:*Time
Pod: kind apiVersion metadata:ObjectMeta spec:PodSpec status:PodStatus
PodSpec: volumes:[]Volume initContainers:[]Container containers!:[]Container ephemeralContainers:[]EphemeralContainer
  restartPolicy:RestartPolicy terminationGracePeriodSeconds:*int64 activeDeadlineSeconds:*int64 dnsPolicy:DNSPolicy
  nodeSelector:map[string]string serviceAccountName serviceAccount automountServiceAccountToken:*bool nodeName
  hostNetwork:bool hostPID:bool hostIPC:bool shareProcessNamespace:*bool securityContext:*PodSecurityContext
  imagePullSecrets:[]LocalObjectReference hostname subdomain affinity:*Affinity schedulerName tolerations:[]Toleration
  hostAliases:[]HostAlias priorityClassName priority:*int32 dnsConfig:*PodDNSConfig readinessGates:[]PodReadinessGate
  runtimeClassName:*string enableServiceLinks:*bool preemptionPolicy:*PreemptionPolicy overhead:ResourceList
  topologySpreadConstraints:[]TopologySpreadConstraint setHostnameAsFQDN:*bool os:*PodOS hostUsers:*bool
  schedulingGates:[]PodSchedulingGate resourceClaims:[]PodResourceClaim resources:*ResourceRequirements
  hostnameOverride:*string schedulingGroup:*PodSchedulingGroup
Volume: name! hostPath:*HostPathVolumeSource emptyDir:*EmptyDirVolumeSource gcePersistentDisk:*any
  awsElasticBlockStore:*any gitRepo:*any secret:*SecretVolumeSource nfs:*NFSVolumeSource iscsi:*any glusterfs:*any
  persistentVolumeClaim:*PersistentVolumeClaimVolumeSource rbd:*any flexVolume:*any cinder:*any cephfs:*any
  flocker:*any downwardAPI:*DownwardAPIVolumeSource fc:*any azureFile:*any configMap:*ConfigMapVolumeSource
  vsphereVolume:*any quobyte:*any azureDisk:*any photonPersistentDisk:*any projected:*ProjectedVolumeSource
  portworxVolume:*any scaleIO:*any storageos:*any csi:*CSIVolumeSource ephemeral:*EphemeralVolumeSource
  image:*ImageVolumeSource
EmptyDirVolumeSource: medium:StorageMedium sizeLimit:*Quantity
SecretVolumeSource: secretName items:[]KeyToPath defaultMode:*int32 optional:*bool
KeyToPath: key! path! mode:*int32
PersistentVolumeClaimVolumeSource: claimName! readOnly:bool
DownwardAPIVolumeSource: items:[]DownwardAPIVolumeFile defaultMode:*int32
DownwardAPIVolumeFile: path! fieldRef:*ObjectFieldSelector resourceFieldRef:*ResourceFieldSelector mode:*int32
ObjectFieldSelector: apiVersion fieldPath!
ResourceFieldSelector: containerName resource! divisor!:Quantity
ConfigMapVolumeSource: name items:[]KeyToPath defaultMode:*int32 optional:*bool
ProjectedVolumeSource: sources!:[]VolumeProjection defaultMode:*int32
VolumeProjection: secret:*SecretProjection downwardAPI:*DownwardAPIProjection configMap:*ConfigMapProjection
  serviceAccountToken:*ServiceAccountTokenProjection clusterTrustBundle:*ClusterTrustBundleProjection
  podCertificate:*PodCertificateProjection
SecretProjection: name items:[]KeyToPath optional:*bool
DownwardAPIProjection: items:[]DownwardAPIVolumeFile
ConfigMapProjection: name items:[]KeyToPath optional:*bool
ServiceAccountTokenProjection: audience expirationSeconds:*int64 path!
ClusterTrustBundleProjection: name:*string signerName:*string labelSelector:*LabelSelector optional:*bool path!
PodCertificateProjection: signerName keyType maxExpirationSeconds:*int32 credentialBundlePath keyPath
  certificateChainPath userAnnotations:map[string]string
CSIVolumeSource: driver! readOnly:*bool fsType:*string volumeAttributes:map[string]string
  nodePublishSecretRef:*LocalObjectReference
EphemeralVolumeSource: volumeClaimTemplate:*PersistentVolumeClaimTemplate
PersistentVolumeClaimTemplate: metadata:ObjectMeta spec:PersistentVolumeClaimSpec
ImageVolumeSource: reference pullPolicy:PullPolicy
Container: name! image command:[]string args:[]string workingDir ports:[]ContainerPort envFrom:[]EnvFromSource
  env:[]EnvVar resources:ResourceRequirements resizePolicy:[]ContainerResizePolicy
  restartPolicy:*ContainerRestartPolicy restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount
  volumeDevices:[]VolumeDevice livenessProbe:*Probe readinessProbe:*Probe startupProbe:*Probe lifecycle:*Lifecycle
  terminationMessagePath terminationMessagePolicy:TerminationMessagePolicy imagePullPolicy:PullPolicy
  securityContext:*SecurityContext stdin:bool stdinOnce:bool tty:bool
ContainerPort: name hostPort:int32 containerPort!:int32 protocol:Reconcile hostIP
EnvFromSource: prefix configMapRef:*ConfigMapEnvSource secretRef:*SecretEnvSource
ConfigMapEnvSource: name optional:*bool
SecretEnvSource: name optional:*bool
EnvVar: name! value valueFrom:*EnvVarSource
EnvVarSource: fieldRef:*ObjectFieldSelector resourceFieldRef:*ResourceFieldSelector
  configMapKeyRef:*ConfigMapKeySelector secretKeyRef:*SecretKeySelector fileKeyRef:*FileKeySelector
ConfigMapKeySelector: name key! optional:*bool
SecretKeySelector: name key! optional:*bool
FileKeySelector: volumeName! path! key! optional:*bool
ResourceRequirements: limits:ResourceList requests:ResourceList claims:[]ResourceClaim
ResourceClaim: name! request
ContainerResizePolicy: resourceName!:ResourceName restartPolicy!:ResourceResizeRestartPolicy
ContainerRestartRule: action:ContainerRestartRuleAction exitCodes:*ContainerRestartRuleOnExitCodes
ContainerRestartRuleOnExitCodes: operator:ContainerRestartRuleOnExitCodesOperator values:[]int32
VolumeMount: name! readOnly:bool recursiveReadOnly:*RecursiveReadOnlyMode mountPath! subPath
  mountPropagation:*MountPropagationMode subPathExpr
VolumeDevice: name! devicePath!
Probe: exec:*ExecAction httpGet:*HTTPGetAction tcpSocket:*TCPSocketAction grpc:*GRPCAction initialDelaySeconds:int32
  timeoutSeconds:int32 periodSeconds:int32 successThreshold:int32 failureThreshold:int32
  terminationGracePeriodSeconds:*int64
ExecAction: command:[]string
HTTPGetAction: path port!:IntOrString host scheme:URIScheme httpHeaders:[]HTTPHeader
HTTPHeader: name! value!
TCPSocketAction: port!:IntOrString host
GRPCAction: port!:int32 service!:*string
Lifecycle: postStart:*LifecycleHandler preStop:*LifecycleHandler stopSignal:*Signal
LifecycleHandler: exec:*ExecAction httpGet:*HTTPGetAction tcpSocket:*TCPSocketAction sleep:*SleepAction
SleepAction: seconds!:int64
SecurityContext: capabilities:*Capabilities privileged:*bool seLinuxOptions:*SELinuxOptions
  windowsOptions:*WindowsSecurityContextOptions runAsUser:*int64 runAsGroup:*int64 runAsNonRoot:*bool
  readOnlyRootFilesystem:*bool allowPrivilegeEscalation:*bool procMount:*ProcMountType seccompProfile:*SeccompProfile
  appArmorProfile:*AppArmorProfile
Capabilities: add:[]Capability drop:[]Capability
SELinuxOptions: user role type level
WindowsSecurityContextOptions: gmsaCredentialSpecName:*string gmsaCredentialSpec:*string runAsUserName:*string
  hostProcess:*bool
SeccompProfile: type!:SeccompProfileType localhostProfile:*string
AppArmorProfile: type!:AppArmorProfileType localhostProfile:*string
EphemeralContainer: name! image command:[]string args:[]string workingDir ports:[]ContainerPort
  envFrom:[]EnvFromSource env:[]EnvVar resources:ResourceRequirements resizePolicy:[]ContainerResizePolicy
  restartPolicy:*ContainerRestartPolicy restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount
  volumeDevices:[]VolumeDevice livenessProbe:*Probe readinessProbe:*Probe startupProbe:*Probe lifecycle:*Lifecycle
  terminationMessagePath terminationMessagePolicy:TerminationMessagePolicy imagePullPolicy:PullPolicy
  securityContext:*SecurityContext stdin:bool stdinOnce:bool tty:bool targetContainerName
PodSecurityContext: seLinuxOptions:*SELinuxOptions windowsOptions:*WindowsSecurityContextOptions runAsUser:*int64
  runAsGroup:*int64 runAsNonRoot:*bool supplementalGroups:[]int64 supplementalGroupsPolicy:*SupplementalGroupsPolicy
  fsGroup:*int64 sysctls:[]Sysctl fsGroupChangePolicy:*PodFSGroupChangePolicy seccompProfile:*SeccompProfile
  appArmorProfile:*AppArmorProfile seLinuxChangePolicy:*PodSELinuxChangePolicy
Sysctl: name! value!
Affinity: nodeAffinity:*NodeAffinity podAffinity:*PodAffinity podAntiAffinity:*PodAntiAffinity
NodeAffinity: requiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
PreferredSchedulingTerm: weight!:int32 preference:NodeSelectorTerm
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
PodAffinityTerm: labelSelector:*LabelSelector namespaces:[]string topologyKey! namespaceSelector:*LabelSelector
  matchLabelKeys:[]string mismatchLabelKeys:[]string
WeightedPodAffinityTerm: weight!:int32 podAffinityTerm:PodAffinityTerm
PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
Toleration: key operator:TolerationOperator value effect:TaintEffect tolerationSeconds:*int64
HostAlias: ip! hostnames:[]string
PodDNSConfig: nameservers:[]string searches:[]string options:[]PodDNSConfigOption
PodDNSConfigOption: name value:*string
PodReadinessGate: conditionType!:PodConditionType
TopologySpreadConstraint: maxSkew!:int32 topologyKey! whenUnsatisfiable!:UnsatisfiableConstraintAction
  labelSelector:*LabelSelector minDomains:*int32 nodeAffinityPolicy:*NodeInclusionPolicy
  nodeTaintsPolicy:*NodeInclusionPolicy matchLabelKeys:[]string
PodOS: name!:OSName
PodSchedulingGate: name!
PodResourceClaim: name! resourceClaimName:*string resourceClaimTemplateName:*string
PodSchedulingGroup: podGroupName:*string
PodStatus: observedGeneration:int64 phase:PodPhase conditions:[]PodCondition message reason nominatedNodeName hostIP
  hostIPs:[]HostIP podIP podIPs:[]PodIP startTime:*Time initContainerStatuses:[]ContainerStatus
  containerStatuses:[]ContainerStatus qosClass:PodQOSClass ephemeralContainerStatuses:[]ContainerStatus
  resize:PodResizeStatus resourceClaimStatuses:[]PodResourceClaimStatus
  extendedResourceClaimStatus:*PodExtendedResourceClaimStatus allocatedResources:ResourceList
  resources:*ResourceRequirements nodeAllocatableResourceClaimStatuses:[]any
PodCondition: type!:PodConditionType observedGeneration:int64 status!:ConditionStatus lastProbeTime!:Time
  lastTransitionTime!:Time reason message
HostIP: ip!
PodIP: ip!
ContainerStatus: name! state:ContainerState lastState:ContainerState ready!:bool restartCount!:int32 image! imageID!
  containerID started:*bool allocatedResources:ResourceList resources:*ResourceRequirements
  volumeMounts:[]VolumeMountStatus user:*ContainerUser allocatedResourcesStatus:[]ResourceStatus stopSignal:*Signal
ContainerState: waiting:*ContainerStateWaiting running:*ContainerStateRunning terminated:*ContainerStateTerminated
ContainerStateWaiting: reason message
ContainerStateRunning: startedAt!:Time
ContainerStateTerminated: exitCode!:int32 signal:int32 reason message startedAt!:Time finishedAt!:Time containerID
VolumeMountStatus: name! mountPath! readOnly:bool recursiveReadOnly:*RecursiveReadOnlyMode volumeStatus:*VolumeStatus
VolumeStatus: image:*ImageVolumeStatus
ImageVolumeStatus: imageRef
ContainerUser: linux:*LinuxContainerUser
LinuxContainerUser: uid!:int64 gid!:int64 supplementalGroups:[]int64
ResourceStatus: name!:ResourceName resources:[]ResourceHealth
ResourceHealth: resourceID!:ResourceID health:ResourceHealthStatus message:*string
PodResourceClaimStatus: name! resourceClaimName:*string
PodExtendedResourceClaimStatus: requestMappings!:[]ContainerExtendedResourceRequest resourceClaimName!
ContainerExtendedResourceRequest: containerName! resourceName! requestName!
StatefulSet: kind apiVersion metadata:ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
StatefulSetSpec: replicas:*int32 selector!:*LabelSelector template:PodTemplateSpec
  volumeClaimTemplates:[]PersistentVolumeClaim serviceName! podManagementPolicy:PodManagementPolicyType
  updateStrategy:StatefulSetUpdateStrategy revisionHistoryLimit:*int32 minReadySeconds:int32
  persistentVolumeClaimRetentionPolicy:*StatefulSetPersistentVolumeClaimRetentionPolicy ordinals:*StatefulSetOrdinals
PodTemplateSpec: metadata:ObjectMeta spec:PodSpec
StatefulSetUpdateStrategy: type:StatefulSetUpdateStrategyType rollingUpdate:*RollingUpdateStatefulSetStrategy
RollingUpdateStatefulSetStrategy: partition:*int32 maxUnavailable:*IntOrString
StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted:PersistentVolumeClaimRetentionPolicyType
  whenScaled:PersistentVolumeClaimRetentionPolicyType
StatefulSetOrdinals: start!:int32
StatefulSetStatus: observedGeneration:int64 replicas!:int32 readyReplicas:int32 currentReplicas:int32
  updatedReplicas:int32 currentRevision updateRevision collisionCount:*int32 conditions:[]StatefulSetCondition
  availableReplicas!:int32
StatefulSetCondition: type!:StatefulSetConditionType status!:ConditionStatus lastTransitionTime!:Time reason message
ControllerRevision: kind apiVersion metadata:ObjectMeta data!:any revision!:int64
Job: kind apiVersion metadata:ObjectMeta spec:JobSpec status:JobStatus
JobSpec: parallelism:*int32 completions:*int32 activeDeadlineSeconds:*int64 podFailurePolicy:*PodFailurePolicy
  successPolicy:*SuccessPolicy backoffLimit:*int32 backoffLimitPerIndex:*int32 maxFailedIndexes:*int32
  selector:*LabelSelector manualSelector:*bool template:PodTemplateSpec ttlSecondsAfterFinished:*int32
  completionMode:*CompletionMode suspend:*bool podReplacementPolicy:*PodReplacementPolicy managedBy:*string
PodFailurePolicy: rules!:[]PodFailurePolicyRule
PodFailurePolicyRule: action!:PodFailurePolicyAction onExitCodes:*PodFailurePolicyOnExitCodesRequirement
  onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
PodFailurePolicyOnExitCodesRequirement: containerName:*string operator!:PodFailurePolicyOnExitCodesOperator
  values!:[]int32
PodFailurePolicyOnPodConditionsPattern: type!:PodConditionType status!:ConditionStatus
SuccessPolicy: rules!:[]SuccessPolicyRule
SuccessPolicyRule: succeededIndexes:*string succeededCount:*int32
JobStatus: conditions:[]JobCondition startTime:*Time completionTime:*Time active:int32 succeeded:int32 failed:int32
  terminating:*int32 completedIndexes failedIndexes:*string uncountedTerminatedPods:*UncountedTerminatedPods
  ready:*int32
JobCondition: type!:JobConditionType status!:ConditionStatus lastProbeTime!:Time lastTransitionTime!:Time reason
  message
UncountedTerminatedPods: succeeded:[]types.UID failed:[]types.UID
Lease: kind apiVersion metadata:ObjectMeta spec:LeaseSpec
LeaseSpec: holderIdentity:*string leaseDurationSeconds:*int32 acquireTime:*MicroTime renewTime:*MicroTime
  leaseTransitions:*int32 strategy:*CoordinatedLeaseStrategy preferredHolder:*string
DeleteOptions: kind apiVersion gracePeriodSeconds:*int64 preconditions:*Preconditions orphanDependents:*bool
  propagationPolicy:*DeletionPropagation dryRun:[]string ignoreStoreReadErrorWithClusterBreakingPotential:*bool
Preconditions: uid:*types.UID resourceVersion:*string
CustomResourceDefinition: kind apiVersion metadata:ObjectMeta spec:CustomResourceDefinitionSpec
  status:CustomResourceDefinitionStatus
CustomResourceDefinitionSpec: group! names:CustomResourceDefinitionNames scope!:ResourceScope
  versions!:[]CustomResourceDefinitionVersion conversion:*CustomResourceConversion preserveUnknownFields:bool
CustomResourceDefinitionNames: plural! singular shortNames:[]string kind! listKind categories:[]string
CustomResourceDefinitionVersion: name! served!:bool storage!:bool deprecated:bool deprecationWarning:*string
  schema:*CustomResourceValidation subresources:*CustomResourceSubresources
  additionalPrinterColumns:[]CustomResourceColumnDefinition selectableFields:[]SelectableField
CustomResourceValidation: openAPIV3Schema:*any
CustomResourceSubresources: status:*any scale:*CustomResourceSubresourceScale
CustomResourceSubresourceScale: specReplicasPath! statusReplicasPath! labelSelectorPath:*string
CustomResourceColumnDefinition: name! type! format description priority:int32 jsonPath!
SelectableField: jsonPath!
CustomResourceConversion: strategy!:ConversionStrategyType webhook:*WebhookConversion
WebhookConversion: clientConfig:*WebhookClientConfig conversionReviewVersions!:[]string
WebhookClientConfig: url:*string service:*ServiceReference caBundle:[]byte
ServiceReference: namespace! name! path:*string port:*int32
CustomResourceDefinitionStatus: conditions!:[]CustomResourceDefinitionCondition
  acceptedNames:CustomResourceDefinitionNames storedVersions!:[]string observedGeneration:int64
CustomResourceDefinitionCondition: type!:CustomResourceDefinitionConditionType status!:ConditionStatus
  lastTransitionTime!:Time reason message observedGeneration:int64`

/** The name of the struct of a kind; `undefined` for custom kinds. */
export const structOf = ({ custom, group, kind }: KindName): string | undefined => {
  if (custom !== undefined) return undefined
  return group === "events.k8s.io" ? `events.${kind}` : kind
}

/** The fields of a struct by name, in encoding order. */
export const fieldsOf = (struct: string): ReadonlyMap<string, Field> => structs.get(struct) ?? new Map()

const scalars: { readonly [type: string]: Type } = {
  any: { _tag: "Any", go: "interface {}" },
  bool: { _tag: "Bool", go: "bool" },
  "[]byte": { _tag: "Bytes", go: "[]uint8" },
  int32: { _tag: "Integer", go: "int32" },
  int64: { _tag: "Integer", go: "int64" },
  string: { _tag: "String", go: "string" },
  "types.UID": { _tag: "String", go: "types.UID" },
  IntOrString: { _tag: "IntOrString", go: "intstr.IntOrString" },
  MicroTime: { _tag: "MicroTime", go: "v1.MicroTime" },
  Quantity: { _tag: "Quantity", go: "resource.Quantity" },
  Time: { _tag: "Time", go: "v1.Time" }
}

const typeOf = (text: string, names: ReadonlySet<string>): Type => {
  const scalar = scalars[text]
  if (scalar !== undefined) return scalar
  if (text === "ResourceList") return { ...typeOf("map[string]Quantity", names), go: "v1.ResourceList" }
  const [prefix = ""] = /^(?:\[\]|map\[\w+\])/u.exec(text) ?? []
  if (prefix !== "") {
    const of = typeOf(text.slice(prefix.length), names)
    return { _tag: prefix === "[]" ? "List" : "Map", go: `${prefix}${of.go}`, of }
  }
  const go = `v1.${text.replace("events.", "")}`
  return names.has(text) ? { _tag: "Struct", go, struct: text } : { _tag: "String", go }
}

const fieldOf = (text: string, names: ReadonlySet<string>): Field => {
  const [named = "", typed = "string"] = text.split(":")
  const isPointer = typed.startsWith("*")
  const type = typeOf(isPointer ? typed.slice(1) : typed, names)
  const isAlways = named.endsWith("!") || (type._tag === "Struct" && !isPointer)
  return { name: named.replace("!", ""), type, isPointer, isAlwaysWritten: isAlways }
}

const parseTable = (): ReadonlyMap<string, ReadonlyMap<string, Field>> => {
  const lines = table.trim().split(/\n(?=\S)/u)
  const texts = lines.map((line) => line.split(/:?\s+/u))
  const names = new Set(texts.map(([name = ""]) => name))
  return new Map(
    texts.map(([name = "", ...fields]) => [
      name,
      new Map(fields.map((text) => fieldOf(text, names)).map((field) => [field.name, field]))
    ])
  )
}

const structs = parseTable()
