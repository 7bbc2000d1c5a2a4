import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AgentServer, InMemoryAgent } from "../src/index.ts"

describe("AgentServer", () => {
  it.live("serves the node id of each agent, and responds 500 while an agent has none", () =>
    Effect.gen(function* () {
      const agents = InMemoryAgent.make()
      const { url } = yield* AgentServer.make({ agents })
      const getNodeId = Effect.promise(async () => {
        const response = await fetch(`${url}/v0/node-id`)
        return { status: response.status, body: await response.json() }
      })
      const agent = agents.at(url)

      const { body, status } = yield* getNodeId
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body, { nodeId: agent.nodeId })
      assert.match(agent.nodeId ?? "", /^[0-9a-f]{40}$/u)
      assert.notStrictEqual(agents.at("http://another").nodeId, agent.nodeId)

      agent.nodeId = undefined
      assert.deepStrictEqual(yield* getNodeId, { status: 500, body: { error: "no node id yet" } })
    }).pipe(Effect.scoped)
  )
})
