import { ControllerUnderTest } from "@portolan/testkit"
import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import * as Reconciler from "../src/Reconciler.ts"
import { watches } from "../src/Watches.ts"
import { definitions, nightly } from "./backups.ts"

test("INV-10: a status that changes on every reconcile never converges", async () => {
  let passes = 0
  const unstable = {
    ...Reconciler.make(),
    buildStatus: (_: unknown, status: object) => ({ ...status, copy: `${passes++}` })
  }
  const result = withCluster(ControllerUnderTest.of(unstable, { ...watches, definitions }), async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
  })
  await expect(result).rejects.toThrow(/^INV-10: did not converge within 200 reconcile passes/u)
})
