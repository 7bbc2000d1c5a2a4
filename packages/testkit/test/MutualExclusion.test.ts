import { assert, describe, it } from "@effect/vitest"
import type { ObjectMeta } from "@portolan/planner"
import { ApiServer, MutualExclusion } from "../src/index.ts"

const setUp = () => {
  const server = ApiServer.make()
  const pods = { group: "", version: "v1", plural: "pods", namespace: "default", name: "", query: {}, user: "test" }
  return {
    server,
    create: (name: string, thing: string) =>
      server.handle({
        ...pods,
        verb: "create",
        body: {
          metadata: { name, labels: { thing } },
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

const thingOf = ({ metadata }: ObjectMeta.KubernetesObject) =>
  metadata.labels?.thing === undefined ? [] : [metadata.labels.thing]

describe("MutualExclusion", () => {
  it("names both pods and what they hold, also of pods that were there before", () => {
    const { create, server } = setUp()
    create("a", "key-1")
    const checker = MutualExclusion.watch(server, thingOf)

    create("b", "key-1")
    create("c", "another")

    const [violation, ...more] = checker.violations()
    assert.match(violation ?? "", /^Pod default\/a and Pod default\/b both hold key-1 at resource version \d+$/u)
    assert.deepStrictEqual(more, [])
  })

  it("counts a pod that is going away, and none that is gone or finished", () => {
    const { create, finish, remove, server } = setUp()
    const checker = MutualExclusion.watch(server, thingOf)
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

  it("remembers a moment that is over, and hears nothing once it is stopped", () => {
    const { create, remove, server } = setUp()
    const checker = MutualExclusion.watch(server, thingOf)
    create("a", "key-1")
    create("b", "key-1")
    remove("b", 0)
    assert.lengthOf(checker.violations(), 1)

    checker.stop()
    create("b", "key-1")

    assert.lengthOf(checker.violations(), 1)
  })
})
