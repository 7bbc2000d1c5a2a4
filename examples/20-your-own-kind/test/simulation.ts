/** Lives by chance: somebody restores, deletes and makes a backup anew, at any time. */
import type { Simulator, World } from "@portolan/testkit"
import { kind } from "../src/Backup.ts"
import { backups, nightly } from "./backups.ts"

const one = { kind, name: "nightly" }

export const simulation: Simulator.Simulation = {
  name: "a backup's life",
  subject: backups,
  begin: [{ does: "create", kind, body: nightly }],
  acts: (dice) =>
    dice.pick<World.Act>([
      { ...one, does: "merge", body: { spec: { restoreTo: dice.pick(["staging", "audit", null]) } } },
      { ...one, does: "delete" },
      { kind, does: "create", body: nightly }
    ])
}
