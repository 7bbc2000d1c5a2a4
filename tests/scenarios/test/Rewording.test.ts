/** No decision reads a message: a controller whose every text is another one behaves in the same way. */
import { assert, describe, it } from "@effect/vitest"
import { Condition, ObjectMeta, TaskPlan } from "@portolan/planner"
import { SeiNode } from "@portolan/sei"
import { Scenario, type TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "../harness/Cases.ts"
import * as NodeScenarios from "../harness/NodeScenarios.ts"
import { reword } from "../harness/Rewording.ts"

const CASES = ["a full node from genesis", "a validator with its keys", "a full node on an imported volume"]

const scenarios = (options: Parameters<typeof NodeScenarios.othersWith>[0]) => [
  ...CASES.flatMap((name) => NodeScenarios.lifecycleWith(Cases.named(name), options)),
  ...NodeScenarios.othersWith(options)
]

/** Phase, plan and conditions of every node, without texts. */
const finalState = ({ list }: TestCluster.TestCluster) =>
  list(SeiNode.resource).map((object) => {
    const status = ObjectMeta.statusOf(object)
    return {
      phase: status.phase,
      plan: TaskPlan.decode(status.plan)?.tasks.map(({ status, type }) => `${type} ${status}`),
      conditions: Condition.all(status).map(({ reason, status, type }) => `${type} ${status} ${reason}`)
    }
  })

const behaviour = (scenario: Scenario.Scenario) =>
  Effect.map(Scenario.run({ ...scenario, finalState }, []), ({ calls, finalState: end, findings }) => ({
    calls: calls.map(Scenario.describeCall),
    end,
    findings
  }))

describe("a controller whose every message is reworded", () => {
  const reworded = scenarios({ change: reword })
  for (const [index, scenario] of scenarios({}).entries()) {
    it.effect(`makes the same calls and ends in the same state: ${scenario.name}`, () =>
      Effect.gen(function* () {
        const [usual, other] = [yield* behaviour(scenario), yield* behaviour(reworded[index] ?? scenario)]
        assert.deepStrictEqual(usual.findings, [])
        assert.deepStrictEqual(other, usual)
      })
    )
  }
})
