import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as StateSync from "../src/node/plan/StateSync.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const spec = () => Fixtures.node({ spec: { fullNode: { snapshot: { stateSync: {} } } } }).spec

const checked = (...entries: ReadonlyArray<string>) => StateSync.check(spec(), Result.succeed(entries))

describe("state syncers", () => {
  it("of the registry are split at commas and white space, sorted, and deduplicated", () => {
    const stateSync = checked("c:1,b:2", "  a:3\tb:2\r\n", "")
    assert.deepStrictEqual(stateSync, { _tag: "Ready", syncers: ["a:3", "b:2", "c:1"], from: "registry" })
  })

  it("of the spec that are duplicates do not count, and the registry is read (scenario 36)", () => {
    const twice = { fullNode: { snapshot: { stateSync: {}, rpcServers: ["a:1", "a:1"] } } }
    const duplicates = { ...spec(), ...twice }
    assert.isUndefined(StateSync.declaredSyncers(duplicates))
    const stateSync = StateSync.check(duplicates, Result.succeed(["x:1", "y:1"]))
    assert.deepStrictEqual(stateSync, { _tag: "Ready", syncers: ["x:1", "y:1"], from: "registry" })
  })

  it("of the spec are not split at commas (scenario 35)", () => {
    const withComma = { ...spec(), fullNode: { snapshot: { stateSync: {}, rpcServers: ["b:1,c:1", "a:1"] } } }
    assert.deepStrictEqual(StateSync.declaredSyncers(withComma), ["a:1", "b:1,c:1"])
  })

  it("that are too few are reported with their number, the chain and the minimum (scenario 31)", () => {
    const { message } = StateSync.condition(checked("a:1"), spec())
    assert.match(message, /2 .*pacific-1.* 1 /u)
  })

  it.each([
    [{ _tag: "NotApplicable" }, "False", "the node has no snapshot source and syncs from genesis"],
    [{ _tag: "Ready", syncers: ["a", "b"], from: "spec" }, "True", "2 witnesses declared on spec"],
    [{ _tag: "Ready", syncers: ["a", "b"], from: "registry" }, "True", "2 canonical syncers configured for pacific-1"],
    [
      { _tag: "SyncerSourceError", error: "no file" },
      "Unknown",
      "failed to read the registry of state syncers: no file"
    ]
  ] as const)("have the condition StateSyncReady: %j", (stateSync, status, message) => {
    assert.deepStrictEqual(StateSync.condition(stateSync, spec()), {
      type: "StateSyncReady",
      status,
      reason: stateSync._tag,
      message
    })
  })

  it("are not declared by a spec without a snapshot source", () => {
    assert.isUndefined(StateSync.declaredSyncers(Fixtures.node().spec))
  })
})
