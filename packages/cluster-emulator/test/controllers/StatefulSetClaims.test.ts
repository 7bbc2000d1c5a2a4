/** What kube-controller-manager 1.36 writes to the claims of a StatefulSet; tests/cluster asks the real one. */
import { assert, describe, it } from "vitest"
import type { JsonObject } from "../../src/apiserver/Json.ts"
import { namespaced } from "../../src/apiserver/KubernetesObject.ts"
import { Claim, claimSpec, Pod, podSpec, startCluster } from "./cluster.ts"

const StatefulSet = namespaced("apps/v1", "StatefulSet", "statefulsets")

const withSet = (policy: JsonObject | undefined, template: JsonObject = {}) => {
  const cluster = startCluster({ binds: () => false, ends: () => undefined })
  const labels = { app: "db", tier: "selector" }
  cluster.create(StatefulSet, "db", {
    spec: {
      replicas: 1,
      serviceName: "db",
      selector: { matchLabels: labels },
      template: { metadata: { labels: { ...labels, pod: "only" } }, spec: podSpec() },
      volumeClaimTemplates: [{ metadata: { name: "data", ...template }, spec: claimSpec() }],
      ...(policy === undefined ? {} : { persistentVolumeClaimRetentionPolicy: policy })
    }
  })
  cluster.pass(1_000)
  const edit = (spec: JsonObject) => {
    cluster.patch(StatefulSet, "db", { spec })
    cluster.pass(1_000)
  }
  const claim = () => cluster.find(Claim, "data-db-0")
  return {
    ...cluster,
    edit,
    claim,
    owners: () => claim()?.metadata.ownerReferences?.map(({ controller, kind, name }) => [kind, name, controller])
  }
}

const policy = (whenDeleted: string, whenScaled: string) => ({ whenDeleted, whenScaled })
const SET = [["StatefulSet", "db", true]]
const POD = [["Pod", "db-0", true]]

describe("a claim of a StatefulSet", () => {
  it("has the labels of the selector over those of its template, and the template's annotations and finalizers", () => {
    const { claim } = withSet(undefined, {
      labels: { app: "template", own: "yes" },
      annotations: { note: "kept" },
      finalizers: ["example.dev/held"]
    })
    assert.deepStrictEqual(claim()?.metadata.labels, { app: "db", own: "yes", tier: "selector" })
    assert.deepStrictEqual(claim()?.metadata.annotations, { note: "kept" })
    assert.include(claim()?.metadata.finalizers ?? [], "example.dev/held")
  })

  it("is owned by the StatefulSet if that deletes its claims with itself", () => {
    assert.isUndefined(withSet(undefined).owners())
    assert.isUndefined(withSet(policy("Retain", "Delete")).owners())
    for (const whenScaled of ["Retain", "Delete"]) {
      const { claim, owners, pass, remove } = withSet(policy("Delete", whenScaled))
      assert.deepStrictEqual(owners(), SET)
      remove(StatefulSet, "db")
      pass(60_000)
      assert.isUndefined(claim())
    }
  })

  it("gets and loses its owner when the policy changes", () => {
    const { edit, owners } = withSet(undefined)
    edit({ persistentVolumeClaimRetentionPolicy: policy("Delete", "Retain") })
    assert.deepStrictEqual(owners(), SET)
    edit({ persistentVolumeClaimRetentionPolicy: policy("Retain", "Retain") })
    assert.isUndefined(owners())
  })

  it("is owned by the pod that is scaled down, and deleted after it, if the policy says so", () => {
    for (const whenDeleted of ["Retain", "Delete"]) {
      const cluster = withSet(policy(whenDeleted, "Delete"))
      cluster.patch(Pod, "db-0", { metadata: { finalizers: ["example.dev/held"] } })
      cluster.edit({ replicas: 0 })
      assert.deepStrictEqual(cluster.owners(), POD)
      cluster.edit({ replicas: 1 })
      assert.deepStrictEqual(cluster.owners(), whenDeleted === "Delete" ? SET : undefined)
      cluster.edit({ replicas: 0 })
      cluster.patch(Pod, "db-0", { metadata: { finalizers: null } })
      cluster.pass(60_000)
      assert.isUndefined(cluster.claim())
    }
    const { claim, edit, owners, pass } = withSet(policy("Delete", "Retain"))
    edit({ replicas: 0 })
    pass(60_000)
    assert.isDefined(claim())
    assert.deepStrictEqual(owners(), SET)
  })
})
