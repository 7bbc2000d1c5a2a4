import { Faults } from "@portolan/testkit"
import { sweep } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

/** `SWEEP=all` injects every fault, which takes a few seconds. */
const faults = process.env.SWEEP === "all" ? Faults.all : [Faults.killedAfter, Faults.answerLost]

test("a fault at any call does not change the result", () =>
  sweep(
    backups,
    async (cluster) => {
      await cluster.create(nightly)
      await cluster.converge()
      await cluster.edit("nightly", { spec: { restoreTo: "staging" } })
      await cluster.converge()
      expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "staging" })
      await cluster.remove("nightly")
      await cluster.converge()
      expect(cluster.find("nightly")).toBeUndefined()
    },
    {
      faults,
      reaches: [
        "setFinalizers Backup: finalizer added",
        "patchStatus Backup: plan created",
        "apply ConfigMap",
        "patchStatus Backup: task claimed",
        "submit",
        "poll",
        "patchStatus Backup: plan completed",
        "patchStatus Backup: plan removed",
        "patchStatus Backup: deletion recorded",
        "setFinalizers Backup: finalizer removed"
      ]
    }
  ))
