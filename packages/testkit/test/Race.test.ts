import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import { Race } from "../src/index.ts"
import * as Widgets from "./toy/Widgets.ts"

const key = ObjectMeta.key(Widgets.kind, "default", "w")
const turn = (player: Race.Player) => player.turn(key)
const made: Pick<Race.Race, "subject" | "before"> = {
  subject: Widgets.widgets,
  before: (world) => Effect.andThen(world.create({ metadata: { name: "w" }, spec: { size: 1 } }), world.turns(1))
}

describe("a race", () => {
  it.effect("INV-3: of two workers' turns on one object runs in every order, and one of them loses", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({
        ...made,
        name: "two workers",
        left: turn,
        right: turn,
        wrong: ({ ledger }) =>
          Effect.map(ledger.calls, (calls) => {
            const writes = calls.filter(({ turn, verb }) => verb === "patchStatus" && turn?.seen === "8")
            return writes.filter(({ result }) => result === "ok").length > 1 ? ["both wrote"] : []
          })
      })
      assert.deepStrictEqual(Race.sentences(report), [])
      console.log(report.orders.length, report.isSample)
    })
  )
  it.effect("of two leaders, each of whom believes to be the only one", () =>
    Effect.gen(function* () {
      const turns = (player: Race.Player) => Effect.repeat(turn(player), { times: 2 })
      const report = yield* Race.run({ ...made, name: "two leaders", left: turns, right: turns, limit: 200 })
      console.log(report.orders.length, report.isSample)
      assert.deepStrictEqual(Race.sentences(report), [])
    })
  )
  it.effect("of a turn and a user who edits and deletes meanwhile", () =>
    Effect.gen(function* () {
      const report = yield* Race.run({
        ...made,
        name: "an edit",
        left: turn,
        right: ({ act }) =>
          Effect.andThen(
            act({ does: "merge", kind: Widgets.kind, name: "w", body: { spec: { size: 2 } } }),
            act({ does: "delete", kind: Widgets.kind, name: "w" })
          )
      })
      console.log(report.orders.length, report.isSample)
      assert.deepStrictEqual(Race.sentences(report), [])
    })
  )
})
