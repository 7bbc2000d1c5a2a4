import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { ConfigMap, Job } from "../src/Tasks.ts"
import { backups, nightly } from "./backups.ts"

const theirs = { metadata: { name: "nightly-copy" }, data: { theirs: "kept" } }

test("INV-17: a ConfigMap of somebody else is left alone, and the backup goes on when it is gone", () =>
  withCluster(backups, async (cluster) => {
    await cluster.act({ verb: "create", kind: ConfigMap, body: theirs })
    const before = cluster.find("nightly-copy", ConfigMap)
    await cluster.create(nightly)
    await cluster.advance("1 minute")
    expect(cluster.find("nightly")?.status).toMatchObject({
      phase: "Copying",
      waiting: {
        reason: "NotOwned",
        for: "ConfigMap nightly-copy exists and is without a controller, managed by test-user",
        detail: "delete it, or give this Backup another name"
      }
    })
    expect(cluster.find("nightly-copy", ConfigMap)).toEqual(before)
    await cluster.act({ verb: "delete", kind: ConfigMap, name: "nightly-copy" })
    await cluster.converge()
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready" })
  }))

test("INV-17: a Job of somebody else keeps a backup from being deleted, and is left alone", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
    const containers = [{ name: "theirs", image: "example.dev/theirs:1" }]
    const body = {
      metadata: { name: "nightly-remove" },
      spec: { template: { spec: { restartPolicy: "Never", containers } } }
    }
    await cluster.act({ verb: "create", kind: Job, body })
    const before = cluster.find("nightly-remove", Job)
    await cluster.remove("nightly")
    await cluster.advance("1 minute")
    expect(JSON.stringify(cluster.find("nightly")?.status)).toContain(
      "Job nightly-remove exists and is without a controller"
    )
    expect(cluster.find("nightly-remove", Job)?.spec).toEqual(before?.spec)
    await cluster.act({ verb: "delete", kind: Job, name: "nightly-remove" })
    await cluster.converge()
    expect(cluster.find("nightly")).toBeUndefined()
  }))

test("INV-18: nothing of a deleted backup is left behind", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
    expect(cluster.find("nightly-copy", ConfigMap)).toBeDefined()
    await cluster.remove("nightly")
    await cluster.converge()
    expect(cluster.find("nightly")).toBeUndefined()
    expect(cluster.find("nightly-copy", ConfigMap)).toBeUndefined()
    expect(cluster.find("nightly-remove", Job)).toBeUndefined()
  }))
