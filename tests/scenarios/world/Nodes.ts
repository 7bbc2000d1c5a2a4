/** SeiNodes as the instruments of the testkit want them: a subject, scenarios and weather. */
import { CustomKind, type ObjectMeta, Protocol } from "@portolan/planner"
import { Identity, NodeReconciler, SamplePlatform, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as InMemoryFinders from "@portolan/sei/testing/InMemoryFinders"
import type { Actors, Dice, Scenario, Simulator, Subject, World } from "@portolan/testkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Cases from "./Cases.ts"
import * as Cluster from "./Cluster.ts"
import * as Edits from "./Edits.ts"
import { asObject } from "./World.ts"

type Json = ObjectMeta.JsonObject

export const NAME = "node-0"
export const OTHER = "node-1"

/** The controller of SeiNodes in a cluster with a sidecar in every pod. */
export const subject = (kubelet: Actors.Options): Subject.Subject => ({
  kind: SeiNode.resource,
  definitions: [CustomKind.manifest(SeiNode.kind)],
  namespace: Cluster.NAMESPACE,
  intents: ["Paused"],
  mayRest: ({ spec }) => asObject(spec).paused === true,
  cast: ({ agents, server }) => {
    for (const name of [NAME, OTHER]) agents.setReachable(Cluster.sidecarOf(name), false)
    const { disksHeldTwice, keysHeldTwice, rest } = Cluster.make(server, agents, kubelet)
    return {
      rest,
      faults: () => [...keysHeldTwice().map((each) => `INV-15: ${each}`), ...disksHeldTwice()],
      boot: Effect.gen(function* () {
        const finders = yield* Layer.build(InMemoryFinders.layer)
        Context.get(finders, InMemoryFinders.InMemoryFinders).syncers.set(Cases.CHAIN, Cases.SYNCERS)
        const turn = yield* Protocol.make(NodeReconciler.make(SamplePlatform.sample))
        return (key: ObjectMeta.ObjectKey) => Effect.provideContext(turn(key), finders)
      }).pipe(Effect.scoped)
    }
  }
})

const create = (kind: ObjectMeta.ObjectKind, name: string, body: Json): World.Act => ({
  does: "create",
  kind,
  body: { ...body, metadata: { name } }
})

const claim = (name: string): World.Act =>
  create(Identity.PersistentVolumeClaim, name, {
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "2000Gi" } },
      storageClassName: "gp3"
    }
  })

/** What nodes of any case need around them. */
const around: ReadonlyArray<World.Act> = [
  ...Object.entries(Edits.SECRETS).map(([name, data]) => create(Identity.Secret, name, { data })),
  claim("mine"),
  claim("theirs")
]

export const node = (spec: Json, name = NAME): World.Act => ({
  does: "create",
  kind: SeiNode.resource,
  body: Fixtures.manifest(spec, { name })
})

export const edit = (spec: Json): World.Act => ({ does: "merge", kind: SeiNode.resource, name: NAME, body: { spec } })

export const loss = (kind: ObjectMeta.ObjectKind, name: string): World.Act => ({ does: "delete", kind, name })

export const removal: World.Act = loss(SeiNode.resource, NAME)

export const surroundings = (world: World.World) => Effect.forEach(around, world.act)

/** A node of a case from nothing to settled. */
export const beginning = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  subject: subject({}),
  script: (world) => Effect.andThen(Effect.forEach([...around, node(each.spec)], world.act), world.settle())
})

/** The same, then to another image, and away. */
export const life = (each: Cases.Case): Scenario.Scenario => ({
  name: each.name,
  subject: subject({}),
  script: (world) =>
    Effect.gen(function* () {
      yield* Effect.forEach([...around, node(each.spec)], world.act)
      yield* world.settle()
      yield* world.act(edit({ image: "sei:v2" }))
      yield* world.settle()
      yield* world.remove(NAME)
      yield* world.settle()
    })
})

const acts = (dice: Dice.Dice): World.Act => {
  return dice.pick<() => World.Act>([
    () => edit(Edits.standing(dice)),
    () => edit(Edits.standing(dice)),
    () => edit(Edits.passing(dice)),
    () =>
      loss(
        ...dice.pick<[ObjectMeta.ObjectKind, string]>([
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
export const weather = (each: Cases.Case): Simulator.Simulation => ({
  name: each.name,
  subject: subject({ pulls: (image) => image !== Edits.WRONG }),
  begin: [...around, node(each.spec)],
  acts,
  calm: [edit({ image: "sei:v3", paused: false, overrides: { bad: null } })],
  wrong: (world) => {
    const { phase, plan } = asObject(world.find(NAME)?.status)
    // One eviction fails a bootstrap Job, and with it the node, for good: so it is specified.
    const mayFail = each.steps.includes("deploy-bootstrap-job") && phase === "Failed"
    return mayFail || (phase === "Running" && plan === undefined) ? [] : [`the node ended ${String(phase)}`]
  }
})
