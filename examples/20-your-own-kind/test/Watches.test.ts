/** What a test says about a controller whose process would not see its Jobs. */
import type { Watches } from "@portolan/planner"
import { ControllerUnderTest } from "@portolan/testkit"
import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import * as Reconciler from "../src/Reconciler.ts"
import { watches } from "../src/Watches.ts"
import { cluster, definitions, nightly } from "./backups.ts"

/** Creates and deletes a backup under a controller with other watches. */
const deleteBackup = (watched: Watches.Watches) =>
  withCluster(ControllerUnderTest.of(Reconciler.make(), { ...watched, definitions, cluster }), async (test) => {
    await test.create(nightly)
    await test.converge()
    await test.remove("nightly")
    await test.converge()
    return test.find("nightly")
  })

test("a backup is deleted after the Job that it watches", async () => {
  expect(await deleteBackup(watches)).toBeUndefined()
})

test("a watch that is missing fails the test, with the line to add", async () => {
  await expect(deleteBackup({ watches: [] })).rejects.toThrow(
    "Job default/nightly-remove was read from the cache, but Job is not watched: " +
      "add { kind: Job, map: … } to the watches"
  )
})

test("a watch by a label that the Jobs do not have fails the test, with the label", async () => {
  const labelled = watches.watches.map((watch) => ({ ...watch, labels: { app: "backup" } }))
  await expect(deleteBackup({ watches: labelled })).rejects.toThrow(
    "Job default/nightly-remove was written without the labels that Job is watched with (app=backup)"
  )
})
