import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ObjectCache, ObjectMeta } from "@portolan/planner"
import { NodeWatches, SamplePlatform, SeiNode } from "@portolan/sei"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as SeiNodeController from "../../src/kinds/SeiNode.ts"

const controller = SeiNodeController.controller({ platform: SamplePlatform.sample, platformFile: "" })

/** A file that does not exist yet, in a folder of its own. */
const platformFile = Effect.acquireRelease(
  Effect.sync(() => Path.join(Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-platform-")), "platform.yaml")),
  (path) => Effect.sync(() => Fs.rmSync(Path.dirname(path), { recursive: true }))
)

const stateSync = (name: string, phase: string): ObjectMeta.KubernetesObject => ({
  apiVersion: SeiNode.resource.apiVersion,
  kind: SeiNode.resource.kind,
  metadata: { name, namespace: "sei", uid: name, resourceVersion: ObjectMeta.ResourceVersion.make("1") },
  spec: { chainId: "pacific-1", image: "sei:v1", fullNode: { snapshot: { stateSync: {} } } },
  status: { phase }
})

const nodes = [stateSync("waits", "Pending"), stateSync("runs", "Running")]
const cache = ObjectCache.ObjectCache.of({ get: () => Effect.succeedNone, list: () => Effect.succeed(nodes) })

describe("SeiNode controller", () => {
  it("owns fields and records events under the name that is stored in clusters", () => {
    assert.strictEqual(controller.fieldManager, "seinode-controller")
  })

  it("watches what its tests in memory read", () => {
    assert.strictEqual(controller.watches, NodeWatches.watches.watches)
    assert.strictEqual(controller.references, NodeWatches.watches.references)
  })

  it.effect("enqueues the nodes that wait for state syncers after a change of the platform file", () =>
    Effect.gen(function* () {
      const path = yield* platformFile
      const enqueued: Array<string> = []
      const { externalSource } = SeiNodeController.controller({ platform: SamplePlatform.sample, platformFile: path })
      const enqueue = ({ name }: ObjectMeta.ObjectKey) => Effect.sync(() => void enqueued.push(name))
      yield* externalSource?.({ kind: SeiNode.resource, enqueue, statistics: Effect.never, pending: Effect.never }) ??
        Effect.void
      Fs.writeFileSync(path, "stateSync: {}")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(enqueued, ["waits"])
    }).pipe(Effect.provideService(ObjectCache.ObjectCache, cache), Effect.scoped)
  )
})
