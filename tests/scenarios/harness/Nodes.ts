/** SeiNodes as the instruments of the testkit want them: a subject, scenarios and weather. */
import { CustomKind, type ObjectMeta, Reconcile } from "@portolan/planner"
import { Identity, NodeReconciler, SamplePlatform, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as InMemoryFinders from "@portolan/sei/testing/InMemoryFinders"
import type {
  ClusterControllers,
  ControllerUnderTest,
  Scenario,
  SeededRandom,
  Simulator,
  TestCluster
} from "@portolan/testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "./Cases.ts"
import * as Edits from "./Edits.ts"
import { asObject } from "./NodeCluster.ts"
import * as Cluster from "./Surroundings.ts"

type Json = ObjectMeta.JsonObject

export const NAME = "node-0"
export const OTHER = "node-1"

/** The controller of SeiNodes in a cluster with a sidecar in every pod. */
export const controllerUnderTest = (kubelet: ClusterControllers.Options): ControllerUnderTest.ControllerUnderTest => ({
  kind: SeiNode.resource,
  definitions: [CustomKind.manifest(SeiNode.kind)],
  namespace: Cluster.NAMESPACE,
  intents: ["Paused"],
  mayStop: ({ spec }) => asObject(spec).paused === true,
  harness: ({ agents, server }) => {
    for (const name of [NAME, OTHER]) agents.setReachable(Cluster.sidecarOf(name), false)
    const { disksHeldTwice, keysHeldTwice, rest } = Cluster.make(server, agents, kubelet)
    return {
      clusterControllers: rest,
      violations: () => [...keysHeldTwice().map((each) => `INV-15: ${each}`), ...disksHeldTwice()],
      start: Effect.gen(function* () {
        const finders = yield* Layer.build(InMemoryFinders.layer)
        Context.get(finders, InMemoryFinders.InMemoryFinders).syncers.set(Cases.CHAIN, Cases.SYNCERS)
        const reconcile = yield* Reconcile.make(NodeReconciler.make(SamplePlatform.sample))
        return (key: ObjectMeta.ObjectKey) => Effect.provideContext(reconcile(key), finders)
      }).pipe(Effect.scoped)
    }
  }
})

const create = (kind: ObjectMeta.ObjectKind, name: string, body: Json): TestCluster.Act => ({
  verb: "create",
  kind,
  body: { ...body, metadata: { name } }
})

const claim = (name: string): TestCluster.Act =>
  create(Identity.PersistentVolumeClaim, name, {
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "2000Gi" } },
      storageClassName: "gp3"
    }
  })

/** What nodes of any case need around them. */
const around: ReadonlyArray<TestCluster.Act> = [
  ...Object.entries(Edits.SECRETS).map(([name, data]) => create(Identity.Secret, name, { data })),
  claim("mine"),
  claim("theirs")
]

export const node = (spec: Json, name = NAME): TestCluster.Act => ({
  verb: "create",
  kind: SeiNode.resource,
  body: Fixtures.manifest(spec, { name })
})

export const edit = (spec: Json): TestCluster.Act => ({
  verb: "merge",
  kind: SeiNode.resource,
  name: NAME,
  body: { spec }
})

export const loss = (kind: ObjectMeta.ObjectKind, name: string): TestCluster.Act => ({ verb: "delete", kind, name })

export const removal: TestCluster.Act = loss(SeiNode.resource, NAME)

export const surroundings = (cluster: TestCluster.TestCluster) => Effect.forEach(around, cluster.act)

/** A node of a case from nothing to settled. */
export const beginning = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  controllerUnderTest: controllerUnderTest({}),
  script: (cluster) => Effect.andThen(Effect.forEach([...around, node(each.spec)], cluster.act), cluster.converge())
})

/** The same, then to another image, and away. */
export const lifecycle = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  controllerUnderTest: controllerUnderTest({}),
  script: (cluster) =>
    Effect.gen(function* () {
      yield* Effect.forEach([...around, node(each.spec)], cluster.act)
      yield* cluster.converge()
      yield* cluster.act(edit({ image: "sei:v2" }))
      yield* cluster.converge()
      yield* cluster.remove(NAME)
      yield* cluster.converge()
    })
})

const userActions = (random: SeededRandom.SeededRandom): TestCluster.Act => {
  return random.pick<() => TestCluster.Act>([
    () => edit(Edits.standing(random)),
    () => edit(Edits.standing(random)),
    () => edit(Edits.passing(random)),
    () =>
      loss(
        ...random.pick<[ObjectMeta.ObjectKind, string]>([
          [Identity.StatefulSet, NAME],
          [Identity.Service, NAME],
          [Identity.ConfigMap, `${NAME}-rbac-proxy-config`],
          [Identity.Job, `${NAME}-bootstrap`],
          [Identity.Pod, `${NAME}-0`]
        ])
      )
  ])()
}

/** A node of a case, and everything that may happen to it. */
export const chaos = (each: Cases.Case): Simulator.Simulation => ({
  name: each.name,
  controllerUnderTest: controllerUnderTest({ pulls: (image) => image !== Edits.WRONG }),
  setup: [...around, node(each.spec)],
  userActions,
  quiescence: [edit({ image: "sei:v3", paused: false, overrides: { bad: null } })],
  violations: (cluster) => {
    const { phase, plan } = asObject(cluster.find(NAME)?.status)
    // One eviction fails a bootstrap Job, and with it the node, for good: so it is specified.
    const mayFail = each.steps.includes("deploy-bootstrap-job") && phase === "Failed"
    return mayFail || (phase === "Running" && plan === undefined) ? [] : [`the node ended ${String(phase)}`]
  }
})
