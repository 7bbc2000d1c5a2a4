/** The peers that a node discovers, with one answer of each service. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectCache, type ObjectMeta } from "@portolan/planner"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { resolvePeers } from "../src/node/reconcile/ResolvePeers.ts"
import * as PeerDiscovery from "../src/shared/services/PeerDiscovery.ts"
import * as Fixtures from "../src/testing/Fixtures.ts"

type Json = ObjectMeta.JsonObject

const ID = "f83276dd2ab3d943a9a25a5b647529b996f32070"
const ADDRESS = "node-1-0.node-1.sei.svc.cluster.local:26656"
const unknown = Effect.fail(new PeerDiscovery.PeerUnknown({ message: "unknown" }))

const peer = (name: string, phase = "Running", labels: { readonly [key: string]: string } = {}) => {
  const object = Fixtures.stored({ status: { phase } })
  return { ...object, metadata: { ...object.metadata, name, labels } }
}

interface World {
  readonly nodes?: ReadonlyArray<ObjectMeta.KubernetesObject>
  readonly nodeId?: Effect.Effect<string, PeerDiscovery.PeerUnknown>
  readonly instances?: Effect.Effect<ReadonlyArray<PeerDiscovery.Instance>, PeerDiscovery.PeerUnknown>
}

/** The peers of a node, the sidecars that were asked, and the lists that were read. */
const resolve = (
  peers: ReadonlyArray<Json>,
  { instances = unknown, nodeId = Effect.succeed(ID), nodes = [] }: World = {},
  { spec = {}, status = {} }: Fixtures.NodeParts = {}
) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const lists: Array<unknown> = []
    const services = Layer.merge(
      Layer.mock(PeerDiscovery.PeerDiscovery, {
        nodeId: (address) =>
          Effect.andThen(
            Effect.sync(() => void asked.push(address)),
            nodeId
          ),
        instances: () => instances
      }),
      Layer.mock(ObjectCache.ObjectCache, {
        list: (kind, selection) =>
          Effect.sync(() => {
            lists.push({ kind: kind.kind, ...selection })
            return nodes
          })
      })
    )
    const node = Fixtures.node({ spec: { ...spec, peers: [...peers] }, status })
    const found = yield* resolvePeers(node).pipe(Effect.provide(services))
    return { found, asked, lists }
  })

const STATIC = { static: { addresses: ["b@b:1", "a@a:1", "b@b:1"] } }
const LABEL = { label: { selector: { team: "a" } } }
const TAGS = { ec2Tags: { region: "r", tags: { chain: "c" } } }

describe("the peers of a node", () => {
  it.effect("are the static ones, sorted, without duplicates", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* resolve([STATIC])).found, ["a@a:1", "b@b:1"])
    })
  )

  it.effect.each([
    ["without a source", [], {}],
    ["while it is paused", [STATIC], { spec: { paused: true } }],
    ["after it has failed", [STATIC], { status: { phase: "Failed" } }],
    [
      "while a plan is active, which keeps its peers",
      [STATIC],
      { status: { plan: { id: "p", phase: "Active", tasks: [] } } }
    ]
  ] as const)("are not discovered %s", ([, sources, parts]) =>
    Effect.gen(function* () {
      assert.isUndefined((yield* resolve(sources, {}, parts)).found)
    })
  )

  it.effect("are discovered again after a plan has ended", () =>
    Effect.gen(function* () {
      const status = { phase: "Running", plan: { id: "p", phase: "Complete", tasks: [] } }
      assert.lengthOf((yield* resolve([STATIC], {}, { status })).found ?? [], 2)
    })
  )
})

describe("the peers that a label selects", () => {
  const nodes = [peer("node-1", "Running", { team: "a" }), peer("node-0", "Running", { team: "a" }), peer("node-2")]

  it.effect("have the id that their sidecar reports, and do not include the node itself", () =>
    Effect.gen(function* () {
      const { asked, found, lists } = yield* resolve([LABEL], { nodes })
      assert.deepStrictEqual(found, [`${ID}@${ADDRESS}`])
      assert.deepStrictEqual(asked, ["http://node-1-0.node-1.sei.svc.cluster.local:8443"])
      assert.deepStrictEqual(lists, [{ kind: "SeiNode", namespace: "sei", labels: { team: "a" } }])
    })
  )

  it.effect("are in the namespace of the source", () =>
    Effect.gen(function* () {
      const { lists } = yield* resolve([{ label: { selector: { team: "a" }, namespace: "other" } }])
      assert.deepStrictEqual(lists, [{ kind: "SeiNode", namespace: "other", labels: { team: "a" } }])
    })
  )

  it.effect("keep their previous id while they do not run, or do not report one", () =>
    Effect.gen(function* () {
      const status = { resolvedPeers: [`old@${ADDRESS}`] }
      const stopped = [peer("node-1", "Initializing", { team: "a" })]
      const whileStopped = yield* resolve([LABEL], { nodes: stopped }, { status })
      assert.deepStrictEqual([whileStopped.found, whileStopped.asked], [[`old@${ADDRESS}`], []])
      assert.deepStrictEqual((yield* resolve([LABEL], { nodes, nodeId: unknown }, { status })).found, [
        `old@${ADDRESS}`
      ])
      assert.deepStrictEqual((yield* resolve([LABEL], { nodes, nodeId: unknown })).found, [])
    })
  )
})

describe("the peers that tags select", () => {
  const tags = { "sei.io/node-id": ID }

  it.effect("are the instances that describe one", () =>
    Effect.gen(function* () {
      const instances = Effect.succeed([
        { tags, hosts: ["a"] },
        { tags: {}, hosts: ["b"] }
      ])
      assert.deepStrictEqual((yield* resolve([TAGS], { instances })).found, [`${ID}@a:26656`])
    })
  )

  it.effect("stay as they were while they cannot be found", () =>
    Effect.gen(function* () {
      const { found } = yield* resolve([TAGS, STATIC], {}, { status: { resolvedPeers: ["old@c:1"] } })
      assert.deepStrictEqual(found, ["a@a:1", "b@b:1", "old@c:1"])
    })
  )
})
