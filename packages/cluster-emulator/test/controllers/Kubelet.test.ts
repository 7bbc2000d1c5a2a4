import { assert, describe, it } from "vitest"
import { ClusterControllers } from "../../src/index.ts"
import { Claim, claimSpec, mounting, Pod, podSpec, Secret, startCluster } from "./cluster.ts"

const once = (more = {}) => ({ spec: podSpec({ restartPolicy: "Never", ...more }) })

describe("a pod with restart policy Never", () => {
  it("terminates with the exit code that the options return", () => {
    const codes: Record<string, number> = { good: 0, bad: 130 }
    const { create, pass, status } = startCluster({ ends: ({ metadata }) => ({ exitCode: codes[metadata.name] ?? 0 }) })
    const sidecar = { initContainers: [{ name: "s", image: "s:1", restartPolicy: "Always" }] }
    for (const name of ["good", "bad"]) create(Pod, name, once(sidecar))
    pass(300)

    assert.strictEqual(status(Pod, "good").phase, "Succeeded")
    assert.strictEqual(status(Pod, "bad").phase, "Failed")
    const text = JSON.stringify(status(Pod, "bad").containerStatuses)
    assert.include(text, `"exitCode":130,"reason":"Error"`)
    assert.include(JSON.stringify(status(Pod, "bad").initContainerStatuses), `"exitCode":0`)
  })

  it("is checked at every step, and at the time that the options return", () => {
    const calls: Array<number> = []
    const { create, pass, status } = startCluster({
      ends: (_, nowMs) => {
        calls.push(nowMs)
        return nowMs < 1_000 ? { askAgainMs: 1_000 } : { exitCode: 0 }
      }
    })
    create(Pod, "a", once())
    create(Pod, "b", { spec: podSpec() })
    pass(999)
    assert.strictEqual(status(Pod, "a").phase, "Running")

    pass(1)

    assert.deepStrictEqual([status(Pod, "a").phase, status(Pod, "b").phase], ["Succeeded", "Running"])
    assert.strictEqual(calls.at(-1), 1_000)
  })

  it("does not change after it has terminated", () => {
    const { create, pass, server } = startCluster({ ends: () => ({ exitCode: 1 }) })
    create(Pod, "a", once())
    pass(300)
    const version = server.resourceVersion

    pass(1_000)

    assert.strictEqual(server.resourceVersion, version)
  })
})

describe("a ReadWriteOnce volume", () => {
  const withPods = (mode: string, options: ClusterControllers.Options = {}) => {
    const cluster = startCluster(options)
    cluster.create(Claim, "data", { spec: claimSpec(mode) })
    cluster.create(Pod, "b", once(mounting("data")))
    cluster.create(Pod, "a", once(mounting("data")))
    cluster.pass(300)
    return { ...cluster, phases: () => ["a", "b"].map((name) => cluster.status(Pod, name).phase) }
  }

  it("belongs to the first pod, until that pod is removed", () => {
    const { pass, phases, remove } = withPods("ReadWriteOnce")
    pass(10_000)
    assert.deepStrictEqual(phases(), ["Pending", "Running"])

    remove(Pod, "b")
    pass(19)
    assert.deepStrictEqual(phases(), ["Pending", "Running"])
    pass(301)

    assert.deepStrictEqual(phases(), ["Running", "Gone"])
  })

  it("is detached when its pod finishes", () => {
    const { pass, phases } = withPods("ReadWriteOnce", {
      ends: ({ metadata }) => (metadata.name === "b" ? { exitCode: 1 } : undefined)
    })
    pass(300)

    assert.deepStrictEqual(phases(), ["Running", "Failed"])
  })

  it("is not affected by the deletion of a pod that waits for it", () => {
    const { pass, phases, remove } = withPods("ReadWriteOnce")
    remove(Pod, "a")
    pass(1_000)

    assert.deepStrictEqual(phases(), ["Gone", "Running"])
  })

  it("does not block a second pod when its access mode is ReadWriteMany", () => {
    assert.deepStrictEqual(withPods("ReadWriteMany").phases(), ["Running", "Running"])
  })

  it("belongs to the pod that already runs when the controllers start", () => {
    const { controllers, server } = withPods("ReadWriteOnce")
    controllers.stop()

    ClusterControllers.make(server).step(10_000)

    const pods = server.peekAll({ group: "", version: "v1", plural: "pods" })
    assert.deepStrictEqual(
      pods.map(({ status }) => JSON.stringify(status).includes("Running")),
      [false, true]
    )
  })
})

describe("a Secret volume", () => {
  const spec = (more = {}) =>
    once({ volumes: [{ name: "keys", secret: { secretName: "keys", items: [{ key: "a", path: "a" }], ...more } }] })

  it("blocks its pod until the Secret exists with every key that the volume lists", () => {
    const { create, pass, patch, status } = startCluster()
    create(Pod, "p", spec())
    pass(1_000)
    assert.include(JSON.stringify(status(Pod, "p")), "ContainerCreating")
    create(Secret, "keys", { stringData: { b: "1" } })
    pass(1_000)
    assert.strictEqual(status(Pod, "p").phase, "Pending")

    patch(Secret, "keys", { stringData: { a: "1" } })
    pass(300)

    assert.strictEqual(status(Pod, "p").phase, "Running")
  })

  it("does not block its pod when it is optional", () => {
    const { create, pass, status } = startCluster()
    create(Pod, "p", spec({ optional: true }))
    pass(300)

    assert.strictEqual(status(Pod, "p").phase, "Running")
  })
})

describe("a step", () => {
  it("handles objects from before the controllers started, and checks images and readiness again", () => {
    const cluster = startCluster()
    cluster.controllers.stop()
    cluster.create(Pod, "p", { spec: podSpec() })
    const answers = { pulls: false, ready: false }
    const controllers = ClusterControllers.make(cluster.server, {
      pulls: () => answers.pulls,
      isReady: () => answers.ready,
      startMs: 0
    })
    const step = () => controllers.step(0) && JSON.stringify(cluster.status(Pod, "p"))

    assert.include(step(), "ImagePullBackOff")
    answers.pulls = true
    assert.include(step(), `"type":"Ready","status":"False"`)
    answers.ready = true
    assert.include(step(), `"type":"Ready","status":"True"`)
    assert.isFalse(controllers.step(0).changed)
  })
})
