/** What may happen to a node at any moment of its life: edits of its spec, and others who meddle with what it owns. */
import { Identity } from "@portolan/sei"
import type { Dice } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "./Cases.ts"
import * as World from "./World.ts"

type Json = World.Json

export interface Event {
  readonly what: string
  readonly happen: (world: World.World) => Effect.Effect<unknown>
}

/** An edit of what a node is or begins from: both ways, because it may come too late to be followed. */
export interface Turning {
  readonly edit: Json
  readonly undo: Json
}

export const OTHER_CHAIN = "atlantic-2"

/** Images that nobody can pull. */
export const WRONG = "sei:wrong"

export const SECRETS: { readonly [name: string]: Json } = {
  "signing-key": Cases.SIGNING_KEY,
  "node-key": Cases.NODE_KEY,
  keyring: Cases.KEYRING,
  passphrase: Cases.PASSPHRASE
}

export const edit = (spec: Json): Event => ({
  what: `edit ${JSON.stringify(spec)}`,
  happen: (world) => world.edit(spec)
})

/** Somebody deletes an object, if it is there, with what depends on it: as kubectl does. */
const loses = (kind: Parameters<World.World["other"]>[0], name: string): Event => ({
  what: `delete ${kind.kind} ${name}`,
  happen: (world) =>
    Effect.ignoreCause(world.other(kind, { verb: "delete", name, body: { propagationPolicy: "Background" } }))
})

/** The sidecar begins anew with what it has on disk. */
const restart: Event = {
  what: "the sidecar restarts",
  happen: (world) => Effect.sync(() => world.agents.at(World.ADDRESS).restart({ keepsTasks: true }))
}

/** Edits that stand for ever. */
export const standing = (dice: Dice.Dice) =>
  dice.pick<Json>([
    { image: "sei:v2" },
    { sidecar: { image: "sidecar:v2" } },
    { sidecar: { resources: { requests: { cpu: "1" } } } },
    { podLabels: { team: dice.pick(["a", "b"]) } },
    { overrides: { "logging.level": "info" } },
    { externalAddress: "node.example.dev:26656" },
    { peers: [{ static: { addresses: [dice.pick(["bb@peer:26656", "cc@peer:26656"])] } }] }
  ])

/** Edits that {@link calm} takes back. */
export const passing = (dice: Dice.Dice) =>
  dice.pick<Json>([
    { image: WRONG },
    { image: WRONG },
    { paused: true },
    { paused: false },
    { overrides: { bad: "1" } }
  ])

const loss = (dice: Dice.Dice) =>
  dice.pick<Event>([
    loses(World.StatefulSet, World.NAME),
    loses(Identity.Service, World.NAME),
    loses(World.ConfigMap, `${World.NAME}-rbac-proxy-config`),
    loses(World.Job, `${World.NAME}-bootstrap`),
    loses(World.Pod, `${World.NAME}-0`),
    loses(World.Secret, dice.pick(["signing-key", "node-key", "keyring", "passphrase"]))
  ])

/** One to four events; none of them makes the node another one. */
export const random = (dice: Dice.Dice): ReadonlyArray<Event> =>
  Array.from({ length: 1 + dice.below(4) }, () =>
    dice.pick<() => Event>([
      () => edit(standing(dice)),
      () => edit(standing(dice)),
      () => edit(passing(dice)),
      () => loss(dice),
      () => restart
    ])()
  )

/** An edit that makes a node of a spec another one, or has it begin from elsewhere. */
export const turning = (dice: Dice.Dice, spec: Json): Turning => {
  const [mode = "", parts = {}] = Object.entries(spec).find(([key]) => key !== "peers" && key !== "dataVolume") ?? []
  const [other, begins] = mode === "archive" ? ["fullNode", {}] : ["archive", {}]
  const turnings: ReadonlyArray<Turning> = [
    { edit: { chainId: OTHER_CHAIN }, undo: { chainId: Cases.CHAIN } },
    { edit: { [mode]: null, [other]: begins }, undo: { [other]: null, [mode]: parts } },
    ...(spec.dataVolume === undefined
      ? [{ edit: { dataVolume: { import: { pvcName: "theirs" } } }, undo: { dataVolume: null } }]
      : []),
    ...sources(mode, World.asObject(parts))
  ]
  return dice.pick([turnings[0] ?? { edit: {}, undo: {} }, ...turnings.slice(1)])
}

/** A snapshot for a node without one and the other way round, and an image to bootstrap with for who has none. */
const sources = (mode: string, parts: Json): ReadonlyArray<Turning> => {
  if (!["fullNode", "validator", "replayer"].includes(mode)) return []
  const { snapshot } = parts
  const add = (more: Json, less: Json) => ({
    edit: { [mode]: { snapshot: more } },
    undo: { [mode]: { snapshot: less } }
  })
  if (snapshot === undefined) {
    return parts.genesisCeremony === undefined
      ? [{ edit: { [mode]: { snapshot: { s3: { targetHeight: 5 } } } }, undo: { [mode]: { snapshot: null } } }]
      : []
  }
  const { bootstrapImage, s3 } = World.asObject(snapshot)
  if (s3 === undefined) return [{ edit: { [mode]: { snapshot: null } }, undo: { [mode]: { snapshot } } }]
  return [
    bootstrapImage === undefined
      ? add({ bootstrapImage: "sei:v0" }, { bootstrapImage: null })
      : add({ bootstrapImage: null }, { bootstrapImage }),
    ...(mode === "replayer" ? [] : [{ edit: { [mode]: { snapshot: null } }, undo: { [mode]: { snapshot } } }])
  ]
}

/** Everything that cannot stand is taken back: an image that can be pulled, no pause, every Secret that there was. */
export const calm = (world: World.World, secrets: ReadonlyArray<string>) =>
  Effect.andThen(
    Effect.forEach(secrets, (name) => Effect.ignoreCause(Cases.secret(world, name, SECRETS[name] ?? {}))),
    world.edit({ image: "sei:v3", paused: false, overrides: { bad: null } })
  )

/** The Secrets that stand, of those that may be lost. */
export const secrets = ({ server }: World.World): ReadonlyArray<string> => {
  const kind = { group: "", version: "v1", plural: "secrets" }
  return Object.keys(SECRETS).filter((name) => server.peek(kind, World.NAMESPACE, name) !== undefined)
}
