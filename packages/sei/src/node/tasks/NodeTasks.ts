/** Task type → task, for every plan of a node. */
import type { KubernetesApi, Registry } from "@portolan/planner"
import type { Observation } from "../plan/Observation.ts"
import type { NodeTaskType } from "../plan/TaskTemplates.ts"
import * as ApplyObjects from "./ApplyObjects.ts"
import * as Bootstrap from "./Bootstrap.ts"
import { ensureDataVolume } from "./EnsureDataVolume.ts"
import * as Gates from "./Preconditions.ts"
import * as Rollout from "./Rollout.ts"
import * as SidecarTasks from "./SidecarTasks.ts"

/** Total: a type of a plan without a task does not compile. */
export const registry: Registry.Registry<NodeTaskType, Observation, KubernetesApi.KubernetesApi> = {
  "ensure-data-pvc": ensureDataVolume,
  "validate-signing-key": Gates.signingKey,
  "validate-node-key": Gates.nodeKey,
  "validate-operator-keyring": Gates.operatorKeyring,
  "apply-rbac-proxy-config": ApplyObjects.proxyConfig,
  "apply-statefulset": ApplyObjects.statefulSet,
  "apply-service": ApplyObjects.service,
  "deploy-bootstrap-service": Bootstrap.deployService,
  "deploy-bootstrap-job": Bootstrap.deployJob,
  "await-bootstrap-complete": Bootstrap.awaitComplete,
  "teardown-bootstrap": Bootstrap.teardown,
  "snapshot-restore": SidecarTasks.snapshotRestore,
  "configure-state-sync": SidecarTasks.configureStateSync,
  "generate-identity": SidecarTasks.generateIdentity,
  "generate-gentx": SidecarTasks.generateGentx,
  "upload-genesis-artifacts": SidecarTasks.uploadGenesisArtifacts,
  "set-genesis-peers": SidecarTasks.setGenesisPeers,
  "configure-genesis": SidecarTasks.configureGenesis,
  "config-apply": SidecarTasks.configApply,
  "config-patch": SidecarTasks.configPatch,
  "config-validate": SidecarTasks.configValidate,
  "replace-pod": Rollout.replacePod,
  "observe-image": Rollout.observeImage,
  "mark-ready": SidecarTasks.markReady
}
