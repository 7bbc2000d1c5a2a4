/** What happens to nodes, one scenario each. What stands before it happens comes about undisturbed. */
import { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import type { Scenario, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "./Cases.ts"
import * as Edits from "./Edits.ts"
import { asObject } from "./NodeCluster.ts"
import * as Nodes from "./Nodes.ts"

interface NodeScenario {
  readonly name: string
  readonly before: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown, unknown>
  /** What somebody does then. */
  readonly begin: TestCluster.Act
}

const nothing = () => Effect.void

/** After an act, time passes until something holds. */
const until = (act: TestCluster.Act, holds: (cluster: TestCluster.TestCluster) => boolean) =>
  Effect.fnUntraced(function* (cluster: TestCluster.TestCluster) {
    yield* cluster.act(act)
    for (let moments = 0; moments < 1_000 && !holds(cluster); moments++) yield* cluster.advance("100 millis")
  })

const converged = (each: Cases.Case) => (cluster: TestCluster.TestCluster) =>
  Effect.andThen(cluster.act(Nodes.node(each.spec)), cluster.converge())

const pod = (cluster: TestCluster.TestCluster) => cluster.find(`${Nodes.NAME}-0`, Identity.Pod)
const isStuck = (cluster: TestCluster.TestCluster) =>
  JSON.stringify(pod(cluster)?.status ?? null).includes("ImagePullBackOff")
const runs = (cluster: TestCluster.TestCluster) =>
  (pod(cluster) ?? cluster.find(`${Nodes.NAME}-bootstrap`, Identity.Job)) !== undefined

const update = Nodes.edit({ image: "sei:v2" })
const mistake = Nodes.edit({ image: Edits.WRONG })

/** The life of a case: made, updated, stopped half-way, corrected. */
const lifecycle = (each: Cases.Case): ReadonlyArray<NodeScenario> => [
  { name: `${each.name}: init`, before: nothing, begin: Nodes.node(each.spec) },
  { name: `${each.name}: update`, before: converged(each), begin: update },
  {
    name: `${each.name}: an update that supersedes another`,
    before: (cluster) => Effect.andThen(converged(each)(cluster), until(mistake, isStuck)(cluster)),
    begin: update
  },
  {
    name: `${each.name}: deletion in the middle of init`,
    before: until(Nodes.node(each.spec), runs),
    begin: Nodes.removal
  },
  { name: `${each.name}: deletion`, before: converged(each), begin: Nodes.removal }
]

const genesis = converged(Cases.named("a full node from genesis"))
const key = (data: ObjectMeta.JsonObject): TestCluster.Act => ({
  verb: "merge",
  kind: Identity.Secret,
  name: "node-key",
  body: { data }
})

const others: ReadonlyArray<NodeScenario> = [
  { name: "pause", before: genesis, begin: Nodes.edit({ paused: true }) },
  {
    name: "a lost StatefulSet",
    before: genesis,
    begin: Nodes.loss(Identity.StatefulSet, Nodes.NAME)
  },
  {
    name: "an init that supersedes another",
    before: until(Nodes.node({ fullNode: {}, image: Edits.WRONG }), isStuck),
    begin: update
  },
  {
    name: "a failed gate that is mended",
    before: (cluster) =>
      Effect.gen(function* () {
        yield* cluster.act(key({ "node_key.json": null, other: "eA==" }))
        yield* cluster.act(Nodes.node(Cases.named("a seed").spec))
        yield* cluster.converge()
      }),
    begin: key(Cases.NODE_KEY)
  }
]

/** How everything stands, without what differs between equal runs. */
const finalState = (cluster: TestCluster.TestCluster) => {
  const status = asObject(cluster.find(Nodes.NAME)?.status)
  const { conditions, currentImage, currentSidecarImage, endpoint, phase, plan } = status
  return {
    node: { phase, plan, currentImage, currentSidecarImage, endpoint },
    conditions: (Array.isArray(conditions) ? conditions : [])
      .filter(ObjectMeta.isJsonObject)
      .map(({ reason, status, type }) => `${type} ${status} ${reason}`)
      .sort(),
    replicas: asObject(cluster.find(Nodes.NAME, Identity.StatefulSet)?.spec).replicas,
    claim: cluster.find(`data-${Nodes.NAME}`, Identity.PersistentVolumeClaim) !== undefined,
    pod: pod(cluster)?.spec
  }
}

const scenarioOf = ({ before, begin, name }: NodeScenario): Scenario.Scenario => ({
  name,
  controllerUnderTest: Nodes.controllerUnderTest({ pulls: (image) => image !== Edits.WRONG }),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* cluster.withoutFaults(Effect.andThen(Nodes.surroundings(cluster), before(cluster)))
      yield* cluster.act(begin)
      yield* cluster.converge()
    }),
  finalState
})

/** One key and two nodes that name it: the other one waits for it, and follows when the first one is gone (INV-15). */
const oneKey: Scenario.Scenario = {
  ...scenarioOf({ name: "two validators with one key", before: nothing, begin: Nodes.node({ validator: Cases.KEYS }) }),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* cluster.withoutFaults(Nodes.surroundings(cluster))
      yield* cluster.act(Nodes.node({ validator: Cases.KEYS }))
      yield* cluster.act(Nodes.node({ validator: Cases.KEYS }, Nodes.OTHER))
      yield* cluster.advance("1 minute")
      yield* cluster.act(Nodes.removal)
      yield* cluster.converge()
    }),
  finalState: (cluster) => asObject(cluster.find(Nodes.OTHER)?.status).phase
}

/** Every journey of every mode and source. */
export const all: ReadonlyArray<Scenario.Scenario> = [
  ...[...Cases.cases.flatMap(lifecycle), ...others].map(scenarioOf),
  oneKey
]
