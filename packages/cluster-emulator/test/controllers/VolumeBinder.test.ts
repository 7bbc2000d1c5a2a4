import { assert, describe, it } from "vitest"
import { Claim, claimSpec, startCluster, Volume } from "./cluster.ts"

describe("a claim", () => {
  it("is bound to a volume of the requested size", () => {
    const { create, find, pass, status } = startCluster()
    create(Claim, "data", { spec: claimSpec() })
    pass(0)

    const claim = find(Claim, "data")
    const uid = claim?.metadata.uid ?? ""
    assert.deepInclude(claim?.spec, { volumeName: `pvc-${uid}` })
    assert.deepStrictEqual(claim?.status, {
      phase: "Bound",
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "5Gi" }
    })
    assert.deepInclude(find(Volume, `pvc-${uid}`)?.spec, {
      capacity: { storage: "5Gi" },
      accessModes: ["ReadWriteOnce"],
      storageClassName: "fast",
      persistentVolumeReclaimPolicy: "Delete",
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "default", name: "data", uid }
    })
    assert.strictEqual(status(Volume, `pvc-${uid}`).phase, "Bound")
  })

  it("is deleted with its volume, unless the reclaim policy is Retain", () => {
    const { all, create, find, pass, patch, remove, status } = startCluster()
    for (const name of ["gone", "kept"]) create(Claim, name, { spec: claimSpec() })
    pass(0)
    const kept = `pvc-${find(Claim, "kept")?.metadata.uid}`
    patch(Volume, kept, { spec: { persistentVolumeReclaimPolicy: "Retain" } })

    for (const name of ["gone", "kept"]) remove(Claim, name)
    pass(0)

    assert.deepStrictEqual(
      all(Volume).map(({ metadata }) => metadata.name),
      [kept]
    )
    assert.strictEqual(status(Volume, kept).phase, "Released")
  })

  it("stays pending while the options do not bind it", () => {
    const allowed = new Set<string>()
    const { all, create, pass, status } = startCluster({ binds: ({ metadata }) => allowed.has(metadata.name) })
    create(Claim, "data", { spec: claimSpec() })
    pass(0)
    assert.deepStrictEqual([status(Claim, "data").phase, all(Volume)], ["Pending", []])

    allowed.add("data")
    pass(0)

    assert.strictEqual(status(Claim, "data").phase, "Bound")
  })

  it("that has a volumeName is not bound", () => {
    const { all, create, pass, status } = startCluster()
    create(Claim, "data", { spec: { ...claimSpec(), volumeName: "mine" } })
    pass(0)

    assert.deepStrictEqual([status(Claim, "data").phase, all(Volume)], ["Pending", []])
  })
})
