/** What the SeiNode controller watches, as a table, and what it means for a node that a watch is missing or wrong. */
import { assert, describe, it } from "@effect/vitest"
import { ObjectMeta, type Watches } from "@portolan/planner"
import { NodeWatches, SeiNode } from "@portolan/sei"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import * as Cases from "../harness/Cases.ts"
import * as NodeCluster from "../harness/NodeCluster.ts"

const { references, watches } = NodeWatches.watches

const delayOf = ({ delay }: Watches.Watch) =>
  delay === undefined ? "" : ` after ${Duration.format(Duration.fromInputUnsafe(delay))}`

const rows = [
  ["kind", "label selector", "mapping", "relied on by"],
  ["---", "---", "---", "---"],
  [SeiNode.resource.kind, "all objects", "the SeiNode itself", "every pass"],
  ...watches.map((watch) => [
    watch.kind.kind,
    watch.labels === undefined ? "all objects" : `\`${ObjectMeta.selectorText(watch.labels)}\``,
    `\`${watch.map.name}\`${delayOf(watch)}`,
    watch.reliedOnBy
  ]),
  ...(references?.kinds ?? []).map(({ kind }) => [
    kind,
    "each by its name",
    "the SeiNodes that reference it",
    references?.reliedOnBy ?? ""
  ])
]

const document = `# Watches

What the SeiNode controller watches. Its cache has nothing else: a read that no row covers fails, in tests and in the
process. The table is generated from [\`NodeWatches.watches\`](../packages/sei/src/node/reconcile/Watches.ts), which the
process and its tests share; \`pnpm exec vitest run -u\` in \`tests/scenarios\` writes it.

Rows of one kind are one watch of the API server. What no watch can show is read from the API server instead: all pods of
the namespace before a node takes its signing key, and the workflows that target a deleted node.

${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}
`

describe("Watches of SeiNode", () => {
  it("are listed in docs/WATCHES.md, each with its label selector", async () => {
    await expect(document).toMatchFileSnapshot("../../../docs/WATCHES.md")
  })

  it("have a mapping with a name, and say who relies on it", () => {
    for (const { map, reliedOnBy } of watches) assert.isTrue(map.name !== "" && reliedOnBy !== "")
  })
})

/** How a node ends whose controller has other watches: the failure, or its phase. */
const outcome = (changed: Watches.Watches) =>
  Effect.gen(function* () {
    const cluster = yield* NodeCluster.make({ watches: changed })
    yield* Effect.forEach(Cases.secrets(), cluster.act)
    yield* cluster.create({ validator: Cases.KEYS })
    const exit = yield* Effect.exit(cluster.converge())
    return exit._tag === "Failure" ? String(Cause.squash(exit.cause)) : cluster.status().phase
  })

const without = (kind: ObjectMeta.ObjectKind): Watches.Watches => ({
  ...NodeWatches.watches,
  watches: watches.filter((watch) => watch.kind !== kind)
})

describe("a SeiNode controller", () => {
  it.effect("converges with its watches", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* outcome(NodeWatches.watches), "Running")
    })
  )

  it.effect.each([NodeCluster.StatefulSet, NodeCluster.Service, NodeCluster.Job, NodeCluster.ConfigMap])(
    "fails in memory without a watch of $kind, and says what to add",
    (kind) =>
      Effect.gen(function* () {
        const failure = yield* outcome(without(kind))
        assert.include(failure, `but ${kind.kind} is not watched: add { kind: ${kind.kind}, map: … } to the watches`)
      })
  )

  it.effect("fails in memory when it watches its pods by another label than it lists them", () =>
    Effect.gen(function* () {
      const pods = watches.map((watch) =>
        watch.kind === NodeCluster.Pod ? { ...watch, labels: { "sei.io/chain": true as const } } : watch
      )
      const failure = yield* outcome({ ...NodeWatches.watches, watches: pods })
      assert.include(failure, 'Pod was listed from the cache in namespace "sei" by labels "sei.io/node=node-0"')
      assert.include(failure, 'but it is watched with labels "sei.io/chain": list with these labels, or add')
    })
  )

  it.effect("fails in memory when the objects that it writes lack the label by which it watches them", () =>
    Effect.gen(function* () {
      const services = watches.map((watch) =>
        watch.kind === NodeCluster.Service ? { ...watch, labels: { "sei.io/nodes": true as const } } : watch
      )
      const failure = yield* outcome({ ...NodeWatches.watches, watches: services })
      assert.include(
        failure,
        "Service sei/node-0 was written without the labels that Service is watched with (sei.io/nodes), so the cache"
      )
    })
  )

  it.effect("fails in memory when it does not watch the Secrets that it reads", () =>
    Effect.gen(function* () {
      const failure = yield* outcome({ watches })
      assert.match(String(failure), /Secret sei\/\S+ was read from the cache, but Secret is not watched: add/u)
    })
  )
})
