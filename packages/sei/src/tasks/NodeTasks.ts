/** Task type → task, for every plan of a node. */
import type { KubernetesApi, Registry } from "@portolan/planner"
import type { NodeTaskType } from "../plan/NodePlans.ts"
import type { Seen } from "../plan/Seen.ts"
import * as ApplyObjects from "./ApplyObjects.ts"
import { ensureDataVolume } from "./EnsureDataVolume.ts"
import * as Rollout from "./Rollout.ts"
import * as SidecarTasks from "./SidecarTasks.ts"

/** Total: a type of a plan without a task does not compile. */
export const registry: Registry.Registry<NodeTaskType, Seen, KubernetesApi.KubernetesApi> = {
  "ensure-data-pvc": ensureDataVolume,
  "apply-rbac-proxy-config": ApplyObjects.proxyConfig,
  "apply-statefulset": ApplyObjects.statefulSet,
  "apply-service": ApplyObjects.service,
  "configure-genesis": SidecarTasks.configureGenesis,
  "config-apply": SidecarTasks.configApply,
  "config-patch": SidecarTasks.configPatch,
  "config-validate": SidecarTasks.configValidate,
  "replace-pod": Rollout.replacePod,
  "observe-image": Rollout.observeImage,
  "mark-ready": SidecarTasks.markReady
}
