/** Scenarios and seeded simulations of one SeiNode, for sweeps and for the simulator. */
import type { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import {
  Faults,
  type Scenario,
  type SeededRandom,
  type Simulator,
  Sometimes,
  type TestCluster
} from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "./Acts.ts"
import * as Boundaries from "./Boundaries.ts"
import * as Cases from "./Cases.ts"
import { asObject } from "./Json.ts"
import * as NodeController from "./NodeController.ts"
import * as RandomEdits from "./RandomEdits.ts"

/** Creates what the nodes of all cases refer to. */
export const references: ReadonlyArray<TestCluster.Act> = [...Cases.secrets(), Acts.pvc("mine"), Acts.pvc("theirs")]

const init = (cluster: TestCluster.TestCluster, { spec }: Cases.Case) =>
  Effect.andThen(Effect.forEach([...references, Acts.node(spec)], cluster.act), cluster.converge())

/** Creates the node of a case and lets it converge. */
export const initialization = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  reaches: Boundaries.INIT,
  controllerUnderTest: NodeController.controllerUnderTest(),
  script: (cluster) => init(cluster, each)
})

/** Creates the node of a case, gives it another image and deletes it. */
export const lifecycle = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  reaches: Boundaries.LIFECYCLE,
  controllerUnderTest: NodeController.controllerUnderTest(),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* init(cluster, each)
      yield* cluster.act(Acts.edit({ image: "sei:v2" }))
      yield* cluster.converge()
      yield* cluster.act(Acts.removeNode)
      yield* cluster.converge()
    })
})

/** Creation is rejected, and does nothing, while the node exists. */
const userActions = (random: SeededRandom.SeededRandom, { spec }: Cases.Case): TestCluster.Act =>
  random.pick<() => TestCluster.Act>([
    () => Acts.edit(RandomEdits.validEdit(random)),
    () => Acts.edit(RandomEdits.validEdit(random)),
    () => Acts.edit(RandomEdits.validEdit(random)),
    () => Acts.edit(RandomEdits.blockingEdit(random)),
    () => Acts.edit(RandomEdits.blockingEdit(random)),
    () => (random.below(2) === 0 ? Acts.removeNode : Acts.node(spec)),
    () =>
      Acts.remove(
        ...random.pick<[ObjectMeta.ObjectKind, string]>([
          [Identity.StatefulSet, Acts.NAME],
          [Identity.Service, Acts.NAME],
          [Identity.ConfigMap, `${Acts.NAME}-rbac-proxy-config`],
          [Identity.Job, `${Acts.NAME}-bootstrap`],
          [Identity.Pod, `${Acts.NAME}-0`]
        ])
      )
  ])()

/**
 * Only plans of updates have the task `config-patch`; they are built again when they fail. A schedule seldom gets that far, so
 * this fault is drawn more often than others.
 */
const taskFails = Faults.taskFailing("config-patch")
const faults = [...Faults.all, taskFails, taskFails, taskFails]

/** What some seed of every case reaches. */
const sometimes = [
  ...Sometimes.injected([...Faults.all, taskFails]),
  Sometimes.planCompleted,
  Sometimes.planFailed,
  Sometimes.planRebuilt,
  Sometimes.planSuperseded,
  Sometimes.deletedMidPlan
]

/** The node of a case under random edits, deletions, lost objects, evictions and faults. */
export const chaos = (each: Cases.Case): Simulator.Simulation => ({
  name: each.name,
  controllerUnderTest: NodeController.controllerUnderTest({
    kubelet: { pulls: (image) => image !== RandomEdits.WRONG_IMAGE }
  }),
  setup: [...references, Acts.node(each.spec)],
  userActions: (random) => userActions(random, each),
  faults,
  maxActions: 50,
  sometimes,
  sometimesAfter: 200,
  quiescence: [Acts.edit({ image: "sei:v3", paused: false, overrides: { bad: null } })],
  violations: (cluster) => {
    const node = cluster.find(Acts.NAME)
    if (node === undefined) return []
    const { phase, plan } = asObject(node.status)
    // One eviction fails a bootstrap Job, and with it the node for good, as specified.
    const mayFail = each.steps.includes("deploy-bootstrap-job") && phase === "Failed"
    return mayFail || (phase === "Running" && plan === undefined) ? [] : [`the node ended ${String(phase)}`]
  }
})
