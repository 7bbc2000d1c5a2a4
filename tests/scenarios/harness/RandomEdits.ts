/** Random changes to a node while it is reconciled: edits of its spec, lost objects, a restarted sidecar. */
import type { ObjectMeta } from "@portolan/planner"
import { Identity } from "@portolan/sei"
import type { SeededRandom, TestCluster } from "@portolan/testkit"
import * as Effect from "effect/Effect"
import * as Acts from "./Acts.ts"
import * as Cases from "./Cases.ts"
import { asObject, type Json } from "./Json.ts"
import * as NodeCluster from "./NodeCluster.ts"
import { CHAIN } from "./NodeController.ts"

export interface Change {
  readonly description: string
  readonly run: (cluster: NodeCluster.NodeCluster) => Effect.Effect<unknown, TestCluster.ActRejected>
}

/** An edit of the node's chain, mode, volume or source of state. The undo exists because the edit may come too late. */
export interface IdentityEdit {
  readonly edit: Json
  readonly undo: Json
}

export const OTHER_CHAIN = "atlantic-2"

/** An image that no kubelet can pull. */
export const WRONG_IMAGE = "sei:wrong"

export const edit = (spec: Json): Change => ({
  description: `edit ${JSON.stringify(spec)}`,
  run: (cluster) => cluster.edit(spec)
})

/** Deletes an object with its dependents; does nothing when the object does not exist. */
const remove = (kind: ObjectMeta.ObjectKind, name: string): Change => ({
  description: `delete ${kind.kind} ${name}`,
  run: (cluster) => Effect.ignore(cluster.act(Acts.remove(kind, name)))
})

/** Restarts the sidecar, which has its tasks on disk. */
const restart: Change = {
  description: "the sidecar restarts",
  run: (cluster) => Effect.sync(() => cluster.agents.at(NodeCluster.ADDRESS).restart({ keepsTasks: true }))
}

/** An edit with which the node can converge. */
export const validEdit = (random: SeededRandom.SeededRandom) =>
  random.pick<Json>([
    { image: "sei:v2" },
    { sidecar: { image: "sidecar:v2" } },
    { sidecar: { resources: { requests: { cpu: "1" } } } },
    { podLabels: { team: random.pick(["a", "b"]) } },
    { overrides: { "logging.level": "info" } },
    { externalAddress: "node.example.dev:26656" },
    { peers: [{ static: { addresses: [random.pick(["bb@peer:26656", "cc@peer:26656"])] } }] }
  ])

/** An edit with which the node may not converge; {@link restore} takes it back. */
export const blockingEdit = (random: SeededRandom.SeededRandom) =>
  random.pick<Json>([
    { image: WRONG_IMAGE },
    { image: WRONG_IMAGE },
    { paused: true },
    { paused: false },
    { overrides: { bad: "1" } }
  ])

const removal = (random: SeededRandom.SeededRandom) =>
  random.pick<Change>([
    remove(Identity.StatefulSet, Acts.NAME),
    remove(Identity.Service, Acts.NAME),
    remove(Identity.ConfigMap, `${Acts.NAME}-rbac-proxy-config`),
    remove(Identity.Job, `${Acts.NAME}-bootstrap`),
    remove(Identity.Pod, `${Acts.NAME}-0`),
    remove(Identity.Secret, random.pick(["signing-key", "node-key", "keyring", "passphrase"]))
  ])

/** One to four changes; none is an {@link IdentityEdit}. */
export const changes = (random: SeededRandom.SeededRandom): ReadonlyArray<Change> =>
  Array.from({ length: 1 + random.below(4) }, () =>
    random.pick<() => Change>([
      () => edit(validEdit(random)),
      () => edit(validEdit(random)),
      () => edit(blockingEdit(random)),
      () => removal(random),
      () => restart
    ])()
  )

export const identityEdit = (random: SeededRandom.SeededRandom, spec: Json): IdentityEdit => {
  const [mode = "", fields = {}] = Object.entries(spec).find(([key]) => key !== "peers" && key !== "dataVolume") ?? []
  const otherMode = mode === "archive" ? "fullNode" : "archive"
  const edits: ReadonlyArray<IdentityEdit> = [
    ...(spec.dataVolume === undefined
      ? [{ edit: { dataVolume: { import: { pvcName: "theirs" } } }, undo: { dataVolume: null } }]
      : []),
    ...sourceEdits(mode, asObject(fields))
  ]
  return random.pick<IdentityEdit>([
    { edit: { chainId: OTHER_CHAIN }, undo: { chainId: CHAIN } },
    { edit: { [mode]: null, [otherMode]: {} }, undo: { [otherMode]: null, [mode]: fields } },
    ...edits
  ])
}

/** Adds or removes the snapshot of a mode that may have one, or its bootstrap image. */
const sourceEdits = (mode: string, { genesisCeremony, snapshot }: Json): ReadonlyArray<IdentityEdit> => {
  if (!["fullNode", "validator", "replayer"].includes(mode)) return []
  const change = (after: Json[string], before: Json[string]): IdentityEdit => ({
    edit: { [mode]: { snapshot: after } },
    undo: { [mode]: { snapshot: before } }
  })
  if (snapshot === undefined) return genesisCeremony === undefined ? [change({ s3: { targetHeight: 5 } }, null)] : []
  const { bootstrapImage, s3 } = asObject(snapshot)
  if (s3 === undefined) return [change(null, snapshot)]
  return [
    bootstrapImage === undefined
      ? change({ bootstrapImage: "sei:v0" }, { bootstrapImage: null })
      : change({ bootstrapImage: null }, { bootstrapImage }),
    ...(mode === "replayer" ? [] : [change(null, snapshot)])
  ]
}

/** Takes back every blocking edit and creates lost Secrets again. */
export const restore = (cluster: NodeCluster.NodeCluster, secrets: ReadonlyArray<TestCluster.Act>) =>
  Effect.andThen(
    Effect.forEach(secrets, (secret) => Effect.ignore(cluster.act(secret))),
    cluster.edit({ image: "sei:v3", paused: false, overrides: { bad: null } })
  )

/** Creates the Secrets that exist now. */
export const existingSecrets = ({ find }: NodeCluster.NodeCluster): ReadonlyArray<TestCluster.Act> =>
  Object.entries(Cases.SECRETS)
    .filter(([name]) => find(name, Identity.Secret) !== undefined)
    .map(([name, data]) => Acts.secret(name, data))
