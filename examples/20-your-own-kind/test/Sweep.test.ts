import { Faults } from "@portolan/testkit"
import { sweep } from "@portolan/testkit/plain"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

/** All of them take a few seconds: `SWEEP=all`. */
const faults = process.env.SWEEP === "all" ? Faults.all : [Faults.killedAfter, Faults.answerLost]

test("a life ends as if nothing had happened, whatever goes wrong at whatever call", () =>
  sweep(
    backups,
    async (world) => {
      await world.create(nightly)
      await world.settle()
      await world.edit("nightly", { spec: { restoreTo: "staging" } })
      await world.settle()
      expect(world.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "staging" })
      await world.remove("nightly")
      await world.settle()
      expect(world.find("nightly")).toBeUndefined()
    },
    { faults }
  ))
