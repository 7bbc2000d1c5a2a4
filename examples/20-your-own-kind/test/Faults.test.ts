import { Faults } from "@portolan/testkit"
import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a cache that stands still for a while delays a restore, and no more", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.passes(1)
    cluster.inject(Faults.cacheFrozen)
    await cluster.passes(1)
    await cluster.edit("nightly", { spec: { restoreTo: "staging" } })
    await cluster.converge()
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "staging" })
  }))
