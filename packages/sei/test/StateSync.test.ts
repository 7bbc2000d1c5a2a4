import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as StateSync from "../src/node/plan/StateSync.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

const spec = () => Fixtures.node({ spec: { fullNode: { snapshot: { stateSync: {} } } } }).spec

const judged = (...entries: ReadonlyArray<string>) => StateSync.check(spec(), Result.succeed(entries))

describe("state syncers", () => {
  it("are split at commas and white space, sorted, and counted once", () => {
    const gate = judged("c:1,b:2", "  a:3\tb:2\r\n", "")
    assert.deepStrictEqual(gate, { _tag: "Ready", syncers: ["a:3", "b:2", "c:1"], from: "registry" })
  })

  it("of the spec that are the same twice do not count, and the registry is asked (scenario 36)", () => {
    const twice = { fullNode: { snapshot: { stateSync: {}, rpcServers: ["a:1", "a:1"] } } }
    const past = { ...spec(), ...twice }
    assert.isUndefined(StateSync.declaredSyncers(past))
    const gate = StateSync.check(past, Result.succeed(["x:1", "y:1"]))
    assert.deepStrictEqual(gate, { _tag: "Ready", syncers: ["x:1", "y:1"], from: "registry" })
  })

  it("of the spec are taken as they are, a comma in one included (scenario 35)", () => {
    const odd = { ...spec(), fullNode: { snapshot: { stateSync: {}, rpcServers: ["b:1,c:1", "a:1"] } } }
    assert.deepStrictEqual(StateSync.declaredSyncers(odd), ["a:1", "b:1,c:1"])
  })

  it("that are too few are told with their number, the chain and the floor (scenario 31)", () => {
    const { message } = StateSync.condition(judged("a:1"), spec())
    assert.match(message, /2 .*pacific-1.* 1 /u)
  })
})
