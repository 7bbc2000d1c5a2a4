import { Faults } from "@portolan/testkit"
import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a frozen cache only delays a restore", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.reconcile(1)
    cluster.inject(Faults.cacheFrozen)
    await cluster.reconcile(1)
    await cluster.edit("nightly", { spec: { restoreTo: "staging" } })
    await cluster.converge()
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "staging" })
  }))
