// A client that shares no code with ours: a mistake in both our client and our server would cancel out.
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { InMemoryKubernetes, KubernetesServer } from "@portolan/testkit"
import * as Conformance from "@portolan/testkit/Conformance"
import * as ControlPlane from "@portolan/testkit/ControlPlane"
import * as Effect from "effect/Effect"
import * as Python from "../harness/Python.ts"

const path = (name: string) => fileURLToPath(new URL(`../lightkube/${name}`, import.meta.url))
const python = await Python.withPackages(path("requirements.txt"))

describe("lightkube creates, lists, patches, applies, watches and deletes a custom and a built-in kind", () => {
  if (typeof python !== "function") {
    it.skip(`needs ${python.missing}`, () => {})
    return
  }
  /** Runs the scenario against a server and asserts its results. */
  const runScenario = Effect.fnUntraced(function* (kubeconfig: string) {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "portolan-lightkube-"))),
      (created) => Effect.sync(() => Fs.rmSync(created, { recursive: true, force: true }))
    )
    const [config, definition] = [Path.join(folder, "config"), Path.join(folder, "widgets.json")]
    Fs.writeFileSync(config, kubeconfig)
    Fs.writeFileSync(definition, JSON.stringify(Conformance.widgetDefinition))
    const text = yield* Effect.promise(() => python(path("scenario.py"), config, definition))
    const { statefulsets, widgets } = JSON.parse(text)
    assert.deepStrictEqual(widgets, expected(".spec.size"))
    assert.deepStrictEqual(statefulsets, expected(".spec.replicas"))
  })

  it.live("on the emulated API server", () =>
    Effect.gen(function* () {
      const { kubeconfig } = yield* KubernetesServer.make({ server: yield* InMemoryKubernetes.makeServer() })
      yield* runScenario(kubeconfig)
    }).pipe(Effect.scoped)
  )

  if (process.env.KUBEBUILDER_ASSETS === undefined) {
    it.skip("needs KUBEBUILDER_ASSETS: a folder with etcd and kube-apiserver", () => {})
    return
  }
  it.live("on a real API server, with the same results", () =>
    Effect.gen(function* () {
      const plane = yield* ControlPlane.make()
      yield* runScenario(Fs.readFileSync(plane.kubeconfig(ControlPlane.ADMIN), "utf8"))
    }).pipe(Effect.scoped)
  )
})

/** The results of the scenario. Another field manager conflicts on the field `size`. */
const expected = (size: string) => ({
  duplicate: [409, "AlreadyExists", []],
  generation: 1,
  read: true,
  pages: ["a", "c"],
  fields: ["b"],
  merged: 2,
  stale: [409, "Conflict", []],
  conflict: [409, "Conflict", [size]],
  applied: 3,
  status: [1, 3],
  managers: [
    ["other", "Apply", ""],
    ["scenario", "Update", ""],
    ["scenario", "Update", "status"]
  ],
  terminating: true,
  deleted: [404, "NotFound", []],
  watched: [
    ["ADDED", "b", 1],
    ["ADDED", "c", 1],
    ["MODIFIED", "a", 2],
    ...Array.from({ length: 4 }, () => ["MODIFIED", "a", 3]),
    ["DELETED", "a", 3]
  ],
  remaining: 0
})
