/** What may happen to a node at any moment of its life: edits of its spec, and others who meddle with what it owns. */
import { Identity } from "@portolan/sei"
import type { SeededRandom } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Cases from "./Cases.ts"
import * as TestCluster from "./NodeCluster.ts"

type Json = TestCluster.Json

export interface Event {
  readonly what: string
  readonly happen: (cluster: TestCluster.TestCluster) => Effect.Effect<unknown>
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
  happen: (cluster) => cluster.edit(spec)
})

/** Somebody deletes an object, if it is there, with what depends on it: as kubectl does. */
const loses = (kind: Parameters<TestCluster.TestCluster["other"]>[0], name: string): Event => ({
  what: `delete ${kind.kind} ${name}`,
  happen: (cluster) =>
    Effect.ignoreCause(cluster.other(kind, { verb: "delete", name, body: { propagationPolicy: "Background" } }))
})

/** The sidecar begins anew with what it has on disk. */
const restart: Event = {
  what: "the sidecar restarts",
  happen: (cluster) => Effect.sync(() => cluster.agents.at(TestCluster.ADDRESS).restart({ keepsTasks: true }))
}

/** Edits that stand for ever. */
export const standing = (random: SeededRandom.SeededRandom) =>
  random.pick<Json>([
    { image: "sei:v2" },
    { sidecar: { image: "sidecar:v2" } },
    { sidecar: { resources: { requests: { cpu: "1" } } } },
    { podLabels: { team: random.pick(["a", "b"]) } },
    { overrides: { "logging.level": "info" } },
    { externalAddress: "node.example.dev:26656" },
    { peers: [{ static: { addresses: [random.pick(["bb@peer:26656", "cc@peer:26656"])] } }] }
  ])

/** Edits that {@link calm} takes back. */
export const passing = (random: SeededRandom.SeededRandom) =>
  random.pick<Json>([
    { image: WRONG },
    { image: WRONG },
    { paused: true },
    { paused: false },
    { overrides: { bad: "1" } }
  ])

const loss = (random: SeededRandom.SeededRandom) =>
  random.pick<Event>([
    loses(TestCluster.StatefulSet, TestCluster.NAME),
    loses(Identity.Service, TestCluster.NAME),
    loses(TestCluster.ConfigMap, `${TestCluster.NAME}-rbac-proxy-config`),
    loses(TestCluster.Job, `${TestCluster.NAME}-bootstrap`),
    loses(TestCluster.Pod, `${TestCluster.NAME}-0`),
    loses(TestCluster.Secret, random.pick(["signing-key", "node-key", "keyring", "passphrase"]))
  ])

/** One to four events; none of them makes the node another one. */
export const random = (random: SeededRandom.SeededRandom): ReadonlyArray<Event> =>
  Array.from({ length: 1 + random.below(4) }, () =>
    random.pick<() => Event>([
      () => edit(standing(random)),
      () => edit(standing(random)),
      () => edit(passing(random)),
      () => loss(random),
      () => restart
    ])()
  )

/** An edit that makes a node of a spec another one, or has it begin from elsewhere. */
export const turning = (random: SeededRandom.SeededRandom, spec: Json): Turning => {
  const [mode = "", parts = {}] = Object.entries(spec).find(([key]) => key !== "peers" && key !== "dataVolume") ?? []
  const [other, begins] = mode === "archive" ? ["fullNode", {}] : ["archive", {}]
  const turnings: ReadonlyArray<Turning> = [
    { edit: { chainId: OTHER_CHAIN }, undo: { chainId: Cases.CHAIN } },
    { edit: { [mode]: null, [other]: begins }, undo: { [other]: null, [mode]: parts } },
    ...(spec.dataVolume === undefined
      ? [{ edit: { dataVolume: { import: { pvcName: "theirs" } } }, undo: { dataVolume: null } }]
      : []),
    ...sources(mode, TestCluster.asObject(parts))
  ]
  return random.pick([turnings[0] ?? { edit: {}, undo: {} }, ...turnings.slice(1)])
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
  const { bootstrapImage, s3 } = TestCluster.asObject(snapshot)
  if (s3 === undefined) return [{ edit: { [mode]: { snapshot: null } }, undo: { [mode]: { snapshot } } }]
  return [
    bootstrapImage === undefined
      ? add({ bootstrapImage: "sei:v0" }, { bootstrapImage: null })
      : add({ bootstrapImage: null }, { bootstrapImage }),
    ...(mode === "replayer" ? [] : [{ edit: { [mode]: { snapshot: null } }, undo: { [mode]: { snapshot } } }])
  ]
}

/** Everything that cannot stand is taken back: an image that can be pulled, no pause, every Secret that there was. */
export const calm = (cluster: TestCluster.TestCluster, secrets: ReadonlyArray<string>) =>
  Effect.andThen(
    Effect.forEach(secrets, (name) => Effect.ignoreCause(Cases.secret(cluster, name, SECRETS[name] ?? {}))),
    cluster.edit({ image: "sei:v3", paused: false, overrides: { bad: null } })
  )

/** The Secrets that stand, of those that may be lost. */
export const secrets = ({ server }: TestCluster.TestCluster): ReadonlyArray<string> => {
  const kind = { group: "", version: "v1", plural: "secrets" }
  return Object.keys(SECRETS).filter((name) => server.peek(kind, TestCluster.NAMESPACE, name) !== undefined)
}
