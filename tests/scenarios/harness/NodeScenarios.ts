/** Every scenario of a node that the crash sweep runs. What a scenario needs beforehand is prepared without faults. */
import { Condition } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import type { Scenario, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "./Acts.ts"
import * as Boundaries from "./Boundaries.ts"
import * as Cases from "./Cases.ts"
import { asObject } from "./Json.ts"
import * as NodeController from "./NodeController.ts"
import * as NodeSimulations from "./NodeSimulations.ts"
import { WRONG_IMAGE } from "./RandomEdits.ts"

interface NodeScenario {
  readonly name: string
  readonly before: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  /** The request of a user with which the scenario begins. */
  readonly begin: TestCluster.Act
  readonly reaches: ReadonlyArray<string>
}

const nothing = () => Effect.void

/** Sends a request and lets time pass until something holds. */
const until = (act: TestCluster.Act, holds: (cluster: TestCluster.TestCluster) => boolean) =>
  Effect.fnUntraced(function* (cluster: TestCluster.TestCluster) {
    yield* cluster.act(act)
    for (let round = 0; round < 1_000 && !holds(cluster); round++) yield* cluster.advance("100 millis")
  })

const converged = (each: Cases.Case) => (cluster: TestCluster.TestCluster) =>
  Effect.andThen(cluster.act(Acts.node(each.spec)), cluster.converge())

const pod = (cluster: TestCluster.TestCluster) => cluster.find(`${Acts.NAME}-0`, Identity.Pod)
const isStuck = (cluster: TestCluster.TestCluster) =>
  JSON.stringify(pod(cluster)?.status ?? null).includes("ImagePullBackOff")
const hasStarted = (cluster: TestCluster.TestCluster) =>
  (pod(cluster) ?? cluster.find(`${Acts.NAME}-bootstrap`, Identity.Job)) !== undefined

const update = Acts.edit({ image: "sei:v2" })
const mistake = Acts.edit({ image: WRONG_IMAGE })

const initOf = ({ steps }: Cases.Case) =>
  steps.includes("deploy-bootstrap-job") ? [...Boundaries.INIT, ...Boundaries.BOOTSTRAP] : Boundaries.INIT

/** Creates the node of a case, updates it, corrects a wrong update, and deletes it. */
const lifecycle = (each: Cases.Case): ReadonlyArray<NodeScenario> => [
  { name: `${each.name}: init`, before: nothing, begin: Acts.node(each.spec), reaches: initOf(each) },
  { name: `${each.name}: update`, before: converged(each), begin: update, reaches: Boundaries.UPDATE },
  {
    name: `${each.name}: an update that supersedes another`,
    before: (cluster) => Effect.andThen(converged(each)(cluster), until(mistake, isStuck)(cluster)),
    begin: update,
    reaches: Boundaries.SUPERSEDED
  },
  {
    name: `${each.name}: deletion in the middle of init`,
    before: until(Acts.node(each.spec), hasStarted),
    begin: Acts.removeNode,
    reaches: Boundaries.INTERRUPTED
  },
  {
    name: `${each.name}: deletion`,
    before: converged(each),
    begin: Acts.removeNode,
    reaches: Boundaries.DELETION
  }
]

const genesis = converged(Cases.named("a full node from genesis"))

const others: ReadonlyArray<NodeScenario> = [
  { name: "pause", before: genesis, begin: Acts.edit({ paused: true }), reaches: Boundaries.PAUSE },
  {
    name: "a lost StatefulSet",
    before: genesis,
    begin: Acts.remove(Identity.StatefulSet, Acts.NAME),
    reaches: Boundaries.RESTORE
  },
  {
    name: "an init that supersedes another",
    before: until(Acts.node({ fullNode: {}, image: WRONG_IMAGE }), isStuck),
    begin: update,
    reaches: Boundaries.SUPERSEDED
  },
  {
    name: "a failed precondition that is corrected",
    before: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.act(Acts.editSecret("node-key", { "node_key.json": null, other: "eA==" }))
        yield* cluster.act(Acts.node(Cases.named("a seed").spec))
        yield* cluster.converge()
      }),
    begin: Acts.editSecret("node-key", Cases.NODE_KEY),
    reaches: Boundaries.PLAN
  }
]

/** The end of a run, without what differs between equal runs. */
const finalState = (cluster: TestCluster.TestCluster) => {
  const status = asObject(cluster.find(Acts.NAME)?.status)
  const { currentImage, currentSidecarImage, endpoint, phase, plan } = status
  return {
    node: { phase, plan, currentImage, currentSidecarImage, endpoint },
    conditions: Condition.all(status)
      .map(({ reason, status, type }) => `${type} ${status} ${reason}`)
      .sort(),
    replicas: asObject(cluster.find(Acts.NAME, Identity.StatefulSet)?.spec).replicas,
    claim: cluster.find(`data-${Acts.NAME}`, Identity.PersistentVolumeClaim) !== undefined,
    pod: pod(cluster)?.spec
  }
}

const prepare = (cluster: TestCluster.TestCluster, before: NodeScenario["before"]) =>
  cluster.withoutFaults(
    Effect.andThen(
      Effect.forEach(NodeSimulations.references, cluster.act),
      Effect.suspend(() => before(cluster))
    )
  )

const scenarioOf = (
  { before, begin, name, reaches }: NodeScenario,
  options: NodeController.Options = {}
): Scenario.Scenario => ({
  name,
  reaches,
  controllerUnderTest: NodeController.controllerUnderTest({
    kubelet: { pulls: (image) => image !== WRONG_IMAGE },
    ...options
  }),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* prepare(cluster, before)
      yield* cluster.act(begin)
      yield* cluster.converge()
    }),
  finalState
})

/** The second of two nodes with one signing key waits for the first, and starts when the first is deleted (INV-15). */
const oneKey: Scenario.Scenario = {
  ...scenarioOf({
    name: "two validators with one key",
    before: nothing,
    begin: Acts.node({ validator: Cases.KEYS }),
    reaches: [...Boundaries.INIT, ...Boundaries.DELETION]
  }),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* prepare(cluster, nothing)
      yield* cluster.act(Acts.node({ validator: Cases.KEYS }))
      yield* cluster.act(Acts.node({ validator: Cases.KEYS }, { name: Acts.OTHER }))
      yield* cluster.advance("1 minute")
      yield* cluster.act(Acts.removeNode)
      yield* cluster.converge()
    }),
  finalState: (cluster) => asObject(cluster.find(Acts.OTHER)?.status).phase
}

/** Every scenario of every mode and source of state. */
export const all: ReadonlyArray<Scenario.Scenario> = [
  ...[...Cases.cases.flatMap(lifecycle), ...others].map((scenario) => scenarioOf(scenario)),
  oneKey
]

/** The scenarios that belong to no mode, with a controller that differs from the usual one. */
export const othersWith = (options: NodeController.Options): ReadonlyArray<Scenario.Scenario> =>
  others.map((scenario) => scenarioOf(scenario, options))

/** The lifecycle of a case, with a controller that differs from the usual one. */
export const lifecycleWith = (each: Cases.Case, options: NodeController.Options): ReadonlyArray<Scenario.Scenario> =>
  lifecycle(each).map((scenario) => scenarioOf(scenario, options))
