/** Kinds, labels and addresses that every kind of `sei.io` uses. */
import { ObjectMeta, TaskAgent } from "@portolan/planner"

export const StatefulSet = ObjectMeta.namespaced("apps/v1", "StatefulSet", "statefulsets")
export const Service = ObjectMeta.namespaced("v1", "Service", "services")
export const PersistentVolumeClaim = ObjectMeta.namespaced("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
export const ConfigMap = ObjectMeta.namespaced("v1", "ConfigMap", "configmaps")
export const Job = ObjectMeta.namespaced("batch/v1", "Job", "jobs")
export const Pod = ObjectMeta.namespaced("v1", "Pod", "pods")
export const Secret = ObjectMeta.namespaced("v1", "Secret", "secrets")
export const PersistentVolume = ObjectMeta.clusterWide("v1", "PersistentVolume", "persistentvolumes")
export const Workflow = ObjectMeta.namespaced("sei.io/v1alpha1", "SeiNodeTaskWorkflow", "seinodetaskworkflows")

/** Selects every object of one SeiNode. Selectors are immutable, so they hold this label and no other. */
export const NODE_LABEL = "sei.io/node"
/** What an object of a SeiNode is for. The permanent objects do not carry it. */
export const COMPONENT_LABEL = "sei.io/component"
export const CHAIN_LABEL = "sei.io/chain"
export const ROLE_LABEL = "sei.io/role"
/** On a SeiNode an annotation, on its objects a label: the pod shares its machine with no other node. */
export const DEDICATED_NODE_LABEL = "sei.io/dedicated-node"
export const SNAPSHOT_PUBLISH_LABEL = "sei.io/snapshot-publish"
/** The label in which a StatefulSet's controller records the revision that it created a pod from. */
export const REVISION_LABEL = "controller-revision-hash"

/** Port of the kube-rbac-proxy in front of the sidecar. */
export const API_PORT = 8443
export const P2P_PORT = 26656

interface NodeName {
  readonly name: string
  readonly namespace: string
}

/** DNS name of a SeiNode's pod. The bootstrap pod has the same one. */
export const podHost = ({ name, namespace }: NodeName): string => `${name}-0.${name}.${namespace}.svc.cluster.local`

/** URL of a SeiNode's sidecar, through the kube-rbac-proxy of its pod. */
export const sidecarAddress = (node: NodeName): TaskAgent.AgentAddress =>
  TaskAgent.AgentAddress.make(`http://${podHost(node)}:${API_PORT}`)
