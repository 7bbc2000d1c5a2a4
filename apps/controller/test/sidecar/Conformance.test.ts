/** The sidecar over HTTP passes the conformance suite of `TaskAgent`; the in-memory agent passes it in testkit. */
import { TaskAgent } from "@portolan/planner"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SidecarAgent from "../../src/sidecar/SidecarAgent.ts"
import * as SidecarClient from "../../src/sidecar/SidecarClient.ts"

const address = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")

const client = Effect.gen(function* () {
  const agents = InMemoryAgent.make({ listens: (requested) => requested === address })
  agents.script("runs", { durationMs: Number.POSITIVE_INFINITY })
  agents.script("completes", { durationMs: 0 })
  agents.script("fails", { durationMs: 0, failures: 1 })
  agents.script("refused", { rejects: "no" })
  const { url } = yield* AgentServer.make({ agents })
  return SidecarClient.layer({ tokenFile: undefined, httpProxy: url, noProxy: undefined })
})

Conformance.taskAgent("a sidecar over HTTP", SidecarAgent.layer.pipe(Layer.provide(Layer.unwrap(client))), {
  address,
  silent: TaskAgent.AgentAddress.make("http://node-9-0.node-9.sei.svc.cluster.local:8443"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" }
})
