import { expectBudget, inWorld } from "@portolan/testkit/plain"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a backup costs nine requests and two submissions", () =>
  inWorld(backups, async (world) => {
    await world.create(nightly)
    await world.settle()
    expectBudget(await world.calls(), { requests: 9, patchStatus: 5, submit: 2, bytes: 8_000 })
  }))

test("a request too many is said with its turn", () =>
  inWorld(backups, async (world) => {
    await world.create(nightly)
    await world.settle()
    const calls = await world.calls()
    expect(() => expectBudget(calls, { apply: 1 })).toThrow(/^apply: 2 of 1; passed by apply ConfigMap .* in turn \d/u)
  }))
