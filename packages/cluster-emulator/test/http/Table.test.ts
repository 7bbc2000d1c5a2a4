import { assert, describe, it } from "vitest"
import { builtIns } from "../../src/apiserver/Kinds.ts"
import * as Age from "../../src/http/Age.ts"
import * as JsonPath from "../../src/http/JsonPath.ts"
import * as Table from "../../src/http/Table.ts"

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
