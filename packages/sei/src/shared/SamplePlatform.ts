/** A complete platform configuration for dry runs and tests. `examples/platform.yaml` has the same values as a file. */
import type { Platform } from "./Platform.ts"

const defaults = { cpuRequest: "", memory: "" }

export const sample: Platform = {
  scheduling: {
    nodepoolName: "sei-node",
    nodepoolArchive: "sei-archive",
    nodepoolValidator: "sei-validator",
    nodepoolSeed: "sei-seed",
    tolerationKey: "sei.io/workload",
    serviceAccount: "seid-node"
  },
  storage: {
    classPerf: "gp3-10k-750",
    classDefault: "gp3",
    classArchive: "gp3-archive",
    sizeDefault: "2000Gi",
    sizeArchive: "40Ti",
    sizeSeed: "20Gi"
  },
  resources: { validator: defaults, node: defaults, replayer: defaults, archive: defaults, seed: defaults },
  snapshot: { bucket: "sei-snapshots", region: "eu-central-1" },
  genesis: { bucket: "sei-genesis", region: "eu-central-1" },
  images: {
    sidecar: "ghcr.io/sei-protocol/seictl:v0.0.25",
    kubeRBACProxy: "quay.io/brancz/kube-rbac-proxy:v0.19.1",
    cosmosExporter: "ghcr.io/sei-protocol/sei-cosmos-exporter:v1.0.0"
  }
}
