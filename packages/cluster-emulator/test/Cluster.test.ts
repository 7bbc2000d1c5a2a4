import { assert, describe, it } from "vitest"
import type { Clock } from "../src/index.ts"
import { Cluster } from "../src/index.ts"

const statefulSet = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: prod }
spec:
  serviceName: db
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: c, image: "i:1" }] }
`

const widget = (spec: object) => ({ apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "a" }, spec })

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.dev" },
  spec: {
    group: "example.dev",
    scope: "Namespaced",
    names: { plural: "widgets", kind: "Widget" },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", properties: { size: { type: "integer" } } } }
          }
        }
      }
    ]
  }
}

const pod = { apiVersion: "v1", kind: "Pod", name: "db-0", namespace: "prod" }

const phaseOf = (object: unknown) => JSON.parse(JSON.stringify(object ?? {})).status?.phase

/** Rejects after the test's timeout. */
const until = async (condition: () => Promise<boolean>): Promise<void> => {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A clock whose time moves only by `advance`. */
const manualClock = (): Clock.Clock & { readonly advance: (millis: number) => void } => {
  let now = Date.parse("2026-01-01T00:00:00Z")
  const timers = new Set<{ readonly at: number; readonly run: () => void }>()
  return {
    now: () => now,
    after: (millis, run) => {
      const timer = { at: now + millis, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance: (millis) => {
      const end = now + millis
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)
        if (next === undefined) break
        timers.delete(next)
        now = next.at
        next.run()
      }
      now = end
    }
  }
}

describe("Cluster", () => {
  it("runs controllers on real time, and serves what it applied over HTTP", async () => {
    await using cluster = await Cluster.start()

    const [applied] = await cluster.apply(statefulSet)
    assert.strictEqual(applied?.metadata.namespace, "prod")
    await until(async () => phaseOf(await cluster.get(pod)) === "Running")

    const { clusters } = JSON.parse(cluster.kubeconfig)
    assert.strictEqual(clusters[0].cluster.server, cluster.url)
    const response = await fetch(`${cluster.url}/api/v1/namespaces/prod/pods/db-0`)
    assert.deepStrictEqual(await response.json(), await cluster.get(pod))
    assert.deepStrictEqual(
      cluster.audit().map(({ code, verb }) => [verb, code]),
      [["get", 200]]
    )
  })

  it("runs controllers on the given clock", async () => {
    const clock = manualClock()
    await using cluster = await Cluster.start({ clock, controllers: { startMs: 5_000 }, manifests: [statefulSet] })
    clock.advance(4_999)
    assert.strictEqual(phaseOf(await cluster.get(pod)), "Pending")
    clock.advance(1)
    assert.strictEqual(phaseOf(await cluster.get(pod)), "Running")
    assert.strictEqual((await cluster.get(pod))?.metadata.creationTimestamp, "2026-01-01T00:00:00Z")
  })

  it("starts no controllers when they are disabled", async () => {
    const clock = manualClock()
    await using cluster = await Cluster.start({ clock, controllers: false, manifests: [statefulSet] })
    clock.advance(60_000)
    assert.deepStrictEqual(await cluster.list({ apiVersion: "v1", kind: "Pod" }), [])
  })

  it("applies definitions first, and lists and deletes objects", async () => {
    await using cluster = await Cluster.start({ manifests: [widget({ size: 1 }), definition] })
    await cluster.apply(widget({ size: 2 }))
    const kind = { apiVersion: "example.dev/v1", kind: "Widget" }
    const widgets = await cluster.list(kind)
    assert.deepStrictEqual(
      widgets.map(({ spec }) => spec),
      [{ size: 2 }]
    )
    assert.isTrue(await cluster.delete({ ...kind, name: "a" }))
    assert.isFalse(await cluster.delete({ ...kind, name: "a" }))
    assert.isUndefined(await cluster.get({ ...kind, name: "a" }))
  })

  it("rejects a manifest with the object and the message of the server", async () => {
    await using cluster = await Cluster.start({ manifests: [definition] })
    const failure = async (manifest: string | Cluster.Manifest) => {
      try {
        await cluster.apply(manifest)
      } catch (error) {
        return error
      }
    }
    const error = await failure(widget({ sizes: 1 }))
    assert.instanceOf(error, Cluster.ApiError)
    assert.match(String(error), /^ApiError: apply Widget default\/a: .*\.spec\.sizes: field not declared in schema/u)
    assert.match(String(await failure("kind: Pod")), /apiVersion: must be a string that is not empty/u)
    assert.match(String(await failure("apiVersion: v1\nkind: Pod\nmetadata: { name: a }\n---\nb: [")), /line 5/u)
    assert.match(
      String(await failure({ ...widget({}), kind: "Gadget" })),
      /no matches for kind "Gadget" in version "example.dev\/v1"; apply its CustomResourceDefinition first/u
    )
  })

  it("rejects a port that is in use", async () => {
    await using first = await Cluster.start()
    const error = await Cluster.start({ port: first.port }).catch((failure: unknown) => failure)
    assert.instanceOf(error, Cluster.PortInUse)
  })

  it("stops more than once, and frees its port", async () => {
    const { port, stop } = await Cluster.start()
    await stop()
    await stop()
    await using again = await Cluster.start({ port })
    assert.strictEqual(again.port, port)
  })
})

describe("a snapshot", () => {
  const text = (state: unknown) => JSON.stringify(state)

  it("survives JSON, and continues with objects, kinds, versions, uids and names", async () => {
    const clock = manualClock()
    const options = { clock, manifests: [definition, widget({ size: 1 }), statefulSet] }
    await using first = await Cluster.start(options)
    clock.advance(1_000)
    const state = JSON.parse(text(first.snapshot()))
    await using second = await Cluster.start({ clock, state })

    assert.deepStrictEqual(JSON.parse(text(second.snapshot())), state)
    clock.advance(60_000)
    assert.strictEqual(second.server.resourceVersion, first.server.resourceVersion)
    const added = { ...widget({ size: 3 }), metadata: { name: "b" } }
    assert.deepStrictEqual(await second.apply(added), await first.apply(added))
    const generated = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "x-" } }
    const create = (cluster: Cluster.Cluster) =>
      cluster.server.handle({
        ...{ group: "", version: "v1", plural: "configmaps", namespace: "default", name: "" },
        ...{ verb: "create", query: {}, user: "me", body: generated }
      }).body
    assert.deepStrictEqual(create(second), create(first))
  })

  it("does not hold the history: a watch from an older version expires", async () => {
    await using first = await Cluster.start({ controllers: false })
    await using second = await Cluster.start({ controllers: false, state: first.snapshot() })
    const response = await fetch(`${second.url}/api/v1/pods?watch=true&resourceVersion=1`)
    assert.include(await response.text(), '"code":410')
  })

  it("goes on with a deletion that was in progress", async () => {
    const clock = manualClock()
    await using first = await Cluster.start({ clock, manifests: [statefulSet] })
    clock.advance(1_000)
    await first.delete({ apiVersion: "apps/v1", kind: "StatefulSet", name: "db", namespace: "prod" })
    await using second = await Cluster.start({ clock, state: first.snapshot() })
    assert.isDefined(await second.get(pod))
    clock.advance(1_000)
    assert.isUndefined(await second.get(pod))
  })
})
