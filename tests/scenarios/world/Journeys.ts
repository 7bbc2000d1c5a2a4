/** What happens to nodes, one scenario each. What stands before it happens comes about undisturbed. */
import { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import type { Scenario, World } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "./Cases.ts"
import * as Edits from "./Edits.ts"
import * as Nodes from "./Nodes.ts"
import { asObject } from "./World.ts"

interface Journey {
  readonly name: string
  readonly before: (world: World.World) => Effect.Effect<unknown, unknown>
  /** What somebody does then. */
  readonly begin: World.Act
}

const nothing = () => Effect.void

/** After an act, time passes until something holds. */
const until = (act: World.Act, holds: (world: World.World) => boolean) =>
  Effect.fnUntraced(function* (world: World.World) {
    yield* world.act(act)
    for (let moments = 0; moments < 1_000 && !holds(world); moments++) yield* world.pass("100 millis")
  })

const settled = (each: Cases.Case) => (world: World.World) =>
  Effect.andThen(world.act(Nodes.node(each.spec)), world.settle())

const pod = (world: World.World) => world.find(`${Nodes.NAME}-0`, Identity.Pod)
const isStuck = (world: World.World) => JSON.stringify(pod(world)?.status ?? null).includes("ImagePullBackOff")
const runs = (world: World.World) => (pod(world) ?? world.find(`${Nodes.NAME}-bootstrap`, Identity.Job)) !== undefined

const update = Nodes.edit({ image: "sei:v2" })
const mistake = Nodes.edit({ image: Edits.WRONG })

/** The life of a case: made, updated, stopped half-way, corrected. */
const life = (each: Cases.Case): ReadonlyArray<Journey> => [
  { name: `${each.name}: init`, before: nothing, begin: Nodes.node(each.spec) },
  { name: `${each.name}: update`, before: settled(each), begin: update },
  {
    name: `${each.name}: an update that supersedes another`,
    before: (world) => Effect.andThen(settled(each)(world), until(mistake, isStuck)(world)),
    begin: update
  },
  {
    name: `${each.name}: deletion in the middle of init`,
    before: until(Nodes.node(each.spec), runs),
    begin: Nodes.removal
  },
  { name: `${each.name}: deletion`, before: settled(each), begin: Nodes.removal }
]

const genesis = settled(Cases.named("a full node from genesis"))
const key = (data: ObjectMeta.JsonObject): World.Act => ({
  does: "merge",
  kind: Identity.Secret,
  name: "node-key",
  body: { data }
})

const others: ReadonlyArray<Journey> = [
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
    before: (world) =>
      Effect.gen(function* () {
        yield* world.act(key({ "node_key.json": null, other: "eA==" }))
        yield* world.act(Nodes.node(Cases.named("a seed").spec))
        yield* world.settle()
      }),
    begin: key(Cases.NODE_KEY)
  }
]

/** How everything stands, without what differs between equal runs. */
const end = (world: World.World) => {
  const status = asObject(world.find(Nodes.NAME)?.status)
  const { conditions, currentImage, currentSidecarImage, endpoint, phase, plan } = status
  return {
    node: { phase, plan, currentImage, currentSidecarImage, endpoint },
    conditions: (Array.isArray(conditions) ? conditions : [])
      .filter(ObjectMeta.isJsonObject)
      .map(({ reason, status, type }) => `${type} ${status} ${reason}`)
      .sort(),
    replicas: asObject(world.find(Nodes.NAME, Identity.StatefulSet)?.spec).replicas,
    claim: world.find(`data-${Nodes.NAME}`, Identity.PersistentVolumeClaim) !== undefined,
    pod: pod(world)?.spec
  }
}

const scenarioOf = ({ before, begin, name }: Journey): Scenario.Scenario => ({
  name,
  subject: Nodes.subject({ pulls: (image) => image !== Edits.WRONG }),
  script: (world) =>
    Effect.gen(function* () {
      yield* world.undisturbed(Effect.andThen(Nodes.surroundings(world), before(world)))
      yield* world.act(begin)
      yield* world.settle()
    }),
  end
})

/** One key and two nodes that name it: the other one waits for it, and follows when the first one is gone (INV-15). */
const oneKey: Scenario.Scenario = {
  ...scenarioOf({ name: "two validators with one key", before: nothing, begin: Nodes.node({ validator: Cases.KEYS }) }),
  script: (world) =>
    Effect.gen(function* () {
      yield* world.undisturbed(Nodes.surroundings(world))
      yield* world.act(Nodes.node({ validator: Cases.KEYS }))
      yield* world.act(Nodes.node({ validator: Cases.KEYS }, Nodes.OTHER))
      yield* world.pass("1 minute")
      yield* world.act(Nodes.removal)
      yield* world.settle()
    }),
  end: (world) => asObject(world.find(Nodes.OTHER)?.status).phase
}

/** Every journey of every mode and source. */
export const all: ReadonlyArray<Scenario.Scenario> = [
  ...[...Cases.cases.flatMap(life), ...others].map(scenarioOf),
  oneKey
]
