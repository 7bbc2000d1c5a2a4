import { Faults } from "@portolan/testkit"
import { inWorld } from "@portolan/testkit/plain"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a cache that stands still for a while delays a restore, and no more", () =>
  inWorld(backups, async (world) => {
    await world.create(nightly)
    await world.turns(1)
    world.strike(Faults.cacheFrozen)
    await world.turns(1)
    await world.edit("nightly", { spec: { restoreTo: "staging" } })
    await world.settle()
    expect(world.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "staging" })
  }))
