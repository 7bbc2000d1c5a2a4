import { inWorld } from "@portolan/testkit/plain"
import { expect, test } from "vitest"
import { Job } from "../src/Tasks.ts"
import { backups, nightly } from "./backups.ts"

test("a restore that has begun is finished before another one begins", () =>
  inWorld(backups, async (world) => {
    world.agents.script("restore", { durationMs: 60_000 })
    await world.create(nightly)
    await world.settle()
    await world.edit("nightly", { spec: { restoreTo: "staging" } })
    await world.pass("30 seconds")
    await world.edit("nightly", { spec: { restoreTo: "audit" } })
    await world.turns(1)
    expect(JSON.stringify(world.find("nightly")?.status)).toContain("a restore that has begun is finished first")
    await world.settle()
    const restores = world.agents.at("http://orders.default:8700").all.filter(({ type }) => type === "restore")
    expect(restores.map(({ params }) => params?.to)).toEqual(["staging", "audit"])
    expect(world.find("nightly")?.status).toMatchObject({ phase: "Ready", restoredTo: "audit" })
  }))

test("the copy of a deleted backup is removed once the agent writes to it no more", () =>
  inWorld(backups, async (world) => {
    world.agents.script("dump", { durationMs: 60_000 })
    await world.create(nightly)
    await world.turns(2)
    await world.remove("nightly")
    await world.pass("30 seconds")
    expect(world.find("nightly")).toBeDefined()
    expect(world.find("nightly-remove", Job)).toBeUndefined()
    await world.pass("1 minute")
    expect(world.find("nightly")).toBeUndefined()
  }))

test("INV-9: a dump that fails twice is tried a third time, in the same plan", () =>
  inWorld(backups, async (world) => {
    world.agents.script("dump", { failures: 2 })
    await world.create(nightly)
    await world.settle()
    const dumps = world.agents.at("http://orders.default:8700").all.filter(({ type }) => type === "dump")
    expect(dumps.map(({ run }) => run)).toEqual([3])
  }))

test("INV-4: a dump that its agent refuses is planned again, until it is taken", () =>
  inWorld(backups, async (world) => {
    world.agents.script("dump", { rejects: "the disk is full" })
    await world.create(nightly)
    await world.pass("1 minute")
    expect(world.find("nightly")?.status).toMatchObject({ phase: "Copying" })
    expect(world.find("nightly")?.status).not.toHaveProperty("copy")
    world.agents.script("dump", {})
    await world.settle()
    expect(world.find("nightly")?.status).toMatchObject({ phase: "Ready" })
  }))

test("a spec of another database is refused by admission", () =>
  inWorld(backups, async (world) => {
    await world.create(nightly)
    await expect(world.edit("nightly", { spec: { database: "users" } })).rejects.toThrow(/one database, in one bucket/u)
  }))
