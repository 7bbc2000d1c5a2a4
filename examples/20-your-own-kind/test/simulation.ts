/** A simulation in which a user restores, deletes and recreates a backup at random times. */
import { Faults, type Simulator, Sometimes, type TestCluster } from "@portolan/testkit"
import { kind } from "../src/Backup.ts"
import { backups, nightly } from "./backups.ts"

const nightlyBackup = { kind, name: "nightly" }

const faults = [...Faults.all, Faults.taskFailing("dump"), Faults.taskFailing("restore")]

export const simulation: Simulator.Simulation = {
  name: "backups",
  controllerUnderTest: backups,
  faults,
  /** Checked when at least 100 seeds run. */
  sometimes: [
    ...Sometimes.injected(faults),
    Sometimes.planCompleted,
    Sometimes.taskRetried,
    Sometimes.planRebuilt,
    Sometimes.deletedMidPlan
  ],
  setup: [{ verb: "create", kind, body: nightly }],
  userActions: (random) =>
    random.pick<TestCluster.Act>([
      { ...nightlyBackup, verb: "merge", body: { spec: { restoreTo: random.pick(["staging", "audit", null]) } } },
      { ...nightlyBackup, verb: "delete" },
      { kind, verb: "create", body: nightly }
    ])
}
