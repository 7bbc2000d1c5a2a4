import { expectBudget, withCluster } from "@portolan/testkit/async"
import { expect, test } from "vitest"
import { backups, nightly } from "./backups.ts"

test("a backup costs eleven requests and two submissions", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
    expectBudget(await cluster.calls(), { requests: 11, patchStatus: 5, submit: 2, bytes: 8_000 })
  }))

test("a request over the budget is reported with its reconcile pass", () =>
  withCluster(backups, async (cluster) => {
    await cluster.create(nightly)
    await cluster.converge()
    const calls = await cluster.calls()
    expect(() => expectBudget(calls, { apply: 1 })).toThrow(
      /^apply: 2 of 1; exceeded by apply ConfigMap .* in pass \d/u
    )
  }))
