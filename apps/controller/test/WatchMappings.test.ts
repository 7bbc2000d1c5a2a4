import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Identity, SeiNode } from "@portolan/sei"
import * as Fixtures from "@portolan/sei/testing/Fixtures"
import * as WatchMappings from "../src/WatchMappings.ts"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject

const node = (name: string, spec: Json, more: Json = {}): Stored => {
  const stored = Fixtures.stored({ spec })
  return { ...stored, metadata: { ...stored.metadata, name, uid: name, ...Object(more.metadata) }, ...status(more) }
}
const status = ({ status = {} }: Json) => ({ status })

const importer = node("importer", { dataVolume: { import: { pvcName: "old-data" } } })
const secrets = (name: string) => ({ secret: { secretName: name } })
const signer = (name: string) =>
  node(name, { validator: { signingKey: secrets("key-a"), nodeKey: secrets(`${name}-node-key`) } })
const curious = node("curious", { peers: [{ label: { selector: { team: "red" } } }] })
const plain = node("plain", {})

const NODES = [importer, signer("one"), signer("two"), curious, plain]
const all = (namespace?: string) => NODES.filter(({ metadata }) => [undefined, metadata.namespace].includes(namespace))

/** The names of the nodes that a change wakes. */
const woken = (kind: ObjectMeta.ObjectKind, object: Stored, previous: Stored | undefined, deleted = false) => {
  const rules = WatchMappings.watches.filter((watch) => watch.kind === kind)
  return [
    ...new Set(rules.flatMap(({ map: enqueue }) => enqueue({ object, previous, deleted }, all)).map(({ name }) => name))
  ]
}

const owned = (kind: ObjectMeta.ObjectKind, name: string, of: string | undefined, more: Json = {}): Stored => {
  const object = Fixtures.owned(kind.kind, name, more)
  const labels = of === undefined ? {} : { [Identity.NODE_LABEL]: of }
  return { ...object, metadata: { ...object.metadata, labels } }
}

describe("Wake rules", () => {
  it("tell a child's node, and the node that its label named before", () => {
    const job = owned(Identity.Job, "plain-bootstrap", "plain")
    assert.deepStrictEqual(woken(Identity.Job, job, owned(Identity.Job, "plain-bootstrap", "curious")), [
      "plain",
      "curious"
    ])
    assert.deepStrictEqual(woken(Identity.Job, owned(Identity.Job, "backup", undefined), undefined), [])
  })

  it("tell the importer of a claim about the claim and about its volume", () => {
    const claim = owned(Identity.PersistentVolumeClaim, "old-data", undefined)
    assert.deepStrictEqual(woken(Identity.PersistentVolumeClaim, claim, undefined), ["importer"])
    const claimRef = { namespace: "sei", name: "old-data" }
    const volume = owned(Identity.PersistentVolume, "pv-1", undefined, { spec: { claimRef } })
    assert.deepStrictEqual(woken(Identity.PersistentVolume, volume, undefined), ["importer"])
    const elsewhere = { spec: { claimRef: { ...claimRef, namespace: "other" } } }
    assert.deepStrictEqual(woken(Identity.PersistentVolume, { ...volume, ...elsewhere }, undefined), [])
  })

  it("tell who wants a signing key that its holder, a pod of it or its lock is gone, and not before", () => {
    const gone = signer("three")
    assert.deepStrictEqual(woken(SeiNode.resource, gone, gone, true), ["one", "two"])
    const volumes = [{ name: "signing-key", secret: { secretName: "key-a" } }]
    const pod = owned(Identity.Pod, "three-0", "three", { spec: { volumes } })
    assert.deepStrictEqual(woken(Identity.Pod, pod, pod), ["three"])
    assert.deepStrictEqual(woken(Identity.Pod, pod, undefined, true), ["three", "one", "two"])
    const lock = owned(Identity.ConfigMap, "signing-key-key-a", "three", { data: { secretName: "key-a" } })
    assert.deepStrictEqual(woken(Identity.ConfigMap, lock, undefined, true), ["three", "one", "two"])
  })

  it("tell who chooses a peer by label that it is there, runs, moves, is chosen no more or goes", () => {
    const labels = { team: "red" }
    const peer = node("peer", {}, { metadata: { labels } })
    const running = node("peer", {}, { metadata: { labels }, status: { phase: "Running" } })
    const moved = node("peer", { externalAddress: "peer.example.dev:26656" }, { metadata: { labels } })
    const left = node("peer", {})
    assert.deepStrictEqual(woken(SeiNode.resource, peer, undefined), ["curious"])
    assert.deepStrictEqual(woken(SeiNode.resource, running, peer), ["curious"])
    assert.deepStrictEqual(woken(SeiNode.resource, moved, peer), ["curious"])
    assert.deepStrictEqual(woken(SeiNode.resource, left, peer), ["curious"])
    assert.deepStrictEqual(woken(SeiNode.resource, peer, peer, true), ["curious"])
    const busy = node("peer", {}, { metadata: { labels }, status: { phase: "Initializing" } })
    assert.deepStrictEqual(woken(SeiNode.resource, busy, peer), [])
    assert.deepStrictEqual(woken(SeiNode.resource, left, undefined), [])
  })

  it("follow the Secrets that a node names, and none of a node that cannot be read", () => {
    const names = (object: Stored) => WatchMappings.references.of(object).map(ObjectMeta.keyText)
    assert.deepStrictEqual(names(signer("one")), ["Secret sei/key-a", "Secret sei/one-node-key"])
    assert.deepStrictEqual(names({ ...plain, spec: { image: 7 } }), [])
  })

  it("know who may wait for state syncers: nodes that begin from state and do not run yet", () => {
    const begins = { fullNode: { snapshot: { stateSync: {} } } }
    const running = node("running", begins, { status: { phase: "Running" } })
    const keys = WatchMappings.awaitSyncers([plain, node("fresh", begins), running])
    assert.deepStrictEqual(
      keys.map(({ name }) => name),
      ["fresh"]
    )
  })
})
