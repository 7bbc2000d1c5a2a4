import { withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { Job } from "../src/Tasks.ts"
import { backups, nightly } from "./backups.ts"

test("a running restore completes before another one starts", () =>
  withCluster(backups, async (cluster) => {
    cluster.agents.script("restore", { durationMs: 60_000 })
    await cluster.create(nightly)
    await cluster.converge()
    await cluster.edit("nightly", { spec: { restoreTo: "staging" } })
    await cluster.advance("30 seconds")
    await cluster.edit("nightly", { spec: { restoreTo: "audit" } })
    await cluster.reconcile(1)
    expect(JSON.stringify(cluster.find("nightly")?.status)).toContain("a restore that has begun is finished first")
    await cluster.converge()
    const restores = cluster.agents.at("http://orders.default:8700").all.filter(({ type }) => type === "restore")
    expect(restores.map(({ params }) => params?.to)).toEqual(["staging", "audit"])
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "audit" })
  }))

test("the copy of a deleted backup is removed after the agent has stopped writing to it", () =>
  withCluster(backups, async (cluster) => {
    cluster.agents.script("dump", { durationMs: 60_000 })
    await cluster.create(nightly)
    await cluster.reconcile(2)
    await cluster.remove("nightly")
    await cluster.advance("30 seconds")
    expect(cluster.find("nightly")).toBeDefined()
    expect(cluster.find("nightly-remove", Job)).toBeUndefined()
    await cluster.advance("1 minute")
    expect(cluster.find("nightly")).toBeUndefined()
  }))

test("INV-9: a dump that fails twice is retried in the same plan", () =>
  withCluster(backups, async (cluster) => {
    cluster.agents.script("dump", { failures: 2 })
    await cluster.create(nightly)
    await cluster.converge()
    const dumps = cluster.agents.at("http://orders.default:8700").all.filter(({ type }) => type === "dump")
    expect(dumps.map(({ run }) => run)).toEqual([3])
  }))

test("INV-4: a dump that the agent rejects is planned again until the agent accepts it", () =>
  withCluster(backups, async (cluster) => {
    cluster.agents.script("dump", { rejects: "the disk is full" })
    await cluster.create(nightly)
    await cluster.advance("1 minute")
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Copying" })
    expect(cluster.find("nightly")?.status).not.toHaveProperty("copy")
    cluster.agents.script("dump", {})
    await cluster.converge()
    expect(cluster.find("nightly")?.status).toMatchObject({ phase: "Ready" })
  }))

test("admission rejects a change of spec.database", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await expect(cluster.edit("nightly", { spec: { database: "users" } })).rejects.toThrow(
      /one database, in one bucket/u
    )
  }))
