import { assert, describe, it } from "@effect/vitest"
import { builtIns } from "@portolan/cluster-emulator/apiserver/Kinds"
import * as Age from "@portolan/cluster-emulator/http/Age"
import * as JsonPath from "@portolan/cluster-emulator/http/JsonPath"
import * as Table from "@portolan/cluster-emulator/http/Table"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { send, serving, widget, widgets } from "./fixture.ts"

const accept = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" }

const now = "2026-01-01T01:00:00Z"

const cellsOf = (kind: string, object: Record<string, unknown>, includeWide = false) => {
  const served = builtIns.find((one) => one.kind === kind)
  const columns = served === undefined ? [] : Table.columnsOf(served)
  const shown = columns.filter(({ priority = 0 }) => includeWide || priority === 0)
  const body = JSON.parse(
    JSON.stringify({ metadata: { name: "x", creationTimestamp: "2026-01-01T00:00:00Z" }, ...object })
  )
  return Object.fromEntries(shown.map(({ cell, name }) => [name, cell(body, now)]))
}

describe("Table", () => {
  it.effect("shows the printer columns of a custom kind, with metadata in each row", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a", 3))
      yield* TestClock.adjust("150 seconds")
      const status = { status: { conditions: [{ type: "Ready", status: "True" }] } }
      yield* send(url, `PATCH ${widgets}/a/status`, status, { "content-type": "application/merge-patch+json" })
      const { body } = yield* send(url, `GET ${widgets}`, undefined, accept)
      const columns = Array.isArray(body.columnDefinitions) ? body.columnDefinitions : []
      assert.deepStrictEqual(
        columns.map(({ name, type }) => [name, type]),
        [
          ["Name", "string"],
          ["Size", "integer"],
          ["Ready", "string"],
          ["Age", "date"]
        ]
      )
      const [row] = Array.isArray(body.rows) ? body.rows : []
      assert.deepStrictEqual(row.cells, ["a", 3, "True", "2m30s"])
      assert.strictEqual(row.object.kind, "PartialObjectMetadata")
    })
  )

  it.effect("returns metadata only when the client accepts that", () =>
    Effect.gen(function* () {
      const { url } = yield* serving()
      yield* send(url, `POST ${widgets}`, widget("a"))
      const partial = { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json" }
      const { body } = yield* send(url, `GET ${widgets}`, undefined, partial)
      assert.strictEqual(body.kind, "PartialObjectMetadataList")
      const [item] = Array.isArray(body.items) ? body.items : []
      assert.deepStrictEqual(Object.keys(item), ["kind", "apiVersion", "metadata"])
    })
  )

  it("summarizes the status of a pod in one word", () => {
    const running = { state: { running: {} }, ready: true, restartCount: 2 }
    const waiting = { state: { waiting: { reason: "CrashLoopBackOff" } }, ready: false, restartCount: 3 }
    const pod = { spec: { containers: [{ name: "a" }, { name: "b" }] }, status: { phase: "Running" } }
    const podOf = (containerStatuses: ReadonlyArray<object>) => ({
      ...pod,
      status: { ...pod.status, containerStatuses }
    })
    assert.deepInclude(cellsOf("Pod", podOf([running, running])), { Ready: "2/2", Status: "Running", Restarts: "4" })
    assert.deepInclude(cellsOf("Pod", podOf([running, waiting])), { Ready: "1/2", Status: "CrashLoopBackOff" })
    const deleted = { ...pod, metadata: { name: "x", deletionTimestamp: now } }
    assert.deepInclude(cellsOf("Pod", deleted), { Ready: "0/2", Status: "Terminating" })
  })

  it("has the columns of Services, PersistentVolumeClaims and StatefulSets of kubectl", () => {
    const spec = {
      type: "ClusterIP",
      clusterIP: "None",
      ports: [
        { port: 80, protocol: "TCP" },
        { port: 53, protocol: "UDP" }
      ]
    }
    assert.deepInclude(cellsOf("Service", { spec }), { "Cluster-IP": "None", "Port(s)": "80/TCP,53/UDP" })
    const claim = {
      spec: { volumeName: "v" },
      status: { phase: "Bound", capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] }
    }
    assert.deepInclude(cellsOf("PersistentVolumeClaim", claim), {
      Status: "Bound",
      Volume: "v",
      Capacity: "1Gi",
      "Access Modes": "RWO"
    })
    const set = { spec: { replicas: 2 }, status: { readyReplicas: 1 } }
    assert.deepStrictEqual(cellsOf("StatefulSet", set), { Name: "x", Ready: "1/2", Age: "60m" })
  })
})

describe("Age", () => {
  it("gets coarser the longer it is", () => {
    const seconds = [
      -5, -1, 0, 119, 120, 125, 600, 10_800, 10_860, 28_800, 172_800, 183_600, 691_200, 63_072_000, 252_288_000
    ]
    assert.deepStrictEqual(
      seconds.map((count) => Age.text(count * 1000)),
      ["<invalid>", "0s", "0s", "119s", "2m", "2m5s", "10m", "3h", "3h1m", "8h", "2d", "2d3h", "8d", "2y", "8y"]
    )
  })
})

describe("JsonPath", () => {
  const object = {
    metadata: { labels: { "a.b/c": "x" } },
    status: {
      conditions: [
        { type: "A", n: 1 },
        { type: "B", n: 2 }
      ]
    }
  }

  it("finds fields, escaped fields, indexes, wildcards, filters and descendants", () => {
    const find = (path: string) => JsonPath.parse(path)?.(object)
    assert.deepStrictEqual(find(".status.conditions[0].type"), ["A"])
    assert.deepStrictEqual(find("{.status.conditions[-1:].type}"), ["B"])
    assert.deepStrictEqual(find(".status.conditions[*].type"), ["A", "B"])
    assert.deepStrictEqual(find('.status.conditions[?(@.type=="B")].n'), [2])
    assert.deepStrictEqual(find(".status.conditions[?(@.n<2)].type"), ["A"])
    assert.deepStrictEqual(find(".metadata.labels.a\\.b/c"), ["x"])
    assert.deepStrictEqual(find(".metadata.labels['a.b/c']"), ["x"])
    assert.deepStrictEqual(find("..n"), [1, 2])
    assert.deepStrictEqual(find(".nothing.here"), [])
  })

  it("returns undefined for a path that is not supported", () => {
    assert.isUndefined(JsonPath.parse(".a[?(@.b=~c)]"))
    assert.isUndefined(JsonPath.parse(".a[b"))
  })
})
