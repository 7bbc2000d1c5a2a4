import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta } from "@portolan/planner"
import { Identity, NodeWatches, SeiNode } from "../src/index.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Stored = ObjectMeta.KubernetesObject
type Json = ObjectMeta.JsonObject

const node = (name: string, spec: Json, fields: Json = {}): Stored => {
  const { metadata, ...stored } = Fixtures.stored({ spec })
  return { ...stored, metadata: { ...metadata, name, uid: name, ...Object(fields.metadata) }, ...status(fields) }
}
const status = ({ status = {} }: Json) => ({ status })

const importer = node("importer", { dataVolume: { import: { pvcName: "old-data" } } })
const secret = (name: string) => ({ secret: { secretName: name } })
const signer = (name: string) =>
  node(name, { validator: { signingKey: secret("key-a"), nodeKey: secret(`${name}-node-key`) } })
const selector = node("selector", { peers: [{ label: { selector: { team: "red" } } }] })
const plain = node("plain", {})

const NODES = [importer, signer("one"), signer("two"), selector, plain]
const listAll = (namespace?: string) =>
  NODES.filter(({ metadata }) => [undefined, metadata.namespace].includes(namespace))

/** The names of the SeiNodes that a change enqueues. */
const enqueued = (kind: ObjectMeta.ObjectKind, object: Stored, previous: Stored | undefined, deleted = false) => {
  const watches = NodeWatches.watches.watches.filter((watch) => watch.kind === kind)
  const keys = watches.flatMap(({ map }) => map({ object, previous, deleted }, listAll))
  return [...new Set(keys.map(({ name }) => name))]
}

const child = (kind: ObjectMeta.ObjectKind, name: string, owner: string | undefined, fields: Json = {}): Stored => {
  const object = Fixtures.owned(kind.kind, name, fields)
  const labels = owner === undefined ? {} : { [Identity.NODE_LABEL]: owner }
  return { ...object, metadata: { ...object.metadata, labels } }
}

describe("Watch mappings of SeiNode", () => {
  it("enqueue the SeiNode that a child's label names, and the one that it named before", () => {
    const job = child(Identity.Job, "plain-bootstrap", "plain")
    assert.deepStrictEqual(enqueued(Identity.Job, job, child(Identity.Job, "plain-bootstrap", "selector")), [
      "plain",
      "selector"
    ])
    assert.deepStrictEqual(enqueued(Identity.Job, child(Identity.Job, "backup", undefined), undefined), [])
  })

  it("enqueue the importer of a claim when the claim or its volume changes", () => {
    const claim = child(Identity.PersistentVolumeClaim, "old-data", undefined)
    assert.deepStrictEqual(enqueued(Identity.PersistentVolumeClaim, claim, undefined), ["importer"])
    const claimRef = { namespace: "sei", name: "old-data" }
    const volume = child(Identity.PersistentVolume, "pv-1", undefined, { spec: { claimRef } })
    assert.deepStrictEqual(enqueued(Identity.PersistentVolume, volume, undefined), ["importer"])
    const elsewhere = { spec: { claimRef: { ...claimRef, namespace: "other" } } }
    assert.deepStrictEqual(enqueued(Identity.PersistentVolume, { ...volume, ...elsewhere }, undefined), [])
  })

  it("enqueue the SeiNode whose own claim a claim of another owner has the name of", () => {
    const named = (name: string) => child(Identity.PersistentVolumeClaim, name, undefined)
    assert.deepStrictEqual(enqueued(Identity.PersistentVolumeClaim, named("data-plain"), undefined, true), ["plain"])
    assert.deepStrictEqual(enqueued(Identity.PersistentVolumeClaim, named("data-importer"), undefined, true), [])
  })

  it("enqueue the users of a signing key when another user, its pod or its lock is deleted, and not before", () => {
    const deleted = signer("three")
    assert.deepStrictEqual(enqueued(SeiNode.resource, deleted, deleted, true), ["one", "two"])
    const volumes = [{ name: "signing-key", secret: { secretName: "key-a" } }]
    const pod = child(Identity.Pod, "three-0", "three", { spec: { volumes } })
    assert.deepStrictEqual(enqueued(Identity.Pod, pod, pod), ["three"])
    assert.deepStrictEqual(enqueued(Identity.Pod, pod, undefined, true), ["three", "one", "two"])
    const lock = child(Identity.ConfigMap, "signing-key-key-a", "three", { data: { secretName: "key-a" } })
    assert.deepStrictEqual(enqueued(Identity.ConfigMap, lock, undefined, true), ["three", "one", "two"])
  })

  it("enqueue the selectors of a peer when it appears, runs, moves, loses its label or is deleted", () => {
    const labels = { team: "red" }
    const peer = node("peer", {}, { metadata: { labels } })
    const running = node("peer", {}, { metadata: { labels }, status: { phase: "Running" } })
    const moved = node("peer", { externalAddress: "peer.example.dev:26656" }, { metadata: { labels } })
    const unlabelled = node("peer", {})
    assert.deepStrictEqual(enqueued(SeiNode.resource, peer, undefined), ["selector"])
    assert.deepStrictEqual(enqueued(SeiNode.resource, running, peer), ["selector"])
    assert.deepStrictEqual(enqueued(SeiNode.resource, moved, peer), ["selector"])
    assert.deepStrictEqual(enqueued(SeiNode.resource, unlabelled, peer), ["selector"])
    assert.deepStrictEqual(enqueued(SeiNode.resource, peer, peer, true), ["selector"])
    const initializing = node("peer", {}, { metadata: { labels }, status: { phase: "Initializing" } })
    assert.deepStrictEqual(enqueued(SeiNode.resource, initializing, peer), [])
    assert.deepStrictEqual(enqueued(SeiNode.resource, unlabelled, undefined), [])
  })

  it("watch the Secrets that a SeiNode names, and none of one whose spec does not decode", () => {
    const names = (object: Stored) => NodeWatches.watches.references?.of(object).map(ObjectMeta.keyText)
    assert.deepStrictEqual(names(signer("one")), ["Secret sei/key-a", "Secret sei/one-node-key"])
    assert.deepStrictEqual(names({ ...plain, spec: { image: 7 } }), [])
  })

  it("enqueue on a change of the syncer registry the SeiNodes that restore state and do not run yet", () => {
    const restores = { fullNode: { snapshot: { stateSync: {} } } }
    const running = node("running", restores, { status: { phase: "Running" } })
    const keys = NodeWatches.nodesAwaitingSyncers([plain, node("new", restores), running])
    assert.deepStrictEqual(
      keys.map(({ name }) => name),
      ["new"]
    )
  })
})
