/** The registry of a SeiNode's tasks: task type → task. */
import type { KubernetesApi, Task } from "@portolan/planner"
import type { Observation } from "../plan/Observation.ts"
import type { NodeTaskType } from "../plan/TaskTemplates.ts"
import type { TRAITS } from "../plan/TaskTraits.ts"
import * as ApplyObjects from "./ApplyObjects.ts"
import * as Bootstrap from "./Bootstrap.ts"
import * as CheckPreconditions from "./CheckPreconditions.ts"
import { ensureDataVolume } from "./EnsureDataVolume.ts"
import * as Rollout from "./Rollout.ts"
import * as SidecarTasks from "./SidecarTasks.ts"

/** The task of a type: local or remote, as its traits say. */
type TaskOf<T extends NodeTaskType> = (typeof TRAITS)[T]["runs"] extends "remote"
  ? Task.RemoteTask<Observation>
  : Task.LocalTask<Observation, KubernetesApi.KubernetesApi>

/** Total: a task type without a task does not compile. */
export const registry: { readonly [T in NodeTaskType]: TaskOf<T> } = {
  "ensure-data-pvc": ensureDataVolume,
  "validate-signing-key": CheckPreconditions.signingKey,
  "validate-node-key": CheckPreconditions.nodeKey,
  "validate-operator-keyring": CheckPreconditions.operatorKeyring,
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
