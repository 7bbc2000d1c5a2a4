/** The implementations in memory pass the conformance suites. */

import { assert, it } from "@effect/vitest"
import { checkCrd } from "@portolan/cluster-emulator/apiserver/schema/CustomResource"
import { TaskAgent } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Conformance from "../src/conformance/Conformance.ts"
import { InMemoryAgent, InMemoryKubernetes, LaggingCache } from "../src/index.ts"

const cluster = InMemoryKubernetes.layerWith({ definitions: [Conformance.widgetDefinition], namespaces: ["sei"] })

it("the definition of the widget is valid", () => {
  assert.deepStrictEqual(checkCrd(Conformance.widgetDefinition), [])
})

const lagging = (prepare: (cache: LaggingCache.LaggingCache) => void) =>
  Layer.unwrap(
    Effect.map(InMemoryKubernetes.InMemoryKubernetes, ({ server }) => {
      const cache = LaggingCache.make(server, Conformance.watched)
      prepare(cache)
      return cache.layer
    })
  ).pipe(Layer.provide(cluster))

Conformance.kubernetesApi("in memory", cluster, { namespace: "sei" })
Conformance.objectCache(
  "a LaggingCache that is up to date",
  lagging(() => {}),
  { namespace: "sei" }
)
Conformance.objectCache(
  "a frozen LaggingCache",
  lagging((cache) => cache.freeze()),
  { namespace: "sei" }
)
Conformance.eventRecorder("in memory", cluster, { namespace: "sei" })

const agents = InMemoryAgent.layerWith({ listens: (address) => address === "http://agent" })
const scripts = Effect.map(InMemoryAgent.InMemoryAgent, ({ script }) => {
  script("runs", { durationMs: Number.POSITIVE_INFINITY })
  script("completes", { durationMs: 0 })
  script("fails", { durationMs: 0, failures: 1 })
  script("refused", { rejects: "no" })
  script("mark-ready", { durationMs: 0 })
})

Conformance.taskAgent("in memory", agents, {
  address: TaskAgent.AgentAddress.make("http://agent"),
  silent: TaskAgent.AgentAddress.make("http://nobody"),
  types: { runs: "runs", completes: "completes", fails: "fails", refused: "refused", ready: "mark-ready" },
  setup: scripts
})
