import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a backup becomes Ready and every invariant holds", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready" })
  }))
