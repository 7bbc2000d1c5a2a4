/** What the sidecar is asked to do for the stored parameters of a task, in the names of its API. */
import { assert, describe, it } from "@effect/vitest"
import { type ObjectMeta, type Task, TaskPlan } from "@portolan/planner"
import * as Effect from "effect/Effect"
import type { Observation } from "../src/node/plan/Observation.ts"
import * as SidecarTasks from "../src/node/tasks/SidecarTasks.ts"

/** The submission for stored parameters, or the reason and message of its refusal. */
const submissionOf = (task: Task.RemoteTask<Observation>, params: ObjectMeta.JsonObject) =>
  task
    .submission({ type: "any", id: TaskPlan.TaskId.make("task"), status: "Pending", params })
    .pipe(Effect.catch(({ message, reason }) => Effect.succeed({ reason, message })))

describe("a submission to the sidecar", () => {
  const { configApply, configPatch, configureGenesis, configureStateSync, generateGentx, snapshotRestore } =
    SidecarTasks
  const stateSync = { UseLocalSnapshot: false, TrustPeriod: "", BackfillBlocks: 0 }
  const gentx = { ChainID: "pacific-1", StakingAmount: "1usei", AccountBalance: "2usei" }

  it.effect.each([
    ["restores at or below a height", snapshotRestore, { TargetHeight: 1 }, { targetHeight: 1 }],
    ["restores the newest snapshot, without a height", snapshotRestore, { TargetHeight: 0 }, undefined],
    [
      "names the syncers of the state-sync",
      configureStateSync,
      { UseLocalSnapshot: true, TrustPeriod: "9h", BackfillBlocks: 1, RpcServers: ["a:1", "b:2"] },
      { useLocalSnapshot: true, trustPeriod: "9h", backfillBlocks: 1, rpcServers: ["a:1", "b:2"] }
    ],
    ["has no field that the spec leaves out", configureStateSync, stateSync, undefined],
    ["has no empty list of syncers", configureStateSync, { ...stateSync, RpcServers: [] }, undefined],
    ["has no syncers that are null", configureStateSync, { ...stateSync, RpcServers: null }, undefined],
    [
      "verifies the hash of the genesis",
      configureGenesis,
      { ExpectedGenesisHash: "abc" },
      { expectedGenesisHash: "abc" }
    ],
    ["verifies no empty hash", configureGenesis, { ExpectedGenesisHash: "" }, undefined],
    ["verifies no absent hash", configureGenesis, {}, undefined],
    [
      "names the amounts of a genesis transaction",
      generateGentx,
      gentx,
      { chainId: "pacific-1", stakingAmount: "1usei", accountBalance: "2usei" }
    ],
    [
      "changes single keys of files",
      configPatch,
      { files: { "app.toml": { a: 1 } } },
      { files: { "app.toml": { a: 1 } } }
    ],
    [
      "writes whole files, unless it is incremental",
      configApply,
      { mode: "full" },
      { mode: "full", incremental: false, targetVersion: 0 }
    ],
    [
      "has the overrides of the spec",
      configApply,
      { mode: "full", incremental: true, targetVersion: 1, overrides: { "evm.http_port": "1" } },
      { mode: "full", incremental: true, targetVersion: 1, overrides: { "evm.http_port": "1" } }
    ]
  ] as const)("%s", ([, task, stored, params]) =>
    Effect.gen(function* () {
      const submission = yield* submissionOf(task, stored)
      assert.notProperty(submission, "reason")
      assert.deepStrictEqual("params" in submission ? submission.params : undefined, params)
      assert.strictEqual("params" in submission, params !== undefined)
    })
  )

  it.effect.each([
    ["of a mode that seid does not have", configApply, { mode: "light" }, /^.*mode: .*light/su],
    ["without a file to change", configPatch, { files: {} }, /files/u],
    ["of a genesis transaction without an amount", generateGentx, { ...gentx, StakingAmount: "" }, /StakingAmount/u]
  ] as const)("is refused %s, and the refusal names the field", ([, task, stored, message]) =>
    Effect.gen(function* () {
      const refused = yield* submissionOf(task, stored)
      assert.match("message" in refused ? refused.message : "", message)
    })
  )
})
