import { inWorld } from "@portolan/testkit/plain"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a backup is made, and every law holds", () =>
  inWorld(backups, async (world) => {
    await world.create(nightly)
    await world.settle()
    expect(world.find("nightly")?.status).toMatchObject({ phase: "Ready" })
  }))
