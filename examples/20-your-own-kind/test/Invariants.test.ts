import { ControllerUnderTest } from "@portolan/testkit"
import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import * as Reconciler from "../src/Reconciler.ts"
import { definitions, nightly } from "./backups.ts"

test("a status that says how often it was looked at never settles, and the law says so", async () => {
  let looks = 0
  const restless = {
    ...Reconciler.make(),
    buildStatus: (_: unknown, status: object) => ({ ...status, copy: `${looks++}` })
  }
  const broken = withCluster(ControllerUnderTest.of(restless, { definitions }), async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
  })
  await expect(broken).rejects.toThrow(/^INV-10: not settled after 200 turns/u)
})
