import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { ApiServer, MutualExclusion } from "../src/index.ts"

const setUp = () => {
  const server = ApiServer.make()
  const pods = { group: "", version: "v1", plural: "pods", namespace: "default", name: "", query: {}, user: "test" }
  return {
    server,
    create: (name: string, resource: string) =>
      server.handle({
        ...pods,
        verb: "create",
        body: {
          metadata: { name, labels: { resource } },
          spec: { nodeName: "node-1", containers: [{ name: "c", image: "i:1" }] }
        }
      }),
    finish: (name: string) =>
      server.handle({
        ...pods,
        name,
        verb: "patch",
        patchFormat: "merge",
        subresource: "status",
        body: { status: { phase: "Succeeded" } }
      }),
    remove: (name: string, gracePeriodSeconds: number) =>
      server.handle({ ...pods, name, verb: "delete", body: { gracePeriodSeconds } })
  }
}

const resourcesOf = ({ metadata }: ObjectMeta.KubernetesObject) =>
  metadata.labels?.resource === undefined ? [] : [metadata.labels.resource]

describe("MutualExclusion", () => {
  it("names both pods and the resource, also for a pod that existed before", () => {
    const { create, server } = setUp()
    create("a", "key-1")
    const checker = MutualExclusion.watch(server, resourcesOf)

    create("b", "key-1")
    create("c", "another")

    const [violation, ...more] = checker.violations()
    assert.match(violation ?? "", /^Pod default\/a and Pod default\/b both hold key-1 at resource version \d+$/u)
    assert.deepStrictEqual(more, [])
  })

  it("counts a terminating pod, but not a deleted or finished one", () => {
    const { create, finish, remove, server } = setUp()
    const checker = MutualExclusion.watch(server, resourcesOf)
    create("a", "key-1")
    remove("a", 0)
    create("b", "key-1")
    finish("b")
    create("c", "key-1")
    assert.deepStrictEqual(checker.violations(), [])

    remove("c", 30)
    create("d", "key-1")

    assert.match(checker.violations().join(), /Pod default\/c and Pod default\/d both hold key-1/u)
  })

  it("keeps past violations, and records none after it is stopped", () => {
    const { create, remove, server } = setUp()
    const checker = MutualExclusion.watch(server, resourcesOf)
    create("a", "key-1")
    create("b", "key-1")
    remove("b", 0)
    assert.lengthOf(checker.violations(), 1)

    checker.stop()
    create("b", "key-1")

    assert.lengthOf(checker.violations(), 1)
  })
})
