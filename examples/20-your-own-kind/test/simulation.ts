/** A simulation in which a user restores, deletes and recreates a backup at random times. */
import type { Simulator, TestCluster } from "@portolan/testkit"
import { kind } from "../src/Backup.ts"
import { backups, nightly } from "./backups.ts"

const nightlyBackup = { kind, name: "nightly" }

export const simulation: Simulator.Simulation = {
  name: "backups",
  controllerUnderTest: backups,
  setup: [{ verb: "create", kind, body: nightly }],
  userActions: (random) =>
    random.pick<TestCluster.Act>([
      { ...nightlyBackup, verb: "merge", body: { spec: { restoreTo: random.pick(["staging", "audit", null]) } } },
      { ...nightlyBackup, verb: "delete" },
      { kind, verb: "create", body: nightly }
    ])
}
