/** Lives by chance: somebody restores, deletes and makes a backup anew, at any time. */
import type { Simulator, TestCluster } from "@portolan/testkit"
import { kind } from "../src/Backup.ts"
import { backups, nightly } from "./backups.ts"

const one = { kind, name: "nightly" }

export const simulation: Simulator.Simulation = {
  name: "a backup's life",
  controllerUnderTest: backups,
  setup: [{ verb: "create", kind, body: nightly }],
  userActions: (random) =>
    random.pick<TestCluster.Act>([
      { ...one, verb: "merge", body: { spec: { restoreTo: random.pick(["staging", "audit", null]) } } },
      { ...one, verb: "delete" },
      { kind, verb: "create", body: nightly }
    ])
}
