/** The conformance suite of `TaskAgent`, run against this example's own implementation over HTTP, `src/Agent.ts`. */
import { TaskAgent } from "@portolan/planner"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { afterAll } from "vitest"
import * as Agent from "../src/Agent.ts"

const agents = InMemoryAgent.make()
agents.script("runs", { durationMs: Number.POSITIVE_INFINITY })
agents.script("completes", { durationMs: 0 })
agents.script("fails", { durationMs: 0, failures: 1 })
agents.script("refused", { rejects: "no such type" })

const scope = Scope.makeUnsafe()
const { url } = await Effect.runPromise(Scope.provide(AgentServer.make({ agents }), scope))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

Conformance.taskAgent("over HTTP", Agent.layer, {
  address: TaskAgent.AgentAddress.make(url),
  silent: TaskAgent.AgentAddress.make("http://127.0.0.1:1"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" }
})
