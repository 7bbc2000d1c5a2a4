import { assert, describe, it } from "vitest"
import type { JsonObject } from "../../src/apiserver/Json.ts"
import type { ClusterControllers } from "../../src/index.ts"
import { Job, Pod, podSpec, startCluster } from "./cluster.ts"

const jobSpec = (more: JsonObject = {}): JsonObject => ({
  backoffLimit: 0,
  template: {
    metadata: { labels: { app: "copy" }, annotations: { note: "kept" } },
    spec: podSpec({ restartPolicy: "Never", hostname: "db-0", subdomain: "db" })
  },
  ...more
})

const withJob = (options: ClusterControllers.Options = {}, spec: JsonObject = {}) => {
  const cluster = startCluster(options)
  cluster.create(Job, "copy", { spec: jobSpec(spec) })
  cluster.pass(300)
  return {
    ...cluster,
    job: () => cluster.status(Job, "copy"),
    conditions: () => {
      const { conditions } = cluster.status(Job, "copy")
      return Array.isArray(conditions) ? conditions.map(({ reason, status, type }) => [type, status, reason]) : []
    }
  }
}

describe("a Job", () => {
  it("has one pod of its template, named after its uid and controlled by it", () => {
    const { all, find, job } = withJob()
    const [pod, ...more] = all(Pod)
    const uid = find(Job, "copy")?.metadata.uid ?? ""

    assert.deepStrictEqual(more, [])
    assert.match(pod?.metadata.name ?? "", /^copy-[0-9a-f]{5}$/u)
    assert.strictEqual(pod?.metadata.name, withJob().all(Pod)[0]?.metadata.name)
    assert.deepInclude(pod?.metadata.labels, {
      app: "copy",
      "job-name": "copy",
      "batch.kubernetes.io/job-name": "copy",
      "batch.kubernetes.io/controller-uid": uid
    })
    assert.deepStrictEqual(pod?.metadata.annotations, { note: "kept" })
    assert.deepStrictEqual(pod?.metadata.ownerReferences, [
      { apiVersion: "batch/v1", kind: "Job", name: "copy", uid, controller: true, blockOwnerDeletion: true }
    ])
    assert.deepInclude(pod?.spec, { hostname: "db-0", subdomain: "db" })
    assert.deepInclude(job(), { active: 1, ready: 1 })
    assert.property(job(), "startTime")
  })

  it("is complete when its pod succeeds", () => {
    const { all, conditions, job } = withJob({ ends: () => ({ exitCode: 0 }) })

    assert.deepStrictEqual(conditions(), [
      ["SuccessCriteriaMet", "True", "CompletionsReached"],
      ["Complete", "True", "CompletionsReached"]
    ])
    assert.deepInclude(job(), { succeeded: 1, ready: 0 })
    assert.property(job(), "completionTime")
    assert.notProperty(job(), "active")
    assert.lengthOf(all(Pod), 1)
  })

  it("fails when its pod fails, and is not retried when backoffLimit is 0", () => {
    const { all, conditions, job, pass } = withJob({ ends: () => ({ exitCode: 2 }) })
    pass(3_600_000)

    assert.deepStrictEqual(conditions().at(-1), ["Failed", "True", "BackoffLimitExceeded"])
    assert.strictEqual(job().failed, 1)
    assert.lengthOf(all(Pod), 1)
  })

  it("fails when its pod is deleted before it finishes", () => {
    const { all, conditions, job, pass, remove } = withJob()
    remove(Pod, all(Pod)[0]?.metadata.name ?? "")
    pass(10)
    assert.deepInclude(job(), { terminating: 1 })
    assert.deepStrictEqual(conditions(), [])

    pass(10)

    assert.deepStrictEqual(all(Pod), [])
    assert.deepStrictEqual(conditions().at(-1), ["Failed", "True", "BackoffLimitExceeded"])
  })

  it("gets another pod after a back-off, up to backoffLimit times", () => {
    const { all, conditions, pass } = withJob({ ends: () => ({ exitCode: 1 }) }, { backoffLimit: 1 })
    pass(9_999)
    assert.lengthOf(all(Pod), 1)

    pass(301)

    assert.lengthOf(all(Pod), 2)
    assert.deepStrictEqual(conditions().at(-1), ["Failed", "True", "BackoffLimitExceeded"])
  })

  it("is deleted with its pod ttlSecondsAfterFinished after it finished", () => {
    const { all, pass } = withJob({ ends: () => ({ exitCode: 0 }) }, { ttlSecondsAfterFinished: 60 })
    pass(59_999)
    assert.lengthOf(all(Job), 1)

    pass(1_000)

    assert.deepStrictEqual([all(Job), all(Pod)], [[], []])
  })

  it("that is deleted in the foreground remains until its pod is removed", () => {
    const { all, pass, remove } = withJob()
    remove(Job, "copy", "Foreground")
    pass(10)
    assert.lengthOf(all(Job), 1)

    pass(10)

    assert.deepStrictEqual([all(Job), all(Pod)], [[], []])
  })
})
