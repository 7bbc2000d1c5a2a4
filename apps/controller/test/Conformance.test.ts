/** The agent of a pod, over HTTP, keeps what every task agent promises; memory passes the same suite in the testkit. */
import { TaskAgent } from "@portolan/planner"
import { AgentServer, InMemoryAgent } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SidecarHttp from "../src/SidecarHttp.ts"
import * as Sidecars from "../src/Sidecars.ts"

const address = TaskAgent.AgentAddress.make("http://node-0-0.node-0.sei.svc.cluster.local:8443")

const sidecars = Effect.gen(function* () {
  const agents = InMemoryAgent.make({ listens: (asked) => asked === address })
  agents.script("runs", { durationMs: Number.POSITIVE_INFINITY })
  agents.script("completes", { durationMs: 0 })
  agents.script("fails", { durationMs: 0, failures: 1 })
  agents.script("refused", { rejects: "no" })
  const { url } = yield* AgentServer.make({ agents })
  return Sidecars.layer({ tokenFile: undefined, httpProxy: url, noProxy: undefined })
})

Conformance.taskAgent("a sidecar over HTTP", SidecarHttp.layer.pipe(Layer.provide(Layer.unwrap(sidecars))), {
  address,
  silent: TaskAgent.AgentAddress.make("http://node-9-0.node-9.sei.svc.cluster.local:8443"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" }
})
